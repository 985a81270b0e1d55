#include "scheduler/api/api.hpp"
#include "scheduler/api/explain.hpp"
#include "scheduler/api/query.hpp"
#include "scheduler/api/reply.hpp"
#include "scheduler/api/submission.hpp"
#include "scheduler/api/texts.hpp"
#include "shared/base/limits.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>

namespace berth::api {
namespace {

class Jobs {
 public:
  explicit Jobs(Services& services) : services_(services) {}

  Task<> submit(const http::Request& request, http::Responder& responder);
  Task<> list(const http::Request& request, http::Responder& responder);
  Task<> get(const http::Request& request, const http::PathParameters& parameters,
             http::Responder& responder);
  Task<> abort(const http::Request& request, const http::PathParameters& parameters,
               http::Responder& responder);

 private:
  Task<Result<Job>> wait_for_change(JobId id, std::optional<std::uint64_t> version, Deadline deadline);

  Services& services_;
};

Task<> Jobs::submit(const http::Request& request, http::Responder& responder) {
  Query query(request);
  const bool is_dry_run = query.flag("dry_run");
  if (auto good = query.finish(); !good) {
    co_await refuse_query(responder, good.error());
    co_return;
  }
  auto parsed = parse_submission(request);
  if (!parsed.submission) {
    co_await refuse(responder, parsed.problem.status, std::move(parsed.problem.error));
    co_return;
  }
  auto& submission = *parsed.submission;
  const auto allowed = check_webhook_hosts(submission, services_.webhooks.policy());
  if (!allowed) {
    co_await refuse(responder, 422, allowed.error());
    co_return;
  }
  if (is_dry_run) {
    co_await try_out(services_, std::move(submission.definitions), responder);
    co_return;
  }
  const auto admitted =
      co_await services_.jobs.submit(std::move(submission.definitions), std::move(submission.key));
  if (!admitted) {
    co_await refuse(responder, admitted.error());
    co_return;
  }
  if (submission.is_batch) {
    json::array ids;
    for (const auto id : admitted->ids) ids.push_back(id.value);
    json::object body;
    body.emplace("ids", std::move(ids));
    co_await reply(responder, 201, std::move(body));
    co_return;
  }
  const auto job = co_await services_.jobs.get(admitted->ids.front());
  if (!job) {
    co_await refuse(responder, job.error());
    co_return;
  }
  auto body = to_json(*job);
  co_await reply(responder, 201, std::move(body));
}

JobFilter parse_filter(Query& query) {
  JobFilter filter;
  filter.statuses = parse_statuses(query);
  filter.name = query.text("name");
  filter.executor = query.text("executor");
  filter.since = query.time("since");
  for (const auto& label : query.list("label")) {
    const auto equals = label.find('=');
    if (equals == std::string::npos || equals == 0) {
      query.fail("label", "must be NAME=VALUE, got \"" + label + '"');
    } else {
      filter.labels.emplace_back(label.substr(0, equals), label.substr(equals + 1));
    }
  }
  return filter;
}

Task<> Jobs::list(const http::Request& request, http::Responder& responder) {
  Query query(request);
  auto filter = parse_filter(query);
  const auto limit = query.number<std::size_t>("limit", 1, limits::max_page).value_or(limits::default_page);
  // The cursor is the id below which the next page begins: it stays right however many jobs arrive meanwhile.
  const auto cursor = query.number<std::uint64_t>("cursor", 1, std::numeric_limits<std::uint64_t>::max());
  if (auto good = query.finish(); !good) {
    co_await refuse_query(responder, good.error());
    co_return;
  }
  const auto before = cursor ? std::optional(JobId{*cursor}) : std::nullopt;
  const auto page = co_await services_.jobs.list(std::move(filter), before, limit);
  if (!page) {
    co_await refuse(responder, page.error());
    co_return;
  }
  json::array jobs;
  for (const auto& job : page->jobs) jobs.push_back(to_json(job));
  json::object body;
  body.emplace("jobs", std::move(jobs));
  body.emplace("next", page->next ? json::value(to_string(*page->next)) : json::value(nullptr));
  co_await reply(responder, 200, std::move(body));
}

Task<> Jobs::get(const http::Request& request, const http::PathParameters& parameters,
                 http::Responder& responder) {
  const auto id = job_id(parameters);
  Query query(request);
  const auto wait = query.duration("wait");
  const auto version = query.number<std::uint64_t>("version", 0, std::numeric_limits<std::uint64_t>::max());
  if (wait && !version) query.fail("version", "is needed with wait: the version that the caller has seen");
  if (auto good = query.finish(); !good) {
    co_await refuse_query(responder, good.error());
    co_return;
  }
  if (!id) {
    co_await refuse(responder, id.error());
    co_return;
  }
  const auto deadline = deadline_in(std::min(wait.value_or(Milliseconds{0}), limits::max_long_poll));
  const auto job = co_await wait_for_change(*id, version, deadline);
  if (!job) {
    co_await refuse(responder, job.error());
    co_return;
  }
  auto body = to_json(*job);
  co_await reply(responder, 200, std::move(body));
}

// The record once its version isn't `version` any more, or at the deadline; at once without a version.
Task<Result<Job>> Jobs::wait_for_change(JobId id, std::optional<std::uint64_t> version, Deadline deadline) {
  EventFeed::JobWatch watch(services_.feed, id);  // before the first look, so that nothing falls between
  for (;;) {
    auto job = co_await services_.jobs.get(id);
    if (!job || !version || job->version != *version || is_terminal(job->status)) co_return job;
    const bool woken = co_await watch.wait(deadline);
    if (!woken) co_return job;
  }
}

Task<> Jobs::abort(const http::Request& request, const http::PathParameters& parameters,
                   http::Responder& responder) {
  const auto id = job_id(parameters);
  if (!id) {
    co_await refuse(responder, id.error());
    co_return;
  }
  const auto order = parse_texts(request.body, {"reason"});
  if (!order) {
    co_await refuse_query(responder, order.error());
    co_return;
  }
  const auto reason = text_of(*order, "reason");
  auto message = reason.empty() ? std::string("abort requested") : "abort requested: " + reason;
  const auto job = co_await services_.jobs.abort(*id, std::move(message));
  if (!job) {
    co_await refuse(responder, job.error());
    co_return;
  }
  auto body = to_json(*job);
  co_await reply(responder, 200, std::move(body));
}

}  // namespace

namespace {

http::RouteDoc submit_doc() {
  return {.summary = "Submits a job, or a batch of them: all or none.",
          .details =
              "With dry_run=true nothing is stored. A dry run of very many different shapes on very "
              "many executors is refused (422).",
          .query = {{"dry_run", "boolean", "Only say what would become of it.", "true"}},
          .headers = {{"Idempotency-Key", "string", "Equal keys and bodies are one request, for 24 hours."}},
          .request = "Submission",
          .response = "Submitted",
          .status = 201,
          .other_answers = {{200, "DryRun", "With dry_run=true."}}};
}

http::RouteDoc list_doc() {
  return {
      .summary = "Lists jobs, newest first.",
      .details =
          "A page may hold fewer than limit and still have a next one; pages stay right while jobs arrive.",
      .query = {{"status", "string", "Any of these, with commas.", "PENDING,RUNNING"},
                {"name", "string", "Exactly this name.", "train"},
                {"label", "string", "NAME=VALUE; all that are given must match.", "team=vision"},
                {"executor", "string", "Where the current or last attempt is.", "box-1"},
                {"since", "string", "Created at that instant or later.", "2026-11-23T18:00:00Z"},
                {"limit", "integer", "Jobs a page, 1 to 1000; default 100.", "10"},
                {"cursor", "string", "The next of the page before.", "100"}},
      .response = "JobList"};
}

http::RouteDoc get_doc() {
  return {
      .summary = "The record of a job.",
      .details =
          "With wait and version the answer comes when the record has another version, the job has ended, "
          "or the time is over.",
      .query = {{"wait", "string", "How long to wait, 60s at most.", "1ms"},
                {"version", "integer", "The version that was seen.", "1"}},
      .response = "Job"};
}

http::RouteDoc abort_doc() {
  return {.summary = "Asks a job to end; to ask again does nothing.",
          .request = "AbortRequest",
          .response = "Job"};
}

}  // namespace

void add_job_routes(http::Router& router, Services& services) {
  const auto jobs = std::make_shared<Jobs>(services);
  using http::PathParameters;
  using http::Request;
  using http::Responder;
  const auto submit = [jobs](const Request& request, const PathParameters&, Responder& responder) {
    return jobs->submit(request, responder);
  };
  const auto list = [jobs](const Request& request, const PathParameters&, Responder& responder) {
    return jobs->list(request, responder);
  };
  const auto get = [jobs](const Request& request, const PathParameters& path, Responder& responder) {
    return jobs->get(request, path, responder);
  };
  const auto abort = [jobs](const Request& request, const PathParameters& path, Responder& responder) {
    return jobs->abort(request, path, responder);
  };
  router.add("POST", "/v1/jobs", submit, submit_doc());
  router.add("GET", "/v1/jobs", list, list_doc());
  router.add("GET", "/v1/jobs/{id}", get, get_doc());
  router.add("POST", "/v1/jobs/{id}/abort", abort, abort_doc());
}

}  // namespace berth::api
