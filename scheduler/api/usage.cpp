#include "scheduler/api/usage.hpp"

#include "scheduler/api/query.hpp"
#include "scheduler/api/reply.hpp"
#include "shared/base/limits.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/multiple_exceptions.hpp>

#include <cstddef>
#include <exception>
#include <utility>
#include <vector>

namespace berth::api {
namespace {

Task<> read_usage(Store& store, std::vector<std::string> executors, ToldUsage& into) {
  auto read = co_await store.usage(executors);
  if (!read) co_return;
  for (std::size_t i = 0; i < executors.size(); ++i) {
    auto& report = (*read)[i];
    if (report) into.emplace(std::move(executors[i]), std::move(*report));
  }
}

Task<> get_usage(Services& services, const http::Request& request, const http::PathParameters& path,
                 http::Responder& responder) {
  const auto id = job_id(path);
  Query query(request);
  if (auto good = query.finish(); !good) {
    co_await refuse_query(responder, good.error());
    co_return;
  }
  if (!id) {
    co_await refuse(responder, id.error());
    co_return;
  }
  const auto job = co_await services.jobs.get(*id);
  if (!job) {
    co_await refuse(responder, job.error());
    co_return;
  }
  JobUsage usage;
  usage.job = job->id;
  usage.attempt = job->attempt;
  usage.executor = job->executor;
  if (job->status == JobStatus::running && job->executor) {
    std::set<std::string> names{*job->executor};
    const auto told = co_await told_usage(services, std::move(names));
    add_usage(usage, told);
  }
  auto body = to_json(usage);
  co_await reply(responder, 200, std::move(body));
}

}  // namespace

Task<ToldUsage> told_usage(Services& services, std::set<std::string> executors) {
  using asio::experimental::awaitable_operators::operator||;
  std::vector<std::string> heard;
  for (const auto& name : executors) {
    const auto known = services.liveness.executors().find(name);
    if (known != services.liveness.executors().end() && known->second.is_alive) heard.push_back(name);
  }
  ToldUsage told;
  if (heard.empty()) co_return told;
  auto reading = read_usage(services.store, std::move(heard), told);
  auto patience = sleep_until(deadline_in(limits::usage_patience));
  try {
    co_await (std::move(reading) || std::move(patience));
  } catch (const asio::multiple_exceptions& both) {
    std::rethrow_exception(both.first_exception());  // cancelled
  }
  co_return told;
}

void add_usage_routes(http::Router& router, Services& services) {
  using http::PathParameters;
  using http::Request;
  using http::Responder;
  router.add("GET", "/v1/jobs/{id}/usage",
             [&services](const Request& request, const PathParameters& path, Responder& responder) {
               return get_usage(services, request, path, responder);
             },
             {.summary = "What a running job uses at present.",
              .details = "Executors measure it every five seconds; what isn't known is null.",
              .response = "JobUsage"});
}

}  // namespace berth::api
