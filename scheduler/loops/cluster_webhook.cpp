#include "scheduler/loops/cluster_webhook.hpp"

#include <utility>

namespace berth {

ClusterWebhook::ClusterWebhook(Store& store, EventFeed& feed, WebhookSender& sender, WebhookNotes& notes,
                               Webhook hook, std::uint64_t position, std::uint64_t seed)
    : sender_(sender),
      notes_(notes),
      hook_(std::move(hook)),
      client_(sender.client_for(parse_webhook_url(hook_.url).value(), WebhookKind::cluster)),
      tail_(store, feed, "a webhook of the cluster", position),
      position_(position),
      random_(seed) {}

void ClusterWebhook::reach(std::uint64_t seq) {
  position_ = seq;
  WebhookProgress progress;
  progress.position = seq;
  notes_.set(cluster_note(hook_.url), std::move(progress));
}

Task<> ClusterWebhook::run() {
  for (;;) {
    const auto events = co_await tail_.next();
    if (tail_.missed() > 0)
      sender_.lose(WebhookKind::cluster, hook_, tail_.missed(), "they aren't kept any more");
    for (const auto& event : events) {
      if (!is_of_interest(hook_.on, event)) {
        if (event.type == unreadable_event)
          sender_.drop(WebhookKind::cluster, hook_, event.seq, "it can't be read");
        continue;
      }
      co_await deliver(event);
      reach(event.seq);
    }
    reach(events.back().seq);
  }
}

Task<> ClusterWebhook::deliver(Event event) {
  for (unsigned failures = 1;; ++failures) {
    const auto verdict = co_await sender_.post(client_, WebhookKind::cluster, hook_, event);
    if (verdict != WebhookVerdict::retry) co_return;
    co_await sleep_until(deadline_in(webhook_wait(failures, random_)));
  }
}

}  // namespace berth
