// Berth's HTTP API as typed calls.
//
// Errors: unavailable (no server can be reached); else the kind that the answer's problem document names,
// or what its status means, with the document's words and the field's path in the message. A server that
// can't answer now (something behind it is away, or it is stopping) is a timeout: worth asking again, but not
// out of reach. With several servers, each call finds one that answers.
#pragma once

#include "cli/endpoints.hpp"
#include "shared/codec/json.hpp"
#include "shared/model/executor_info.hpp"
#include "shared/model/explanation.hpp"
#include "shared/model/job.hpp"
#include "shared/model/overview.hpp"
#include "shared/model/sizing.hpp"
#include "shared/model/usage.hpp"
#include "shared/runtime/async.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace berth::cli {

// Between two calls where the first found no server.
inline constexpr Milliseconds retry_pause{1'000};

// A job as Berth knows it, and as the API said it: what --json prints.
struct JobRecord {
  Job job;
  json::value raw;
};

struct ExplanationRecord {
  Explanation explanation;
  json::value raw;
};

struct DryRunRecord {
  DryRun result;
  json::value raw;
};

struct SizingQuery {
  std::optional<std::string> name;   // only that one
  std::optional<std::string> limit;  // of names, as it was typed
};

struct SizingRecord {
  SizingReport report;
  json::value raw;
};

struct JobFilter {
  std::vector<std::string> statuses;
  std::optional<std::string> name;
  std::vector<std::string> labels;  // KEY=VALUE
  std::optional<std::string> executor;
};

struct JobPage {
  std::vector<JobRecord> jobs;      // newest first
  std::optional<std::string> next;  // cursor of the page after it
};

struct ExecutorList {
  std::vector<ExecutorStatus> executors;
  json::value raw;
};

struct ExecutorRecord {
  ExecutorStatus executor;
  json::value raw;
};

struct OverviewRecord {
  Overview overview;
  json::value raw;
};

struct EventQuery {
  std::string jobs;  // "3,5,8-10"; empty: any
  std::vector<std::string> statuses;
  std::optional<std::string> after;  // the number of an event
  std::optional<std::string> since;  // RFC 3339
};

struct EventPage {
  std::vector<json::value> events;
  std::optional<std::string> next;  // `after` of the page behind it
  std::uint64_t last = 0;           // everything up to this number was looked at
  std::optional<std::string> gap;   // what is missing before the first, in words
};

struct LogQuery {
  JobId job;
  std::optional<std::string> stream;  // "stdout" or "stderr"; nothing: both
  std::optional<std::string> attempt;
  std::optional<std::string> tail;   // lines
  std::optional<std::string> since;  // RFC 3339: only what was written then or later
  std::uint64_t offset = 0;          // bytes of the chosen streams together to leave out
  bool follow = false;
  bool timestamps = false;  // say when it was written
};

class Client {
 public:
  Client(asio::any_io_executor executor, std::vector<http::Address> servers)
      : servers_(std::move(executor), std::move(servers)) {}

  Task<Result<JobRecord>> submit(JobDefinition definition, std::optional<std::string> idempotency_key);
  // Definitions as the API said them: fields that this client doesn't know go back as they came. A lost
  // answer is asked for again for a while, under the same key.
  Task<Result<JobRecord>> resubmit(json::value definition, std::string idempotency_key);
  Task<Result<std::vector<JobId>>> resubmit_all(std::vector<json::value> definitions,
                                                std::string idempotency_key);
  // At most limits::max_jobs_a_request; all or none, ids in order.
  Task<Result<std::vector<JobId>>> submit_all(std::vector<JobDefinition> definitions);
  // What would become of them; nothing is stored.
  Task<Result<DryRunRecord>> try_out(std::vector<JobDefinition> definitions);
  Task<Result<JobRecord>> job(JobId id);
  // The job once its version isn't `version` any more, or as it is at the deadline.
  Task<Result<JobRecord>> job_after(JobId id, std::uint64_t version, Deadline deadline);
  Task<Result<JobPage>> jobs(JobFilter filter, std::size_t limit, std::optional<std::string> cursor);
  Task<Result<JobRecord>> abort(JobId id, std::string reason);
  Task<Result<ExplanationRecord>> explain(JobId id);
  // The output as frames (shared/http/multiplexed.hpp).
  Task<Result<std::unique_ptr<http::ResponseStream>>> logs(LogQuery query);
  // Server-Sent Events (shared/http/event_stream.hpp) after `resume`, else from where the query says.
  Task<Result<std::unique_ptr<http::ResponseStream>>> events(EventQuery query, std::string resume);
  // One page of them, oldest first, as the API said it.
  Task<Result<EventPage>> event_page(EventQuery query);
  Task<Result<ExecutorList>> executors();
  Task<Result<ExecutorRecord>> executor(std::string name);
  // No new jobs there; `deadline` as people write it ("10m"), after which what runs is stopped.
  Task<Result<ExecutorRecord>> drain(std::string name, std::optional<std::string> deadline,
                                     std::optional<std::string> reason);
  Task<Result<ExecutorRecord>> resume(std::string name);
  // With at most so many jobs and executors one by one, each limits::max_page at most. A server that is
  // silent is given up soon: it is asked again and again.
  Task<Result<OverviewRecord>> overview(std::size_t jobs, std::size_t executors);
  // What a job uses at present. Given up as soon: it is shown beside what matters more.
  Task<Result<JobUsage>> usage(JobId id);
  // As the API said it.
  Task<Result<json::value>> stats();
  Task<Result<SizingRecord>> sizing(SizingQuery query);

  // How many answers came so far, whatever they said: streams aside.
  std::uint64_t answers() const { return answers_; }

 private:
  Task<Result<json::value>> ask(http::Request request, std::optional<Milliseconds> patience = std::nullopt);
  Task<Result<std::unique_ptr<http::ResponseStream>>> open(http::Request request);
  Task<Result<json::value>> post_jobs(json::value body, std::optional<std::string> idempotency_key);
  Task<Result<json::value>> post_jobs_again(json::value body, std::string idempotency_key);
  Milliseconds patience() const;

  Endpoints servers_;
  std::uint64_t answers_ = 0;
};

// One that nobody else has.
std::string new_idempotency_key();

// The path and query of the calls with many parameters. Pure, for tests.
std::string jobs_target(const JobFilter& filter, std::size_t limit, const std::optional<std::string>& cursor);
std::string logs_target(const LogQuery& query);
std::string events_target(const EventQuery& query, bool follow);

// What an event of type "gap" says, for a person.
std::string say_gap(const json::value& gap);

// What an answer that isn't a 2xx means.
Error to_error(const http::Response& response);

}  // namespace berth::cli
