#include "scheduler/core/overview.hpp"

#include "scheduler/api/api.hpp"
#include "scheduler/api/executor_status.hpp"
#include "scheduler/api/query.hpp"
#include "scheduler/api/reply.hpp"
#include "scheduler/api/usage.hpp"
#include "shared/base/limits.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace berth::api {
namespace {

struct SeenExecutor {
  const Liveness::Known* known;
  Allocated allocated;
};

// What a person should see first where not all fit: 0 for a trouble that can be looked after, 2 for what is
// gone, and may have been for long.
int rank_of(const Liveness::Known& known) {
  if (known.state == ExecutorState::lost) return 2;
  const auto& runtime = known.record.info.runtime;
  return runtime.healthy && runtime.unhealthy_gpus.empty() ? 1 : 0;
}

bool is_shown_before(const SeenExecutor& a, const SeenExecutor& b) {
  const auto first = rank_of(*a.known);
  const auto second = rank_of(*b.known);
  return first != second ? first < second : is_counted_before(*a.known, *b.known);
}

// What they hold is the view's to tell: no call to the store for each.
void add_executors_to(Overview& overview, const Liveness& liveness, const ClusterView& view,
                      std::size_t most) {
  for (const auto& [state, name] : EnumNames<ExecutorState>::names)
    overview.executor_states.emplace(name, 0u);
  std::vector<SeenExecutor> seen;
  for (const auto& [name, known] : liveness.executors()) {
    const auto found = view.executors().find(name);
    const auto allocated = found == view.executors().end() ? Allocated{} : found->second.allocated;
    seen.push_back({&known, allocated});
    ++overview.executor_states[std::string(to_string(executor_state(known, allocated)))];
  }
  std::sort(seen.begin(), seen.end(), is_shown_before);
  if (seen.size() > most) seen.resize(most);
  for (const auto& [known, allocated] : seen)
    overview.executors.push_back(executor_status(*known, allocated));
}

// A view holds until the next co_await, so it is looked at (again) once it is this one's turn.
Task<Result<Overview>> overview_now(Services& services, std::size_t jobs, std::size_t executors) {
  const auto first = co_await services.onlooker.look();
  if (!first) co_return first.error();
  Turnstile::Place place(services.turnstile);
  co_await place.turn();
  const auto sight = co_await services.onlooker.look();
  if (!sight) co_return sight.error();
  auto overview = survey(*sight->view, jobs);
  add_executors_to(overview, services.liveness, *sight->view, executors);
  overview.at = sight->at;
  overview.scheduler = services.leadership.name();
  overview.leader = services.leadership.leader();
  overview.is_leaders_view = sight->is_leaders;
  overview.endings = services.endings.endings(loop_now());
  co_return overview;
}

// What executors tell of their containers isn't part of any view.
Task<> look_at_usage(Services& services, Overview& overview) {
  std::set<std::string> executors;
  for (const auto& executor : overview.executors) executors.insert(executor.name);
  for (const auto& job : overview.running_jobs) executors.insert(job.executor);
  const auto told = co_await told_usage(services, std::move(executors));
  add_usage(overview, told);
}

Task<> get_overview(Services& services, const http::Request& request, http::Responder& responder) {
  Query query(request);
  const auto most = limits::max_page;
  const auto jobs = query.number<std::size_t>("jobs", 0, most).value_or(limits::default_page);
  const auto executors = query.number<std::size_t>("executors", 0, most).value_or(limits::default_page);
  if (auto good = query.finish(); !good) {
    co_await refuse_query(responder, good.error());
    co_return;
  }
  auto overview = co_await overview_now(services, jobs, executors);
  if (!overview) {
    co_await refuse(responder, overview.error());
    co_return;
  }
  co_await look_at_usage(services, *overview);
  auto body = to_json(*overview);
  co_await reply(responder, 200, std::move(body));
}

http::RouteDoc overview_doc() {
  return {
      .summary = "The whole cluster on one page: what waits and why, what runs where, what ended lately.",
      .details =
          "Comes from what the leader places by; a scheduler that doesn't lead reads the live jobs itself "
          "(is_leaders_view tells). The counts are of all, the lists are bounded. What jobs use is as their "
          "executors measured it some seconds ago.",
      .query = {{"jobs", "integer", "Running jobs to list, 0 to 1000; default 100.", "10"},
                {"executors", "integer", "Executors to list, 0 to 1000; default 100.", "10"}},
      .response = "Overview"};
}

}  // namespace

void add_overview_routes(http::Router& router, Services& services) {
  using http::PathParameters;
  using http::Request;
  using http::Responder;
  const auto get = [&services](const Request& request, const PathParameters&, Responder& responder) {
    return get_overview(services, request, responder);
  };
  router.add("GET", "/v1/overview", get, overview_doc());
}

}  // namespace berth::api
