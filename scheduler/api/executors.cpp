#include "scheduler/api/api.hpp"
#include "scheduler/api/query.hpp"
#include "scheduler/api/reply.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace berth::api {
namespace {

// What the live attempts on an executor hold: derived from the records, so that any scheduler can tell.
Task<Result<Allocated>> allocated_on(Store& store, std::string executor) {
  const auto jobs = co_await store.assigned_jobs(std::move(executor));
  if (!jobs) co_return jobs.error();
  Allocated sum;
  for (const auto& job : *jobs) {
    const auto& wanted = job.definition.resources;
    sum.cpu += wanted.cpu;
    sum.memory += wanted.memory;
    sum.gpus += wanted.gpu ? wanted.gpu->count : 0;
    ++sum.jobs;
  }
  co_return sum;
}

ExecutorStatus status_of(const Liveness::Known& known, Allocated allocated) {
  const auto& info = known.record.info;
  ExecutorStatus status;
  status.name = info.name;
  status.state = known.state;
  status.capacity = info.capacity;
  status.allocated = allocated;
  status.runtime = info.runtime;
  status.labels = info.labels;
  status.region = info.region;
  status.datacenter = info.datacenter;
  status.volume_paths = info.volume_paths;
  status.host = info.host;
  status.kernel = info.kernel;
  status.version = info.version;
  status.registered_at = info.registered_at;
  return status;
}

Task<> list_executors(Services& services, const http::Request& request, http::Responder& responder) {
  Query query(request);
  if (auto good = query.finish(); !good) {
    co_await refuse_query(responder, good.error());
    co_return;
  }
  // A copy: the view may change while the store is asked.
  const auto known = services.liveness.executors();
  json::array list;
  for (const auto& [name, executor] : known) {
    const auto allocated = co_await allocated_on(services.store, name);
    if (!allocated) {
      co_await refuse(responder, allocated.error());
      co_return;
    }
    list.push_back(to_json(status_of(executor, *allocated)));
  }
  json::object body;
  body.emplace("executors", std::move(list));
  co_await reply(responder, 200, std::move(body));
}

Task<> get_executor(Services& services, const http::PathParameters& path, http::Responder& responder) {
  const auto name = path["id"];
  const auto found = services.liveness.executors().find(name);
  if (found == services.liveness.executors().end()) {
    Error error{ErrorKind::not_found, "there is no executor \"" + name + '"'};
    co_await refuse(responder, std::move(error));
    co_return;
  }
  const auto known = found->second;
  const auto allocated = co_await allocated_on(services.store, name);
  if (!allocated) {
    co_await refuse(responder, allocated.error());
    co_return;
  }
  auto body = to_json(status_of(known, *allocated));
  co_await reply(responder, 200, std::move(body));
}

}  // namespace

void add_executor_routes(http::Router& router, Services& services) {
  using http::PathParameters;
  using http::Request;
  using http::Responder;
  router.add("GET", "/v1/executors",
             [&services](const Request& request, const PathParameters&, Responder& responder) {
               return list_executors(services, request, responder);
             });
  router.add("GET", "/v1/executors/{id}",
             [&services](const Request&, const PathParameters& path, Responder& responder) {
               return get_executor(services, path, responder);
             });
}

}  // namespace berth::api
