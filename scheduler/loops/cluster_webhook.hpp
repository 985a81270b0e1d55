// Delivers to one of the cluster's own webhooks: its events one after the other, in their order. One that
// isn't taken is tried again until it is too late for it, and those behind it wait.
#pragma once

#include "scheduler/loops/event_tail.hpp"
#include "scheduler/loops/webhook_notes.hpp"
#include "scheduler/loops/webhook_sender.hpp"

#include <cstdint>
#include <random>

namespace berth {

class ClusterWebhook {
 public:
  // From behind `position` on. The URL is one that parse_webhook_url() takes.
  ClusterWebhook(Store& store, EventFeed& feed, WebhookSender& sender, WebhookNotes& notes, Webhook hook,
                 std::uint64_t position, std::uint64_t seed);

  // Until cancelled.
  Task<> run();

  // Every event up to this one was taken, passed over or given up.
  std::uint64_t position() const { return position_; }

 private:
  Task<> deliver(Event event);
  void reach(std::uint64_t seq);

  WebhookSender& sender_;
  WebhookNotes& notes_;
  Webhook hook_;
  std::shared_ptr<http::Client> client_;
  EventTail tail_;
  std::uint64_t position_;
  std::mt19937_64 random_;
};

}  // namespace berth
