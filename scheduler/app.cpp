#include "scheduler/app.hpp"

#include "shared/base/limits.hpp"

#include <algorithm>

namespace berth {
namespace {

http::ServerOptions server_options() {
  http::ServerOptions options;
  options.max_body = limits::max_body;
  return options;
}

}  // namespace

SchedulerApp::SchedulerApp(asio::any_io_executor executor, Store& store, const Clock& clock,
                           SchedulerSettings settings)
    : settings_(std::move(settings)),
      jobs_(store, clock),
      feed_(executor, store),
      leadership_(executor, store, clock, settings_.name, settings_.alone, [this] { dispatch_.on_change(); }),
      liveness_(executor, store, [this] { dispatch_.on_change(); }),
      dispatch_(executor, store, clock, leadership_, liveness_, settings_),
      retention_(store, clock, leadership_, settings_.retention),
      services_{jobs_, store, feed_, liveness_, leadership_, dispatch_, retention_},
      server_(executor, router_.as_handler(), server_options()),
      tasks_(executor) {
  feed_.on_history_lost([this] {
    leadership_.on_history_lost();
    dispatch_.on_history_lost();
  });
  feed_.listen([this](const std::vector<Event>& events) { on_events(events); });
  api::add_job_routes(router_, services_);
  api::add_log_routes(router_, services_);
  api::add_executor_routes(router_, services_);
  api::add_event_routes(router_, services_);
  api::add_health_routes(router_, services_);
  api::add_metric_routes(router_, services_);
  api::add_reference_routes(router_);
  router_.observe(
      [this](const http::Router::Route* route, unsigned status) { services_.requests.count(route, status); });
}

void SchedulerApp::on_events(const std::vector<Event>& events) {
  const auto is_about_executors = [](const Event& event) { return event.type.starts_with("executor."); };
  if (std::any_of(events.begin(), events.end(), is_about_executors)) liveness_.look();
  const auto is_resignation = [](const Event& event) { return event.type == "leader.resigned"; };
  if (std::any_of(events.begin(), events.end(), is_resignation)) leadership_.on_resigned();
  dispatch_.on_events(events);
}

Task<Result<>> SchedulerApp::start() {
  auto bound = server_.listen(settings_.host, settings_.port);
  if (!bound) co_return bound.error();
  address_ = *bound;
  co_await feed_.start();
  tasks_.spawn("event feed", feed_.run());
  tasks_.spawn("liveness", liveness_.run());
  tasks_.spawn("leadership", leadership_.run());
  tasks_.spawn("dispatch", dispatch_.run());
  tasks_.spawn("retention", retention_.run());
  tasks_.spawn("api", server_.run());
  co_return Result<>{};
}

Task<> SchedulerApp::stop() {
  co_await server_.stop();
  tasks_.cancel();
  co_await tasks_.join();
  co_await leadership_.resign();
}

}  // namespace berth
