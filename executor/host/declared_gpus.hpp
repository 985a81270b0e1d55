// GPUs that an operator declares: for what can't be measured, and for tests that need GPUs that aren't there.
#pragma once

#include "shared/base/result.hpp"
#include "shared/model/resources.hpp"

#include <string>
#include <vector>

namespace berth {

// "nvidia/a100=4" each, or "none" alone. The uuids are "declared-TYPE-NUMBER", the same at every start. Error
// invalid says what is wrong.
Result<std::vector<Gpu>> declared_gpus(const std::vector<std::string>& texts);

}  // namespace berth
