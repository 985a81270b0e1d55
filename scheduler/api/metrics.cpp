#include "scheduler/api/api.hpp"
#include "scheduler/api/metric_text.hpp"

#include <utility>

namespace berth::api {
namespace {

// What the store counts; absent while it doesn't answer, because a stale number would look like a good one.
Task<> add_jobs(Store& store, MetricText& metrics) {
  const auto counts = co_await store.count_jobs();
  if (!counts) co_return;
  metrics.begin("berth_jobs", "gauge", "Jobs by status.");
  for (const auto& [status, name] : EnumNames<JobStatus>::names) {
    metrics.add((*counts)[static_cast<std::size_t>(status)], {{"status", std::string(name)}});
  }
}

void add_executors(const Liveness& liveness, MetricText& metrics) {
  metrics.begin("berth_executors", "gauge", "Executors by state.");
  for (const auto& [state, name] : EnumNames<ExecutorState>::names) {
    std::uint64_t count = 0;
    for (const auto& [id, known] : liveness.executors()) count += known.state == state ? 1 : 0;
    metrics.add(count, {{"state", std::string(name)}});
  }
}

void add_webhooks(const Webhooks& webhooks, bool leads, MetricText& metrics) {
  const std::pair<WebhookKind, const char*> kinds[] = {{WebhookKind::cluster, "cluster"},
                                                       {WebhookKind::job, "job"}};
  metrics.begin("berth_webhook_deliveries_total", "counter",
                "Tries to deliver an event to a webhook, by what came of them.");
  for (const auto& [kind, name] : kinds) {
    const auto& counts = webhooks.counts(kind);
    metrics.add(counts.delivered, {{"of", name}, {"outcome", "delivered"}});
    metrics.add(counts.retried, {{"of", name}, {"outcome", "retried"}});
    metrics.add(counts.dropped, {{"of", name}, {"outcome", "dropped"}});
  }
  if (!leads) return;
  metrics.single("berth_webhook_pending", "gauge", "Deliveries to jobs' webhooks that are still to be made.",
                 webhooks.owed_to_jobs());
  metrics.single("berth_webhook_lag_events", "gauge",
                 "How far the slowest of the cluster's webhooks is behind the events.",
                 webhooks.cluster_lag());
}

void add_requests(const RequestCounts& requests, MetricText& metrics) {
  metrics.begin("berth_http_requests_total", "counter",
                "Requests that were answered here, by route and status.");
  for (const auto& [key, count] : requests.counts()) {
    const auto& [method, route, status] = key;
    metrics.add(count, {{"method", method}, {"route", route}, {"code", std::to_string(status)}});
  }
}

Task<> write_metrics(Services& services, http::Responder& responder) {
  const auto& dispatch = services.dispatch;
  const bool leads = services.leadership.epoch().has_value();
  MetricText metrics;
  metrics.begin("berth_build_info", "gauge", "Always 1; the version is its label.");
  metrics.add(1, {{"version", BERTH_VERSION}});
  metrics.single("berth_is_leader", "gauge", "Whether this scheduler places jobs.", leads ? 1 : 0);
  co_await add_jobs(services.store, metrics);
  add_executors(services.liveness, metrics);
  if (leads) {
    metrics.single("berth_queue_length", "gauge", "Jobs that wait for a place; only the leader knows.",
                   dispatch.view().queue().size());
  }
  metrics.single("berth_placements_total", "counter", "Attempts that this scheduler placed.",
                 dispatch.placements());
  metrics.histogram("berth_dispatch_pass_seconds", "From deciding on placements to having written them.",
                    dispatch.pass_seconds());
  metrics.single("berth_store_errors_total", "counter", "Calls to the store that failed.",
                 services.store.failed_calls());
  add_webhooks(services.webhooks, leads, metrics);
  add_requests(services.requests, metrics);
  http::Response response;
  response.headers.emplace_back("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  response.body = metrics.text();
  co_await responder.send(std::move(response));
}

}  // namespace

void add_metric_routes(http::Router& router, Services& services) {
  router.add("GET", "/metrics",
             [&services](const http::Request&, const http::PathParameters&, http::Responder& responder) {
               return write_metrics(services, responder);
             },
             {.summary = "Numbers for Prometheus.", .media_type = "text/plain"});
}

}  // namespace berth::api
