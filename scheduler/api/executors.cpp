#include "scheduler/api/api.hpp"
#include "scheduler/api/executor_status.hpp"
#include "scheduler/api/query.hpp"
#include "scheduler/api/reply.hpp"
#include "scheduler/api/texts.hpp"
#include "scheduler/api/usage.hpp"
#include "scheduler/core/executor_view.hpp"
#include "shared/base/limits.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <string.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace berth::api {

ExecutorState executor_state(const Liveness::Known& known, const Allocated& allocated) {
  const bool is_drained = known.state == ExecutorState::draining && allocated.jobs == 0;
  return is_drained ? ExecutorState::drained : known.state;
}

ExecutorStatus executor_status(const Liveness::Known& known, Allocated allocated) {
  const auto& info = known.record.info;
  ExecutorStatus status;
  status.name = info.name;
  status.state = executor_state(known, allocated);
  status.drain = known.record.drain;
  status.capacity = info.capacity;
  status.allocated = allocated;
  status.runtime = info.runtime;
  status.labels = info.labels;
  status.region = info.region;
  status.datacenter = info.datacenter;
  status.volume_paths = info.volume_paths;
  status.host = info.host;
  status.lease = known.record.info.lease;
  status.kernel = info.kernel;
  status.version = info.version;
  status.registered_at = info.registered_at;
  return status;
}

bool is_counted_before(const Liveness::Known& a, const Liveness::Known& b) {
  return strverscmp(a.record.info.name.c_str(), b.record.info.name.c_str()) < 0;
}

namespace {

// What the live attempts on an executor hold: derived from the records, so that any scheduler can tell.
Task<Result<Allocated>> allocated_on(Store& store, std::string executor) {
  const auto jobs = co_await store.assigned_jobs(std::move(executor));
  if (!jobs) co_return jobs.error();
  Allocated sum;
  for (const auto& job : *jobs) hold(sum, job.definition.resources);
  co_return sum;
}

Task<> list_executors(Services& services, const http::Request& request, http::Responder& responder) {
  Query query(request);
  if (auto good = query.finish(); !good) {
    co_await refuse_query(responder, good.error());
    co_return;
  }
  // A copy: the view may change while the store is asked.
  const auto& seen = services.liveness.executors();
  std::vector<Liveness::Known> known;
  for (const auto& [name, executor] : seen) known.push_back(executor);
  std::sort(known.begin(), known.end(), is_counted_before);
  std::vector<ExecutorStatus> all;
  std::set<std::string> names;
  for (const auto& executor : known) {
    const auto allocated = co_await allocated_on(services.store, executor.record.info.name);
    if (!allocated) {
      co_await refuse(responder, allocated.error());
      co_return;
    }
    all.push_back(executor_status(executor, *allocated));
    names.insert(executor.record.info.name);
  }
  const auto told = co_await told_usage(services, std::move(names));
  json::array list;
  for (auto& executor : all) {
    add_usage(executor, told);
    list.push_back(to_json(executor));
  }
  json::object body;
  body.emplace("executors", std::move(list));
  co_await reply(responder, 200, std::move(body));
}

Task<> get_executor(Services& services, const http::PathParameters& path, http::Responder& responder) {
  const auto name = path["name"];
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
  auto status = executor_status(known, *allocated);
  std::set<std::string> names{name};
  const auto told = co_await told_usage(services, std::move(names));
  add_usage(status, told);
  auto body = to_json(status);
  co_await reply(responder, 200, std::move(body));
}

struct DrainOrder {
  std::string reason;
  std::optional<Milliseconds> deadline;
};

// {"reason": "…", "deadline": "10m"}, or no body at all.
Result<DrainOrder> parse_drain(const std::string& body) {
  const auto texts = parse_texts(body, {"reason", "deadline"});
  if (!texts) return texts.error();
  DrainOrder order;
  order.reason = text_of(*texts, "reason");
  if (!texts->contains("deadline")) return order;
  const auto deadline = parse_duration(texts->at("deadline"));
  if (!deadline) return invalid(deadline.error().message, "deadline");
  if (*deadline > limits::max_duration)
    return invalid("must be at most " + to_string(limits::max_duration), "deadline");
  order.deadline = *deadline;
  return order;
}

// The executor as it is after the order was written.
Task<> show_written(Services& services, const http::PathParameters& path, Result<> written,
                    http::Responder& responder) {
  if (!written && written.error().kind == ErrorKind::conflict) {
    written = Error{ErrorKind::not_found, "there is no executor \"" + path["name"] + '"'};
  }
  if (!written) {
    co_await refuse(responder, written.error());
    co_return;
  }
  const auto seen = co_await services.liveness.look_and_wait();
  if (!seen) {
    co_await refuse(responder, seen.error());
    co_return;
  }
  co_await get_executor(services, path, responder);
}

Task<> drain(Services& services, const http::Request& request, const http::PathParameters& path,
             http::Responder& responder) {
  const auto order = parse_drain(request.body);
  if (!order) {
    co_await refuse_query(responder, order.error());
    co_return;
  }
  auto written = co_await services.store.drain_executor(path["name"], order->reason, order->deadline, "api");
  co_await show_written(services, path, std::move(written), responder);
}

Task<> resume(Services& services, const http::PathParameters& path, http::Responder& responder) {
  auto written = co_await services.store.resume_executor(path["name"], "api");
  co_await show_written(services, path, std::move(written), responder);
}

}  // namespace

void add_executor_routes(http::Router& router, Services& services) {
  using http::PathParameters;
  using http::Request;
  using http::Responder;
  router.add("GET", "/v1/executors",
             [&services](const Request& request, const PathParameters&, Responder& responder) {
               return list_executors(services, request, responder);
             },
             {.summary = "Lists the machines that run jobs.", .response = "ExecutorList"});
  router.add("GET", "/v1/executors/{name}",
             [&services](const Request&, const PathParameters& path, Responder& responder) {
               return get_executor(services, path, responder);
             },
             {.summary = "One of them.", .response = "Executor"});
  router.add(
      "POST", "/v1/executors/{name}/drain",
      [&services](const Request& request, const PathParameters& path, Responder& responder) {
        return drain(services, request, path, responder);
      },
      {.summary = "Gives it no new jobs; what still runs at the deadline is stopped and run elsewhere.",
       .request = "DrainOrder",
       .response = "Executor"});
  router.add("POST", "/v1/executors/{name}/resume",
             [&services](const Request&, const PathParameters& path, Responder& responder) {
               return resume(services, path, responder);
             },
             {.summary = "Takes a drain back.", .response = "Executor"});
}

}  // namespace berth::api
