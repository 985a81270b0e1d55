#include "cli/job_reference.hpp"

namespace berth::cli {
namespace {

Error complaint(std::string_view text) {
  return invalid("\"" + std::string(text) +
                 "\" names no job: give an id (7), last, a range (40-45), a list (3,5,8-10) or name:NAME");
}

Result<> add_part(std::string_view part, std::string_view text, std::vector<JobId>& ids) {
  const auto dash = part.find('-');
  const auto first = parse_job_id(part.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : parse_job_id(part.substr(dash + 1));
  if (!first || !last) return complaint(text);
  if (*last < *first) {
    return invalid("the range " + std::string(part) + " goes backwards: did you mean " + to_string(*last) +
                   "-" + to_string(*first) + "?");
  }
  if (last->value - first->value >= max_referenced_jobs - ids.size()) {
    return invalid("\"" + std::string(text) + "\" names more than " + std::to_string(max_referenced_jobs) +
                   " jobs: name fewer at a time");
  }
  for (auto id = first->value; id <= last->value; ++id) ids.push_back(JobId{id});
  return {};
}

}  // namespace

Result<JobReference> parse_job_reference(std::string_view text) {
  if (text == "last") return JobReference{LastJob{}};
  if (text.starts_with("name:")) {
    if (text.size() == 5) return complaint(text);
    return JobReference{JobsNamed{std::string(text.substr(5))}};
  }
  std::vector<JobId> ids;
  auto rest = text;
  for (;;) {
    const auto comma = rest.find(',');
    if (auto added = add_part(rest.substr(0, comma), text, ids); !added) return added.error();
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  return JobReference{std::move(ids)};
}

std::string say_ids(const std::vector<JobId>& ids) {
  std::string out;
  for (std::size_t i = 0; i < ids.size();) {
    std::size_t end = i + 1;
    while (end < ids.size() && ids[end].value == ids[end - 1].value + 1) ++end;
    if (!out.empty()) out += ',';
    out += to_string(ids[i]);
    if (end - i > 1) out += "-" + to_string(ids[end - 1]);
    i = end;
  }
  return out;
}

}  // namespace berth::cli
