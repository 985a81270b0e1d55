// Sends one event to one webhook, once: the request, where it may go, and what comes of it.
#pragma once

#include "scheduler/core/webhook_delivery.hpp"
#include "scheduler/core/webhook_policy.hpp"
#include "scheduler/loops/name_resolver.hpp"
#include "scheduler/settings.hpp"
#include "shared/http/client.hpp"
#include "shared/runtime/async.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace berth {

// Whose a webhook is: the operator's, for the whole cluster, or a job's.
enum class WebhookKind { cluster, job };

// Since this process began.
struct WebhookCounts {
  std::uint64_t delivered = 0;
  std::uint64_t retried = 0;  // tries that failed and are made again
  std::uint64_t dropped = 0;  // events that were given up
};

class WebhookSender {
 public:
  // The settings outlive it.
  WebhookSender(asio::any_io_executor executor, const Clock& clock, const WebhookSettings& settings)
      : executor_(std::move(executor)), clock_(clock), settings_(settings) {}

  // Connections to one webhook; this outlives them. Where the operator himself sends to he doesn't have to
  // allow.
  std::shared_ptr<http::Client> client_for(const WebhookUrl& url, WebhookKind kind);

  // Takes limits::webhook_call at most.
  Task<WebhookVerdict> post(std::shared_ptr<http::Client> client, WebhookKind kind, Webhook hook,
                            Event event);
  // What was given up without a try; `why` is for the log, which has at most one line for a host in
  // limits::webhook_drop_lines, however many events there are.
  void drop(WebhookKind kind, const Webhook& hook, std::uint64_t seq, const std::string& why);
  // Likewise, of many events that can't be told apart.
  void lose(WebhookKind kind, const Webhook& hook, std::uint64_t count, const std::string& why);
  // Likewise, of jobs' webhooks that nobody knows any more.
  void lose_unknown(std::uint64_t count, const std::string& why);
  // Logs how many events were given up behind a line that is old enough. Call it every now and then.
  void tell_rest();

  const WebhookCounts& counts(WebhookKind kind) const { return counts_[static_cast<std::size_t>(kind)]; }

 private:
  // A line about one host.
  struct Told {
    Monotonic until;         // when the next one may be
    std::uint64_t more = 0;  // events that were given up since
    std::string why{};       // the last of them
  };

  void tell(std::string where, std::uint64_t count, const std::string& what, const std::string& why);
  WebhookCounts& counts_of(WebhookKind kind) { return counts_[static_cast<std::size_t>(kind)]; }

  asio::any_io_executor executor_;
  const Clock& clock_;
  const WebhookSettings& settings_;
  std::array<WebhookCounts, 2> counts_{};
  Monotonic next_rest_{};                  // when tell_rest() looks again
  std::map<std::string, Told> told_;       // by whose, lines younger than limits::webhook_drop_lines
  std::array<NameResolver, 2> resolvers_;  // by kind: the names of jobs don't hold up the operator's
};

}  // namespace berth
