#include "scheduler/api/explain.hpp"

#include "scheduler/api/query.hpp"
#include "scheduler/api/reply.hpp"
#include "scheduler/core/dry_run.hpp"
#include "scheduler/core/explain.hpp"

#include <algorithm>
#include <utility>

namespace berth::api {
namespace {

constexpr std::size_t names_asked = 10;
constexpr std::size_t runs_asked = 20;  // of each name: the newest
constexpr std::size_t runs_enough = 3;  // fewer say nothing

// How long the newest jobs of that name ran that succeeded; nothing where there are too few.
Task<Result<std::optional<PastRuns>>> past_runs(Store& store, std::string name) {
  JobQuery query;
  query.statuses = {JobStatus::succeeded};
  query.name = std::move(name);
  query.limit = runs_asked;
  auto ids = co_await store.find_jobs(std::move(query));
  if (!ids) co_return ids.error();
  const auto jobs = co_await store.jobs(std::move(*ids));
  if (!jobs) co_return jobs.error();
  std::vector<Milliseconds> spans;
  for (const auto& job : *jobs) {
    if (job && job->started_at && job->finished_at) spans.push_back(*job->finished_at - *job->started_at);
  }
  if (spans.size() < runs_enough) co_return std::optional<PastRuns>{};
  const auto [shortest, longest] = std::minmax_element(spans.begin(), spans.end());
  co_return std::optional(PastRuns{*shortest, *longest});
}

Task<Result<History>> read_history(Store& store, std::vector<std::string> names) {
  History history;
  for (const auto& name : names) {
    const auto runs = co_await past_runs(store, name);
    if (!runs) co_return runs.error();
    if (*runs) history.emplace(name, **runs);
  }
  co_return history;
}

void sign(const Services& services, bool is_leaders_view, Explanation& explanation) {
  explanation.scheduler = services.leadership.name();
  explanation.leader = services.leadership.leader();
  explanation.is_leaders_view = is_leaders_view;
}

// Any scheduler answers: what it sees of the cluster is the Onlooker's affair. A view holds until the next
// co_await, so it is looked at again once everything else was read.
Task<Result<Explanation>> explain_job(Services& services, JobId id) {
  const auto job = co_await services.jobs.get(id);
  if (!job) co_return job.error();
  const auto first = co_await services.onlooker.look();
  if (!first) co_return first.error();
  const bool has_leader = services.leadership.leader().has_value();
  const auto& rules = services.dispatch.rules();
  auto names = names_in_the_way({*first->view, rules, *job, first->at}, names_asked);
  auto history = co_await read_history(services.store, std::move(names));
  if (!history) co_return history.error();
  const auto sight = co_await services.onlooker.look();
  if (!sight) co_return sight.error();
  auto explanation = explain({*sight->view, rules, *job, sight->at, has_leader, std::move(*history)});
  sign(services, sight->is_leaders, explanation);
  co_return explanation;
}

Task<> get_explanation(Services& services, const http::Request& request, const http::PathParameters& path,
                       http::Responder& responder) {
  const auto id = job_id(path);
  if (!id) {
    co_await refuse(responder, id.error());
    co_return;
  }
  Query query(request);
  if (auto good = query.finish(); !good) {
    co_await refuse_query(responder, good.error());
    co_return;
  }
  const auto explanation = co_await explain_job(services, *id);
  if (!explanation) {
    co_await refuse(responder, explanation.error());
    co_return;
  }
  auto body = to_json(*explanation);
  co_await reply(responder, 200, std::move(body));
}

}  // namespace

Task<> try_out(Services& services, std::vector<JobDefinition> definitions, http::Responder& responder) {
  const auto sight = co_await services.onlooker.look();
  if (!sight) {
    co_await refuse(responder, sight.error());
    co_return;
  }
  const bool is_leaders = sight->is_leaders;
  const bool has_leader = services.leadership.leader().has_value();
  auto result =
      dry_run(*sight->view, services.dispatch.rules(), std::move(definitions), sight->at, has_leader);
  sign(services, is_leaders, *result.explanation);
  auto body = to_json(result);
  co_await reply(responder, 200, std::move(body));
}

void add_explain_routes(http::Router& router, Services& services) {
  using http::PathParameters;
  using http::Request;
  using http::Responder;
  router.add(
      "GET", "/v1/jobs/{id}/explain",
      [&services](const Request& request, const PathParameters& path, Responder& responder) {
        return get_explanation(services, request, path, responder);
      },
      {.summary = "Why a job waits, or why it is where it is.",
       .details = "Reasons come from what the leader places by; a scheduler that doesn't lead reads the "
                  "live jobs itself (is_leaders_view tells).",
       .response = "Explanation"});
}

}  // namespace berth::api
