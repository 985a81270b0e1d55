// GET /v1/stats/sizing: what jobs asked for against what they used.
#include "scheduler/core/sizing.hpp"

#include "scheduler/api/api.hpp"
#include "scheduler/api/query.hpp"
#include "scheduler/api/reply.hpp"
#include "shared/base/limits.hpp"

#include <utility>

namespace berth::api {
namespace {

struct SizingRequest {
  std::optional<std::string> name;
  std::size_t limit = limits::default_page;
};

// One page of the history, in its turn: between two of them whoever else reads much has one, and the loop is
// left to the leader's own work. Returns the last id of a full page, nothing behind the oldest job.
Task<Result<std::optional<JobId>>> read_page(Services& services, JobQuery query, SizingHistory& history) {
  Turnstile::Place place(services.history);
  co_await place.turn();
  const auto full = query.limit;
  const auto ids = co_await services.store.find_jobs(std::move(query));
  if (!ids) co_return ids.error();
  const auto jobs = co_await services.store.jobs(*ids);
  if (!jobs) co_return jobs.error();
  for (const auto& job : *jobs) {
    if (job) history.add(*job);
  }
  std::optional<JobId> last;
  if (ids->size() >= full) last = ids->back();
  co_return last;
}

Task<Result<SizingReport>> size_up(Services& services, SizingRequest wanted) {
  SizingHistory history;
  JobQuery query;
  query.statuses = {JobStatus::succeeded, JobStatus::failed, JobStatus::aborted};
  query.name = std::move(wanted.name);
  query.limit = limits::sizing_page;
  bool is_cut = false;
  for (;;) {
    auto page = query;
    const auto last = co_await read_page(services, std::move(page), history);
    if (!last) co_return last.error();
    query.before = *last;
    if (!query.before) break;
    is_cut = history.jobs() >= limits::sizing_jobs || history.runs() >= limits::sizing_runs;
    if (is_cut) break;
  }
  auto report = history.report(wanted.limit);
  report.is_cut = is_cut;
  co_return report;
}

Task<> get_sizing(Services& services, const http::Request& request, http::Responder& responder) {
  Query query(request);
  const auto by = query.text("by");
  if (by && *by != "name") query.fail("by", "must be name, got \"" + *by + '"');
  SizingRequest wanted;
  wanted.name = query.text("name");
  wanted.limit = query.number<std::size_t>("limit", 1, limits::max_page).value_or(limits::default_page);
  if (auto good = query.finish(); !good) {
    co_await refuse_query(responder, good.error());
    co_return;
  }
  const auto report = co_await size_up(services, std::move(wanted));
  if (!report) {
    co_await refuse(responder, report.error());
    co_return;
  }
  auto body = to_json(*report);
  co_await reply(responder, 200, std::move(body));
}

}  // namespace

void add_sizing_routes(http::Router& router, Services& services) {
  using http::PathParameters;
  using http::Request;
  using http::Responder;
  router.add(
      "GET", "/v1/stats/sizing",
      [&services](const Request& request, const PathParameters&, Responder& responder) {
        return get_sizing(services, request, responder);
      },
      {.summary = "What jobs of each name asked for, what they used, and what to ask for instead.",
       .details =
           "Of the newest 20,000 jobs that have ended and are kept (or that have the name asked for), and of "
           "100,000 attempts at most; is_cut says that there are older ones. docs/api.md tells how the "
           "advice "
           "comes about.",
       .query = {{"by", "string", "name, which is all there is.", "name"},
                 {"name", "string", "Only jobs of that name.", "train"},
                 {"limit", "integer", "Names at most, 1 to 1000; default 100.", "10"}},
       .response = "SizingReport"});
}

}  // namespace berth::api
