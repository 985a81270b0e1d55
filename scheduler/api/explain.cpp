#include "scheduler/api/explain.hpp"

#include "scheduler/api/query.hpp"
#include "scheduler/api/reply.hpp"
#include "scheduler/core/dry_run.hpp"
#include "scheduler/core/explain.hpp"
#include "shared/base/limits.hpp"

#include <algorithm>
#include <string>
#include <unordered_set>
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

bool is_waiting(const Job& job) { return job.status == JobStatus::pending && !holds_resources(job); }

// The record was read at another instant than the view. A job that waits by the one and has a place by the
// other can only be explained as the view has it: else it would stand in its own way.
const Job& as_seen(const ClusterView& view, const Job& record) {
  const auto* seen = view.find(record.id);
  if (seen == nullptr || is_terminal(record.status)) return record;
  return is_waiting(*seen) == is_waiting(record) ? record : *seen;
}

// A view holds until the next co_await, so whoever has its turn looks (again). Who waits for the store does
// so before, with all others that do.
Task<Result<std::vector<std::string>>> names_to_ask_for(Services& services, Job job) {
  const auto first = co_await services.onlooker.look();
  if (!first) co_return first.error();
  Turnstile::Place place(services.turnstile);
  co_await place.turn();
  const auto sight = co_await services.onlooker.look();
  if (!sight) co_return sight.error();
  auto names = names_in_the_way({*sight->view, services.dispatch.rules(), job, sight->at}, names_asked);
  co_return names;
}

// Any scheduler answers: what it sees of the cluster is the Onlooker's affair.
Task<Result<Explanation>> explain_job(Services& services, JobId id) {
  const auto job = co_await services.jobs.get(id);
  if (!job) co_return job.error();
  auto names = co_await names_to_ask_for(services, *job);
  if (!names) co_return names.error();
  auto history = co_await read_history(services.store, std::move(*names));
  if (!history) co_return history.error();
  Turnstile::Place place(services.turnstile);
  co_await place.turn();
  const auto sight = co_await services.onlooker.look();
  if (!sight) co_return sight.error();
  const auto& record = as_seen(*sight->view, *job);
  const bool has_leader = services.leadership.leader().has_value();
  auto explanation =
      explain({*sight->view, services.dispatch.rules(), record, sight->at, has_leader, std::move(*history)});
  sign(services, sight->is_leaders, explanation);
  co_return explanation;
}

// What a pass over them costs: it judges each shape on each executor.
Result<> check_cost(const std::vector<JobDefinition>& definitions, std::size_t executors) {
  std::unordered_set<std::string> shapes;
  for (const auto& definition : definitions) shapes.insert(shape_key(shape_of(definition)));
  if (shapes.size() * executors <= limits::dry_run_judgements) return Result<>{};
  return invalid("holds " + std::to_string(shapes.size()) +
                     " different shapes, too many to be tried out on " + std::to_string(executors) +
                     " executors, for which " + std::to_string(limits::dry_run_judgements / executors) +
                     " are the most; jobs that are alike in resources, placement, volumes and image count as "
                     "one: try out fewer, or a part of them",
                 "jobs");
}

Task<Result<DryRun>> find_places(Services& services, std::vector<JobDefinition> definitions) {
  const auto first = co_await services.onlooker.look();
  if (!first) co_return first.error();
  Turnstile::Place place(services.turnstile);
  co_await place.turn();
  const auto sight = co_await services.onlooker.look();
  if (!sight) co_return sight.error();
  const auto good = check_cost(definitions, sight->view->executors().size());
  if (!good) co_return good.error();
  const bool has_leader = services.leadership.leader().has_value();
  auto result =
      dry_run(*sight->view, services.dispatch.rules(), std::move(definitions), sight->at, has_leader);
  sign(services, sight->is_leaders, *result.explanation);
  co_return result;
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
  const auto result = co_await find_places(services, std::move(definitions));
  if (!result) {
    co_await refuse(responder, result.error());
    co_return;
  }
  auto body = to_json(*result);
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
