#include "cli/client.hpp"

#include "shared/http/problem.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <utility>

namespace berth::cli {
namespace {

// Long enough for a batch of 10,000 jobs to be written and synced on a busy machine.
constexpr Milliseconds call_time{60'000};
// A long poll's answer may be this much later than the server was asked to wait.
constexpr Milliseconds poll_grace{15'000};

class Query {
 public:
  explicit Query(std::string path) : target_(std::move(path)) {}
  void add(std::string_view name, std::string_view value) {
    target_ += target_.find('?') == std::string::npos ? '?' : '&';
    target_ += std::string(name) + "=" + http::encode_component(value);
  }
  void add(std::string_view name, const std::optional<std::string>& value) {
    if (value) add(name, std::string_view{*value});
  }
  std::string target() const { return target_; }

 private:
  std::string target_;
};

std::string job_path(JobId id) { return "/v1/jobs/" + to_string(id); }

http::Request post(std::string target, const json::value& body) {
  http::Request request;
  request.method = "POST";
  request.target = std::move(target);
  request.headers.emplace_back("Content-Type", "application/json");
  request.body = json::serialize(body);
  return request;
}

std::string text_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string{} : std::string(*text);
}

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

std::string jobs_target(const JobFilter& filter, std::size_t limit,
                        const std::optional<std::string>& cursor) {
  Query query("/v1/jobs");
  std::string statuses;
  for (const auto& status : filter.statuses) statuses += (statuses.empty() ? "" : ",") + status;
  if (!statuses.empty()) query.add("status", std::string_view{statuses});
  query.add("name", filter.name);
  for (const auto& label : filter.labels) query.add("label", std::string_view{label});
  query.add("executor", filter.executor);
  query.add("limit", std::string_view{std::to_string(limit)});
  query.add("cursor", cursor);
  return query.target();
}

std::string logs_target(const LogQuery& query) {
  Query target(job_path(query.job) + "/logs");
  target.add("stream", query.stream);
  target.add("attempt", query.attempt);
  target.add("tail", query.tail);
  if (query.offset != 0) target.add("offset", std::string_view{std::to_string(query.offset)});
  if (query.follow) target.add("follow", std::string_view{"true"});
  return target.target();
}

Task<Result<json::value>> Client::ask(http::Request request, Deadline deadline) {
  request.headers.emplace_back("Accept", "application/json");
  auto response = co_await http_.call(std::move(request), deadline);
  if (!response) co_return response.error();
  if (response->status < 200 || response->status > 299) co_return to_error(*response);
  auto body = parse_json(response->body);
  if (!body) co_return strange(body.error().message);
  co_return std::move(*body);
}

Task<Result<JobRecord>> Client::submit(JobDefinition definition, std::optional<std::string> idempotency_key) {
  auto request = post("/v1/jobs", to_json(definition, Detail::compact));
  if (idempotency_key) request.headers.emplace_back("Idempotency-Key", *idempotency_key);
  auto answer = co_await ask(std::move(request), deadline_in(call_time));
  co_return to_record(std::move(answer));
}

Task<Result<std::vector<JobId>>> Client::submit_all(std::vector<JobDefinition> definitions) {
  json::array jobs;
  for (const auto& definition : definitions) jobs.push_back(to_json(definition, Detail::compact));
  json::object body;
  body["jobs"] = std::move(jobs);
  auto request = post("/v1/jobs", body);
  auto answer = co_await ask(std::move(request), deadline_in(call_time));
  if (!answer) co_return answer.error();
  co_return to_ids(*answer);
}

Task<Result<JobRecord>> Client::job(JobId id) {
  http::Request request;
  request.target = job_path(id);
  auto answer = co_await ask(std::move(request), deadline_in(call_time));
  co_return to_record(std::move(answer));
}

Task<Result<JobRecord>> Client::job_after(JobId id, std::uint64_t version, Deadline deadline) {
  const auto now = std::chrono::steady_clock::now();
  Milliseconds wait = limits::max_long_poll / 2;
  if (deadline < now + wait)
    wait = std::max(Milliseconds{0}, std::chrono::duration_cast<Milliseconds>(deadline - now));
  Query query(job_path(id));
  query.add("wait", std::string_view{to_string(wait)});
  query.add("version", std::string_view{std::to_string(version)});
  http::Request request;
  request.target = query.target();
  auto answer = co_await ask(std::move(request), now + wait + poll_grace);
  co_return to_record(std::move(answer));
}

Task<Result<JobPage>> Client::jobs(JobFilter filter, std::size_t limit, std::optional<std::string> cursor) {
  http::Request request;
  request.target = jobs_target(filter, limit, cursor);
  auto answer = co_await ask(std::move(request), deadline_in(call_time));
  if (!answer) co_return answer.error();
  co_return to_page(*answer);
}

Task<Result<JobRecord>> Client::abort(JobId id, std::string reason) {
  json::object body;
  if (!reason.empty()) body["reason"] = std::move(reason);
  auto request = post(job_path(id) + "/abort", body);
  auto answer = co_await ask(std::move(request), deadline_in(call_time));
  co_return to_record(std::move(answer));
}

Task<Result<std::unique_ptr<http::ResponseStream>>> Client::logs(LogQuery query) {
  http::Request request;
  request.target = logs_target(query);
  request.headers.emplace_back("Accept", "application/vnd.docker.multiplexed-stream");
  auto stream = co_await http_.open(std::move(request), deadline_in(call_time));
  if (!stream) co_return stream.error();
  http::Response head = (*stream)->head();
  if (head.status == 200) co_return std::move(*stream);
  // A problem document is a few hundred bytes; one piece holds it.
  auto body = co_await (*stream)->read(deadline_in(call_time));
  if (body) head.body = std::move(*body);
  co_return to_error(head);
}

Task<Result<ExecutorList>> Client::executors() {
  http::Request request;
  request.target = "/v1/executors";
  auto answer = co_await ask(std::move(request), deadline_in(call_time));
  if (!answer) co_return answer.error();
  const auto* object = answer->if_object();
  const auto* list = object == nullptr ? nullptr : object->if_contains("executors");
  if (list == nullptr || !list->is_array()) co_return strange("no executors");
  ExecutorList result;
  for (const auto& item : list->get_array()) {
    auto executor = from_json<ExecutorStatus>(item);
    if (!executor) co_return strange(executor.error().message);
    result.executors.push_back(std::move(*executor));
  }
  result.raw = std::move(*answer);
  co_return result;
}

}  // namespace berth::cli
