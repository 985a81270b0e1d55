// How a person names jobs: 7, last, 40-45, 3,5,8-10, name:train.
#pragma once

#include "shared/base/ids.hpp"
#include "shared/base/result.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace berth::cli {

struct LastJob {
  bool operator==(const LastJob&) const = default;
};
struct JobsNamed {
  std::string name;
  bool operator==(const JobsNamed&) const = default;
};
using JobReference = std::variant<std::vector<JobId>, LastJob, JobsNamed>;

// Most jobs that one range or list may name, which is what a cluster keeps of those that have ended: a slip
// of the finger shouldn't become a million requests.
inline constexpr std::size_t max_referenced_jobs = 100'000;

// Lists keep their order and may repeat; ranges go upward. Error invalid says what is expected.
Result<JobReference> parse_job_reference(std::string_view text);

// The short form of an ascending list: "1-200", "3,5,8-10".
std::string say_ids(const std::vector<JobId>& ids);

}  // namespace berth::cli
