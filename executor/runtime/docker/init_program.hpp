// berth-init (init/), as it was built into this binary: so that one file is all that a machine needs.
#pragma once

#include <string_view>

namespace berth::docker {

std::string_view init_program();

}  // namespace berth::docker
