#include "shared/model/resources.hpp"

#include <algorithm>
#include <map>

namespace berth {
namespace {

bool is_type_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_type_word(std::string_view word) {
  const auto may_follow = [](char c) { return is_type_letter(c) || c == '.' || c == '_' || c == '-'; };
  return !word.empty() && is_type_letter(word.front()) && std::all_of(word.begin(), word.end(), may_follow);
}

}  // namespace

Complaint check_gpu_type(const std::string& type) {
  const std::string_view text = type;
  const auto slash = text.find('/');
  const bool is_vendor_good = is_type_word(text.substr(0, slash));
  const bool is_model_good = slash == std::string_view::npos || is_type_word(text.substr(slash + 1));
  if (is_vendor_good && is_model_good && type.size() <= limits::max_label) return std::nullopt;
  return "must be VENDOR/MODEL or VENDOR in lower case, such as nvidia/a100 or nvidia, got \"" + type + '"';
}

bool is_wanted(const GpuRequest& request, const Gpu& gpu) {
  if (!request.type || *request.type == gpu.type) return true;
  const auto& vendor = *request.type;
  return gpu.type.starts_with(vendor) && gpu.type.size() > vendor.size() && gpu.type[vendor.size()] == '/';
}

std::string to_string(const std::vector<Gpu>& gpus) {
  std::map<std::string, int> counts;
  for (const auto& gpu : gpus) ++counts[gpu.type];
  std::string text;
  for (const auto& [type, count] : counts) {
    text += (text.empty() ? "" : ", ") + std::to_string(count) + " × " + type;
  }
  return text;
}

}  // namespace berth
