// The scheduler service: what is built, started and stopped, and in which order.
#pragma once

#include "scheduler/api/api.hpp"
#include "scheduler/job_manager.hpp"
#include "scheduler/loops/duties.hpp"
#include "scheduler/settings.hpp"
#include "shared/http/router.hpp"
#include "shared/http/server.hpp"
#include "shared/runtime/task_group.hpp"

#include <memory>
#include <string>

namespace berth {

class SchedulerApp {
 public:
  // The store must be started and outlive the app.
  SchedulerApp(asio::any_io_executor executor, Store& store, const Clock& clock, SchedulerSettings settings);

  // Binds the API's address, then starts everything. Error: the address is taken.
  Task<Result<>> start();
  // Where the API listens: "127.0.0.1:3625". After start().
  const std::string& address() const { return address_; }

  // Ends requests first, then placing; then hands the leadership over.
  Task<> stop();

  // What it answers. For tests.
  const http::Router& router() const { return router_; }

 private:
  SchedulerSettings settings_;
  JobManager jobs_;
  Duties duties_;
  api::Services services_;
  http::Router router_;
  http::Server server_;
  TaskGroup tasks_;
  std::string address_;
};

}  // namespace berth
