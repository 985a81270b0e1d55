// Tells webhooks what happens, while this scheduler leads: out of the durable feed of events, each of them at
// least once, in its order. How far each webhook is lies in the store, so that the next leader goes on there;
// what was delivered in the second before a leader died is delivered twice.
//
// A webhook that is slow, hangs or fails holds up nothing but itself: deliveries are tasks of their own, with
// a deadline, and nobody waits for them.
#pragma once

#include "scheduler/loops/cluster_webhook.hpp"
#include "scheduler/loops/event_feed.hpp"
#include "scheduler/loops/job_webhooks.hpp"
#include "scheduler/loops/leadership.hpp"
#include "scheduler/settings.hpp"
#include "shared/runtime/task_group.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace berth {

class Webhooks {
 public:
  // All of it outlives this. `seed` decides how long it waits between tries.
  Webhooks(asio::any_io_executor executor, Store& store, const Clock& clock, const Leadership& leadership,
           EventFeed& feed, WebhookSettings settings, std::uint64_t seed);

  // Delivers whenever it is this scheduler's turn, until cancelled. After EventFeed::start().
  Task<> run();
  // Ends what run() has begun, and notes where it was. After run() has ended.
  Task<> stop();

  // Leadership has changed.
  void on_change() { wakeup_.notify(); }

  // Whether it has taken over, and delivers.
  bool is_serving() const { return serving_.has_value(); }

  // Where webhooks of jobs may go.
  const WebhookPolicy& policy() const { return settings_.policy; }
  const WebhookCounts& counts(WebhookKind kind) const { return sender_.counts(kind); }
  // Deliveries to jobs' webhooks that are still to be made; 0 unless this scheduler leads.
  std::size_t owed_to_jobs() const { return jobs_ ? jobs_->owed() : 0; }
  // How many events the one of the cluster's webhooks that is furthest behind hasn't come to; likewise.
  std::uint64_t cluster_lag() const;

 private:
  Task<> serve(Epoch epoch);
  Task<Result<>> take_over();
  void add_cluster_webhook(const std::string& url, std::optional<WebhookProgress> noted,
                           std::uint64_t newest);
  Task<> end_tasks();

  asio::any_io_executor executor_;
  Store& store_;
  const Leadership& leadership_;
  EventFeed& feed_;
  WebhookSettings settings_;
  std::uint64_t seed_;
  Wakeup wakeup_;
  WebhookSender sender_;
  WebhookNotes notes_;
  std::vector<std::unique_ptr<ClusterWebhook>> cluster_;  // while serving
  std::unique_ptr<JobWebhooks> jobs_;                     // while serving
  std::optional<Epoch> serving_;
  TaskGroup tasks_;
};

}  // namespace berth
