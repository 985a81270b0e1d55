#include "cli/client.hpp"

#include "cli/answers.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <random>
#include <utility>

namespace berth::cli {
namespace {

// Long enough for a batch of 10,000 jobs to be written and synced on a busy machine.
constexpr Milliseconds call_time{60'000};
// Where there is another to ask, a server that is frozen is given up sooner.
constexpr Milliseconds call_time_of_several{15'000};
// How long a submit whose answer was lost is repeated.
constexpr Milliseconds repeat_time{30'000};
// A long poll's answer may be this much later than the server was asked to wait.
constexpr Milliseconds poll_grace{15'000};
constexpr Milliseconds overview_time{10'000};

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

json::value batch_of(const std::vector<JobDefinition>& definitions) {
  json::array jobs;
  for (const auto& definition : definitions) jobs.push_back(to_json(definition, Detail::compact));
  json::object body;
  body["jobs"] = std::move(jobs);
  return body;
}

}  // namespace

std::string new_idempotency_key() {
  std::random_device source;
  std::string key = "berth-cli-";
  for (int i = 0; i < 4; ++i) {
    std::array<char, 9> word{};
    std::snprintf(word.data(), word.size(), "%08x", static_cast<unsigned>(source()));
    key += word.data();
  }
  return key;
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
  target.add("since", query.since);
  if (query.offset != 0) target.add("offset", std::string_view{std::to_string(query.offset)});
  if (query.timestamps) target.add("timestamps", std::string_view{"true"});
  if (query.follow) target.add("follow", std::string_view{"true"});
  return target.target();
}

std::string events_target(const EventQuery& query, bool follow) {
  Query target("/v1/events");
  std::string statuses;
  for (const auto& status : query.statuses) statuses += (statuses.empty() ? "" : ",") + status;
  if (!query.jobs.empty()) target.add("job", std::string_view{query.jobs});
  if (!statuses.empty()) target.add("status", std::string_view{statuses});
  target.add("after", query.after);
  target.add("since", query.since);
  if (!follow) {
    target.add("follow", std::string_view{"false"});
    target.add("limit", std::string_view{std::to_string(limits::max_page)});
  }
  return target.target();
}

Milliseconds Client::patience() const { return servers_.are_several() ? call_time_of_several : call_time; }

Task<Result<json::value>> Client::ask(http::Request request, std::optional<Milliseconds> span) {
  request.headers.emplace_back("Accept", "application/json");
  auto response = co_await servers_.call(std::move(request), span.value_or(patience()));
  if (!response) co_return response.error();
  ++answers_;
  if (response->status < 200 || response->status > 299) co_return to_error(*response);
  auto body = parse_json(response->body);
  if (!body) co_return strange(body.error().message);
  co_return std::move(*body);
}

Task<Result<std::unique_ptr<http::ResponseStream>>> Client::open(http::Request request) {
  auto stream = co_await servers_.open(std::move(request), patience());
  if (!stream) co_return stream.error();
  http::Response head = (*stream)->head();
  if (head.status == 200) co_return std::move(*stream);
  // A problem document is a few hundred bytes; one piece holds it.
  auto body = co_await (*stream)->read(deadline_in(patience()));
  if (body) head.body = std::move(*body);
  co_return to_error(head);
}

// With several servers a request may arrive twice: then its key makes the second the first.
Task<Result<json::value>> Client::post_jobs(json::value body, std::optional<std::string> idempotency_key) {
  auto request = post("/v1/jobs", body);
  if (!idempotency_key && servers_.are_several()) idempotency_key = new_idempotency_key();
  if (idempotency_key) request.headers.emplace_back("Idempotency-Key", *idempotency_key);
  auto answer = co_await ask(std::move(request));
  co_return answer;
}

Task<Result<JobRecord>> Client::submit(JobDefinition definition, std::optional<std::string> idempotency_key) {
  auto body = to_json(definition, Detail::compact);
  auto answer = co_await post_jobs(std::move(body), std::move(idempotency_key));
  co_return to_record(std::move(answer));
}

// Whether a call whose answer was lost took effect isn't known: its key makes it safe to ask again.
Task<Result<json::value>> Client::post_jobs_again(json::value body, std::string idempotency_key) {
  const auto give_up = deadline_in(repeat_time);
  for (;;) {
    auto answer = co_await post_jobs(body, idempotency_key);
    if (answer || !is_transient(answer.error()) || std::chrono::steady_clock::now() >= give_up)
      co_return answer;
    co_await sleep_until(deadline_in(retry_pause));
  }
}

Task<Result<JobRecord>> Client::resubmit(json::value definition, std::string idempotency_key) {
  auto answer = co_await post_jobs_again(std::move(definition), std::move(idempotency_key));
  co_return to_record(std::move(answer));
}

Task<Result<std::vector<JobId>>> Client::resubmit_all(std::vector<json::value> definitions,
                                                      std::string idempotency_key) {
  json::array jobs;
  for (auto& definition : definitions) jobs.push_back(std::move(definition));
  json::object body;
  body["jobs"] = std::move(jobs);
  json::value batch = std::move(body);
  auto answer = co_await post_jobs_again(std::move(batch), std::move(idempotency_key));
  if (!answer) co_return answer.error();
  co_return to_ids(*answer);
}

Task<Result<std::vector<JobId>>> Client::submit_all(std::vector<JobDefinition> definitions) {
  auto body = batch_of(definitions);
  auto answer = co_await post_jobs(std::move(body), std::nullopt);
  if (!answer) co_return answer.error();
  co_return to_ids(*answer);
}

Task<Result<DryRunRecord>> Client::try_out(std::vector<JobDefinition> definitions) {
  json::value body;
  if (definitions.size() == 1) {
    body = to_json(definitions.front(), Detail::compact);
  } else {
    body = batch_of(definitions);
  }
  auto request = post("/v1/jobs?dry_run=true", body);
  auto answer = co_await ask(std::move(request));
  co_return to_dry_run(std::move(answer));
}

Task<Result<JobRecord>> Client::job(JobId id) {
  http::Request request;
  request.target = job_path(id);
  auto answer = co_await ask(std::move(request));
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
  auto answer = co_await ask(std::move(request), wait + poll_grace);
  co_return to_record(std::move(answer));
}

Task<Result<JobPage>> Client::jobs(JobFilter filter, std::size_t limit, std::optional<std::string> cursor) {
  http::Request request;
  request.target = jobs_target(filter, limit, cursor);
  auto answer = co_await ask(std::move(request));
  if (!answer) co_return answer.error();
  co_return to_page(*answer);
}

Task<Result<JobRecord>> Client::abort(JobId id, std::string reason) {
  json::object body;
  if (!reason.empty()) body["reason"] = std::move(reason);
  auto request = post(job_path(id) + "/abort", body);
  auto answer = co_await ask(std::move(request));
  co_return to_record(std::move(answer));
}

Task<Result<ExplanationRecord>> Client::explain(JobId id) {
  http::Request request;
  request.target = job_path(id) + "/explain";
  auto answer = co_await ask(std::move(request));
  co_return to_explanation(std::move(answer));
}

Task<Result<std::unique_ptr<http::ResponseStream>>> Client::logs(LogQuery query) {
  http::Request request;
  request.target = logs_target(query);
  request.headers.emplace_back("Accept", "application/vnd.docker.multiplexed-stream");
  auto stream = co_await open(std::move(request));
  co_return stream;
}

Task<Result<std::unique_ptr<http::ResponseStream>>> Client::events(EventQuery query, std::string resume) {
  http::Request request;
  request.target = events_target(query, true);
  request.headers.emplace_back("Accept", "text/event-stream");
  if (!resume.empty()) request.headers.emplace_back("Last-Event-ID", std::move(resume));
  auto stream = co_await open(std::move(request));
  co_return stream;
}

Task<Result<EventPage>> Client::event_page(EventQuery query) {
  http::Request request;
  request.target = events_target(query, false);
  auto answer = co_await ask(std::move(request));
  if (!answer) co_return answer.error();
  co_return to_event_page(*answer);
}

Task<Result<ExecutorRecord>> Client::executor(std::string name) {
  http::Request request;
  request.target = "/v1/executors/" + http::encode_component(name);
  auto answer = co_await ask(std::move(request));
  co_return to_executor(std::move(answer));
}

Task<Result<ExecutorRecord>> Client::drain(std::string name, std::optional<std::string> deadline,
                                           std::optional<std::string> reason) {
  json::object body;
  if (deadline) body["deadline"] = *deadline;
  if (reason) body["reason"] = *reason;
  auto request = post("/v1/executors/" + http::encode_component(name) + "/drain", body);
  auto answer = co_await ask(std::move(request));
  co_return to_executor(std::move(answer));
}

Task<Result<ExecutorRecord>> Client::resume(std::string name) {
  auto request = post("/v1/executors/" + http::encode_component(name) + "/resume", json::object{});
  auto answer = co_await ask(std::move(request));
  co_return to_executor(std::move(answer));
}

Task<Result<OverviewRecord>> Client::overview(std::size_t jobs, std::size_t executors) {
  Query query("/v1/overview");
  query.add("jobs", std::string_view{std::to_string(jobs)});
  query.add("executors", std::string_view{std::to_string(executors)});
  http::Request request;
  request.target = query.target();
  auto answer = co_await ask(std::move(request), overview_time);
  co_return to_overview(std::move(answer));
}

Task<Result<JobUsage>> Client::usage(JobId id) {
  http::Request request;
  request.target = "/v1/jobs/" + to_string(id) + "/usage";
  const auto answer = co_await ask(std::move(request), overview_time);
  if (!answer) co_return answer.error();
  co_return from_json<JobUsage>(*answer);
}

Task<Result<json::value>> Client::stats() {
  http::Request request;
  request.target = "/v1/stats";
  auto answer = co_await ask(std::move(request));
  co_return answer;
}

Task<Result<SizingRecord>> Client::sizing(SizingQuery asked) {
  Query query("/v1/stats/sizing");
  query.add("by", std::string_view{"name"});
  query.add("name", asked.name);
  query.add("limit", asked.limit);
  http::Request request;
  request.target = query.target();
  auto answer = co_await ask(std::move(request));
  co_return to_sizing(std::move(answer));
}

Task<Result<ExecutorList>> Client::executors() {
  http::Request request;
  request.target = "/v1/executors";
  auto answer = co_await ask(std::move(request));
  if (!answer) co_return answer.error();
  co_return to_executors(std::move(*answer));
}

}  // namespace berth::cli
