#include "executor/host/declared_gpus.hpp"

#include "shared/base/ids.hpp"

#include <set>

namespace berth {
namespace {

Error bad(const std::string& what, const std::string& text) {
  return invalid("must be TYPE=COUNT such as nvidia/a100=4, or none: " + what + " in \"" + text + '"');
}

}  // namespace

Result<std::vector<Gpu>> declared_gpus(const std::vector<std::string>& texts) {
  std::vector<Gpu> gpus;
  if (texts.size() == 1 && texts.front() == "none") return gpus;
  std::set<std::string> types;
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    if (equals == std::string::npos) return bad("there is no count", text);
    const auto type = text.substr(0, equals);
    if (auto complaint = check_gpu_type(type)) return bad("the type " + *complaint, text);
    const auto count = parse_integer<std::uint32_t>(text.substr(equals + 1));
    if (!count || *count == 0 || *count > limits::max_gpus) {
      return bad("the count isn't from 1 to " + std::to_string(limits::max_gpus), text);
    }
    if (!types.insert(type).second) return bad("the type is given twice", text);
    for (std::uint32_t i = 0; i < *count; ++i) {
      gpus.push_back({type, "declared-" + type + '-' + std::to_string(i), Bytes{}});
    }
  }
  return gpus;
}

}  // namespace berth
