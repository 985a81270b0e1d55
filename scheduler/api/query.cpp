#include "scheduler/api/query.hpp"

#include <algorithm>
#include <cctype>

namespace berth::api {

Query::Query(const http::Request& request) {
  if (auto target = http::parse_target(request.target)) {
    target_ = std::move(*target);
  } else {
    error_ = invalid("the request's path or query is badly encoded");
  }
}

std::optional<std::string> Query::text(std::string_view name) {
  asked_.emplace_back(name);
  const auto value = target_.parameter(name);
  return value ? std::optional<std::string>(*value) : std::nullopt;
}

std::vector<std::string> Query::list(std::string_view name) {
  asked_.emplace_back(name);
  std::vector<std::string> parts;
  for (const auto& [key, value] : target_.query) {
    if (key != name) continue;
    std::size_t begin = 0;
    while (begin <= value.size()) {
      const auto end = std::min(value.find(',', begin), value.size());
      if (end > begin) parts.push_back(value.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  return parts;
}

bool Query::flag(std::string_view name) {
  const auto value = text(name);
  if (!value || *value == "false" || *value == "0") return false;
  if (*value != "true" && *value != "1" && !value->empty())
    fail(name, "must be true or false, got \"" + *value + '"');
  return true;
}

std::optional<Milliseconds> Query::duration(std::string_view name) {
  const auto value = text(name);
  if (!value) return std::nullopt;
  const auto parsed = parse_duration(*value);
  if (parsed) return *parsed;
  fail(name, parsed.error().message);
  return std::nullopt;
}

std::optional<WallTime> Query::time(std::string_view name) {
  const auto value = text(name);
  if (!value) return std::nullopt;
  const auto parsed = parse_wall_time(*value);
  if (parsed) return *parsed;
  fail(name, parsed.error().message);
  return std::nullopt;
}

void Query::fail(std::string_view name, std::string message) {
  if (!error_) error_ = invalid(std::move(message), std::string(name));
}

Result<> Query::finish() {
  for (const auto& [key, value] : target_.query) {
    if (std::find(asked_.begin(), asked_.end(), key) == asked_.end())
      fail(key, "is not a parameter of this request");
  }
  if (error_) return *error_;
  return {};
}

std::vector<JobStatus> parse_statuses(Query& query) {
  std::vector<JobStatus> statuses;
  for (auto name : query.list("status")) {
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    if (const auto status = parse_enum<JobStatus>(name)) {
      statuses.push_back(*status);
    } else {
      query.fail("status", "must be PENDING, RUNNING, SUCCEEDED, FAILED or ABORTED, got \"" + name + '"');
    }
  }
  return statuses;
}

}  // namespace berth::api
