#include "scheduler/api/api.hpp"
#include "scheduler/api/reply.hpp"

#include <boost/json/object.hpp>

namespace berth::api {
namespace {

Task<> live(http::Responder& responder) {
  json::object body;
  body.emplace("status", "ok");
  body.emplace("version", BERTH_VERSION);
  co_await reply(responder, 200, std::move(body));
}

// 200 only when the store answers and a leader is known: then a job that is submitted here will be placed.
Task<> ready(Services& services, http::Responder& responder) {
  const auto answer = co_await services.store.last_event();
  if (!answer) {
    co_await refuse(responder, 503, answer.error());
    co_return;
  }
  const auto leader = services.leadership.leader();
  if (!leader) {
    Error error = unavailable("no leader is known: jobs are accepted, but nobody places them yet");
    co_await refuse(responder, 503, std::move(error));
    co_return;
  }
  json::object body;
  body.emplace("status", "ok");
  body.emplace("leader", *leader);
  co_await reply(responder, 200, std::move(body));
}

Task<> stats(Services& services, http::Responder& responder) {
  const auto counts = co_await services.store.count_jobs();
  if (!counts) {
    co_await refuse(responder, counts.error());
    co_return;
  }
  json::object jobs;
  for (const auto& [status, name] : EnumNames<JobStatus>::names) {
    jobs.emplace(name, (*counts)[static_cast<std::size_t>(status)]);
  }
  json::object executors;
  for (const auto& [state, name] : EnumNames<ExecutorState>::names) {
    std::uint64_t count = 0;
    for (const auto& [id, known] : services.liveness.executors()) count += known.state == state ? 1 : 0;
    executors.emplace(name, count);
  }
  const auto leader = services.leadership.leader();
  json::object body;
  body.emplace("leader", leader ? json::value(*leader) : json::value(nullptr));
  body.emplace("jobs", std::move(jobs));
  body.emplace("executors", std::move(executors));
  json::object retention;
  retention.emplace("max_age", to_string(services.retention.rules().max_age));
  retention.emplace("max_jobs", services.retention.rules().max_jobs);
  retention.emplace("ended", ended_jobs_of(*counts));
  body.emplace("retention", std::move(retention));
  co_await reply(responder, 200, std::move(body));
}

}  // namespace

void add_health_routes(http::Router& router, Services& services) {
  using http::PathParameters;
  using http::Request;
  using http::Responder;
  router.add("GET", "/health/live",
             [](const Request&, const PathParameters&, Responder& responder) { return live(responder); },
             {.summary = "Whether this scheduler runs.", .response = "Health"});
  router.add("GET", "/health/ready",
             [&services](const Request&, const PathParameters&, Responder& responder) {
               return ready(services, responder);
             },
             {.summary = "Whether a job that is submitted here will be placed.",
              .details = "200 when the store answers and a leader is known, else 503.",
              .response = "Health"});
  router.add("GET", "/v1/stats",
             [&services](const Request&, const PathParameters&, Responder& responder) {
               return stats(services, responder);
             },
             {.summary = "How many jobs and executors there are in which state.", .response = "Stats"});
}

}  // namespace berth::api
