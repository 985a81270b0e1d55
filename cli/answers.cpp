#include "cli/answers.hpp"

#include "shared/http/problem.hpp"

#include <utility>

namespace berth::cli {
namespace {

std::string text_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string{} : std::string(*text);
}

ErrorKind kind_of(unsigned status) {
  switch (status) {
    case 400:
    case 422:
      return ErrorKind::invalid;
    case 404:
      return ErrorKind::not_found;
    case 409:
      return ErrorKind::conflict;
    case 502:
    case 503:
    case 504:  // a proxy's words, too
      return ErrorKind::timeout;
    default:
      return status >= 500 ? ErrorKind::internal : ErrorKind::refused;
  }
}

// What the server calls its error, seen from here.
ErrorKind as_seen_from_here(ErrorKind kind) {
  const bool is_for_now = kind == ErrorKind::unavailable || kind == ErrorKind::cancelled;
  return is_for_now ? ErrorKind::timeout : kind;
}

}  // namespace

Error strange(const std::string& what) {
  return internal_error("the server's answer isn't what this client expects (" + what +
                        "): is it another version, or not Berth? See `berth version`");
}

Result<JobRecord> to_record(Result<json::value> answer) {
  if (!answer) return answer.error();
  auto job = from_json<Job>(*answer);
  if (!job) return strange(job.error().message);
  return JobRecord{std::move(*job), std::move(*answer)};
}

Result<ExplanationRecord> to_explanation(Result<json::value> answer) {
  if (!answer) return answer.error();
  auto explanation = from_json<Explanation>(*answer);
  if (!explanation) return strange(explanation.error().message);
  return ExplanationRecord{std::move(*explanation), std::move(*answer)};
}

Result<DryRunRecord> to_dry_run(Result<json::value> answer) {
  if (!answer) return answer.error();
  auto result = from_json<DryRun>(*answer);
  if (!result) return strange(result.error().message);
  return DryRunRecord{std::move(*result), std::move(*answer)};
}

Result<SizingRecord> to_sizing(Result<json::value> answer) {
  if (!answer) return answer.error();
  auto report = from_json<SizingReport>(*answer);
  if (!report) return strange(report.error().message);
  return SizingRecord{std::move(*report), std::move(*answer)};
}

Result<std::vector<JobId>> to_ids(const json::value& answer) {
  const auto* object = answer.if_object();
  const auto* list = object == nullptr ? nullptr : object->if_contains("ids");
  const auto* ids = list == nullptr ? nullptr : list->if_array();
  if (ids == nullptr) return strange("no ids");
  std::vector<JobId> result;
  for (const auto& id : *ids) {
    boost::system::error_code error;
    const auto number = id.to_number<std::uint64_t>(error);
    if (error) return strange("an id that isn't a number");
    result.push_back(JobId{number});
  }
  return result;
}

Result<JobPage> to_page(const json::value& answer) {
  const auto* object = answer.if_object();
  const auto* list = object == nullptr ? nullptr : object->if_contains("jobs");
  if (list == nullptr || !list->is_array()) return strange("no jobs");
  JobPage page;
  for (const auto& item : list->get_array()) {
    auto record = to_record(item);
    if (!record) return record.error();
    page.jobs.push_back(std::move(*record));
  }
  if (auto next = text_at(*object, "next"); !next.empty()) page.next = std::move(next);
  return page;
}

Result<EventPage> to_event_page(const json::value& answer) {
  const auto* object = answer.if_object();
  const auto* list = object == nullptr ? nullptr : object->if_contains("events");
  if (list == nullptr || !list->is_array()) return strange("no events");
  EventPage page;
  page.events.assign(list->get_array().begin(), list->get_array().end());
  if (auto next = text_at(*object, "next"); !next.empty()) page.next = std::move(next);
  const auto* last = object->if_contains("last");
  boost::system::error_code no_number;
  if (last != nullptr) page.last = last->to_number<std::uint64_t>(no_number);
  const auto* gap = object->if_contains("gap");
  if (gap != nullptr && gap->is_object()) page.gap = say_gap(*gap);
  return page;
}

Result<ExecutorRecord> to_executor(Result<json::value> answer) {
  if (!answer) return answer.error();
  auto executor = from_json<ExecutorStatus>(*answer);
  if (!executor) return strange(executor.error().message);
  return ExecutorRecord{std::move(*executor), std::move(*answer)};
}

Result<OverviewRecord> to_overview(Result<json::value> answer) {
  if (!answer) return answer.error();
  auto overview = from_json<Overview>(*answer);
  if (!overview) return strange(overview.error().message);
  return OverviewRecord{std::move(*overview), std::move(*answer)};
}

Result<ExecutorList> to_executors(json::value answer) {
  const auto* object = answer.if_object();
  const auto* list = object == nullptr ? nullptr : object->if_contains("executors");
  if (list == nullptr || !list->is_array()) return strange("no executors");
  ExecutorList result;
  for (const auto& item : list->get_array()) {
    auto executor = from_json<ExecutorStatus>(item);
    if (!executor) return strange(executor.error().message);
    result.executors.push_back(std::move(*executor));
  }
  result.raw = std::move(answer);
  return result;
}

Error to_error(const http::Response& response) {
  Error error{kind_of(response.status), {}};
  const auto body = parse_json(response.body);
  const auto* problem = body ? body->if_object() : nullptr;
  if (problem != nullptr) {
    if (const auto kind = http::kind_named(text_at(*problem, "kind"))) error.kind = as_seen_from_here(*kind);
    error.field = text_at(*problem, "field");
    error.message = text_at(*problem, "detail");
    if (error.message.empty()) error.message = text_at(*problem, "title");
  }
  if (error.message.empty()) {
    error.message = "the server answered " + std::to_string(response.status) + " " +
                    std::string(http::status_text(response.status));
  }
  if (!error.field.empty() && !error.message.starts_with(error.field)) {
    error.message = error.field + ": " + error.message;
  }
  return error;
}

std::string say_gap(const json::value& gap) {
  const auto number = [&](std::string_view key) {
    const auto* object = gap.if_object();
    const auto* value = object == nullptr ? nullptr : object->if_contains(key);
    boost::system::error_code error;
    const auto found = value == nullptr ? 0 : value->to_number<std::uint64_t>(error);
    return error ? 0 : found;
  };
  const auto after = number("after");
  const auto next = number("next");
  if (next <= after) {
    return "the store was set back from event " + std::to_string(after) + " to before " +
           std::to_string(next) + ": what happened in between is unknown";
  }
  return "events " + std::to_string(after + 1) + " to " + std::to_string(next - 1) + " aren't kept any more";
}

}  // namespace berth::cli
