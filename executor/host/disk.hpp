// How full a file system is.
#pragma once

#include "shared/model/executor_info.hpp"

#include <string>

namespace berth {

// The one that holds `path`, or the root's where there is no such path here (the daemon may run elsewhere).
Disk measure_disk(std::string path);

}  // namespace berth
