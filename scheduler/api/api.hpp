// The HTTP API: requests in, typed calls of the job manager and the view, responses out.
#pragma once

#include "scheduler/api/log_room.hpp"
#include "scheduler/api/request_counts.hpp"
#include "scheduler/api/turnstile.hpp"
#include "scheduler/core/ending_tally.hpp"
#include "scheduler/job_manager.hpp"
#include "scheduler/loops/dispatch.hpp"
#include "scheduler/loops/event_feed.hpp"
#include "scheduler/loops/leadership.hpp"
#include "scheduler/loops/liveness.hpp"
#include "scheduler/loops/onlooker.hpp"
#include "scheduler/loops/retention.hpp"
#include "scheduler/loops/webhooks.hpp"
#include "shared/http/router.hpp"

namespace berth::api {

// What the handlers work with. All outlive the server.
struct Services {
  JobManager& jobs;
  Store& store;
  EventFeed& feed;
  Liveness& liveness;
  const Leadership& leadership;
  const Dispatch& dispatch;
  const Retention& retention;
  Onlooker& onlooker;
  const EndingTally& endings;
  const Webhooks& webhooks;
  Turnstile turnstile;  // for what takes long
  Turnstile history;    // for what reads much of the store
  LogRoom log_room;
  RequestCounts requests{};
};

// Each adds its routes. `services` must outlive the router.
void add_job_routes(http::Router& router, Services& services);
void add_explain_routes(http::Router& router, Services& services);
void add_log_routes(http::Router& router, Services& services);
void add_executor_routes(http::Router& router, Services& services);
void add_event_routes(http::Router& router, Services& services);
void add_overview_routes(http::Router& router, Services& services);
void add_usage_routes(http::Router& router, Services& services);
void add_health_routes(http::Router& router, Services& services);
void add_sizing_routes(http::Router& router, Services& services);
void add_metric_routes(http::Router& router, Services& services);
// /openapi.json and /docs, of all routes of the router.
void add_reference_routes(http::Router& router);

}  // namespace berth::api
