#include "cli/statuses.hpp"

#include "shared/model/job.hpp"

#include <algorithm>
#include <cctype>

namespace berth::cli {

Result<std::vector<std::string>> parse_statuses(const std::vector<std::string>& texts) {
  std::vector<std::string> statuses;
  for (auto text : texts) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    std::size_t start = 0;
    while (start <= text.size()) {
      const auto comma = std::min(text.find(',', start), text.size());
      const auto status = text.substr(start, comma - start);
      if (!parse_enum<JobStatus>(status)) {
        return invalid("--status must be PENDING, RUNNING, SUCCEEDED, FAILED or ABORTED, got \"" + status +
                       "\"");
      }
      statuses.push_back(status);
      start = comma + 1;
    }
  }
  return statuses;
}

}  // namespace berth::cli
