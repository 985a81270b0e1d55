// The query parameters of a request, each asked for by name and type. One that nobody asked for is an error:
// a filter that is misspelt must not silently match everything, and `?dry_run=true` must not silently run the
// job.
#pragma once

#include "shared/base/ids.hpp"
#include "shared/base/result.hpp"
#include "shared/base/time.hpp"
#include "shared/http/message.hpp"
#include "shared/model/job.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace berth::api {

class Query {
 public:
  explicit Query(const http::Request& request);

  std::optional<std::string> text(std::string_view name);
  // Every occurrence, and every part between commas of each.
  std::vector<std::string> list(std::string_view name);
  bool flag(std::string_view name);
  std::optional<Milliseconds> duration(std::string_view name);
  std::optional<WallTime> time(std::string_view name);

  template <class Integer>
  std::optional<Integer> number(std::string_view name, Integer least, Integer most) {
    const auto value = text(name);
    if (!value) return std::nullopt;
    const auto number = parse_integer<Integer>(*value);
    if (number && *number >= least && *number <= most) return number;
    fail(name, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most) +
                   ", got \"" + *value + '"');
    return std::nullopt;
  }

  void fail(std::string_view name, std::string message);

  // Call it when all were asked for: the first thing that was wrong, or that nobody asked for.
  Result<> finish();

 private:
  http::Target target_;
  std::vector<std::string> asked_;
  std::optional<Error> error_;
};

// ?status=RUNNING,failed: names of statuses in any case.
std::vector<JobStatus> parse_statuses(Query& query);

}  // namespace berth::api
