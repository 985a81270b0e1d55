#include "scheduler/app.hpp"

#include "shared/base/limits.hpp"

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
      duties_(executor, store, clock, settings_),
      services_{jobs_,
                store,
                duties_.feed,
                duties_.liveness,
                duties_.leadership,
                duties_.dispatch,
                duties_.retention,
                duties_.onlooker,
                duties_.endings,
                duties_.webhooks,
                api::Turnstile(executor),
                api::Turnstile(executor),
                api::LogRoom(executor, limits::log_readers_hold)},
      server_(executor, router_.as_handler(), server_options()),
      tasks_(executor) {
  api::add_job_routes(router_, services_);
  api::add_explain_routes(router_, services_);
  api::add_log_routes(router_, services_);
  api::add_executor_routes(router_, services_);
  api::add_event_routes(router_, services_);
  api::add_overview_routes(router_, services_);
  api::add_usage_routes(router_, services_);
  api::add_health_routes(router_, services_);
  api::add_sizing_routes(router_, services_);
  api::add_metric_routes(router_, services_);
  api::add_reference_routes(router_);
  router_.observe(
      [this](const http::Router::Route* route, unsigned status) { services_.requests.count(route, status); });
}

Task<Result<>> SchedulerApp::start() {
  auto bound = server_.listen(settings_.host, settings_.port);
  if (!bound) co_return bound.error();
  address_ = *bound;
  co_await duties_.start();
  tasks_.spawn("api", server_.run());
  co_return Result<>{};
}

Task<> SchedulerApp::stop() {
  co_await server_.stop();
  tasks_.cancel();
  co_await tasks_.join();
  co_await duties_.stop();
  co_await duties_.leadership.resign();
}

}  // namespace berth
