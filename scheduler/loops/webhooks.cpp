#include "scheduler/loops/webhooks.hpp"

#include "shared/base/limits.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace berth {

Webhooks::Webhooks(asio::any_io_executor executor, Store& store, const Clock& clock,
                   const Leadership& leadership, EventFeed& feed, WebhookSettings settings,
                   std::uint64_t seed)
    : executor_(executor),
      store_(store),
      leadership_(leadership),
      feed_(feed),
      settings_(std::move(settings)),
      seed_(seed),
      wakeup_(executor),
      sender_(executor, clock, settings_),
      notes_(store),
      tasks_(executor) {}

Task<> Webhooks::run() {
  for (;;) {
    if (const auto epoch = leadership_.epoch()) {
      co_await serve(*epoch);
    } else {
      co_await wakeup_.wait();
    }
  }
}

// One time of leading.
Task<> Webhooks::serve(Epoch epoch) {
  const auto history = store_.history();
  const auto taken = co_await take_over();
  if (!taken) {
    spdlog::debug("webhooks: {}", taken.error().message);
    cluster_.clear();
    jobs_.reset();
    co_await sleep_until(deadline_in(limits::webhook_first_retry));
    co_return;
  }
  serving_ = epoch;
  // A new webhook of the cluster begins here, whoever leads next.
  co_await notes_.save(epoch);
  for (const auto& hook : cluster_) tasks_.spawn("a webhook of the cluster", hook->run());
  tasks_.spawn("webhooks of jobs", jobs_->follow());
  tasks_.spawn("deliveries to webhooks of jobs", jobs_->deliver());
  // A store that went back in time gives the numbers of events anew, and perhaps the same epoch: what was
  // reached in the other history would pass over those.
  const auto goes_on = [&] { return leadership_.epoch() == epoch && store_.history() == history; };
  while (goes_on()) {
    co_await wakeup_.wait(deadline_in(limits::webhook_note_period));
    sender_.tell_rest();
    if (goes_on()) co_await notes_.save(epoch);
  }
  serving_.reset();
  co_await end_tasks();
}

Task<> Webhooks::end_tasks() {
  tasks_.cancel();
  co_await tasks_.join();
  cluster_.clear();
  jobs_.reset();
}

Task<> Webhooks::stop() {
  co_await end_tasks();
  if (serving_ && leadership_.epoch() == serving_) co_await notes_.save(*serving_);
  serving_.reset();
}

// What the leader before has noted says where to go on. A webhook of the cluster that is new begins with what
// happens from now on; one that isn't in the settings any more is forgotten.
Task<Result<>> Webhooks::take_over() {
  auto noted = co_await notes_.load();
  if (!noted) co_return noted.error();
  const auto newest = co_await store_.last_event();
  if (!newest) co_return newest.error();
  const auto take = [&](const std::string& name) {
    auto entry = noted->extract(name);
    return entry.empty() ? std::nullopt : std::optional(std::move(entry.mapped()));
  };
  cluster_.clear();
  for (const auto& url : settings_.urls) add_cluster_webhook(url, take(cluster_note(url)), *newest);
  // Where nothing is noted yet there was nothing to file so far, but perhaps in the latest events.
  const auto jobs = take(jobs_note);
  const auto position = jobs ? std::min(jobs->position, *newest)
                             : *newest - std::min<std::uint64_t>(*newest, limits::feed_read);
  if (!jobs) {
    WebhookProgress begun;
    begun.position = position;
    notes_.set(jobs_note, std::move(begun));
  }
  jobs_ = std::make_unique<JobWebhooks>(executor_, store_, feed_, sender_, notes_, tasks_, position, seed_);
  auto resumed = co_await jobs_->resume(std::move(*noted));
  co_return resumed;
}

void Webhooks::add_cluster_webhook(const std::string& url, std::optional<WebhookProgress> noted,
                                   std::uint64_t newest) {
  Webhook hook;
  hook.url = url;
  hook.on = settings_.on;
  if (!settings_.secret.empty()) hook.secret = settings_.secret;
  WebhookProgress progress;
  progress.position = noted ? std::min(noted->position, newest) : newest;
  notes_.set(cluster_note(url), progress);
  cluster_.push_back(std::make_unique<ClusterWebhook>(store_, feed_, sender_, notes_, std::move(hook),
                                                      progress.position, seed_ + cluster_.size() + 1));
}

std::uint64_t Webhooks::cluster_lag() const {
  std::uint64_t lag = 0;
  for (const auto& hook : cluster_) {
    lag = std::max(lag, feed_.position() - std::min(feed_.position(), hook->position()));
  }
  return lag;
}

}  // namespace berth
