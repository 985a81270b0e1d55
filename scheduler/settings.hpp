// What a scheduler is told when it starts.
#pragma once

#include "scheduler/core/webhook_policy.hpp"
#include "shared/base/time.hpp"
#include "shared/model/webhook.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace berth {

// Which of the jobs that have ended are kept, with their logs: both must hold.
struct RetentionRules {
  Milliseconds max_age = std::chrono::hours{30 * 24};  // since the job's end
  std::uint64_t max_jobs = 100'000;                    // the newest
};

// The cluster's own webhooks, and where jobs' may go (docs/webhooks.md).
struct WebhookSettings {
  std::vector<std::string> urls;               // each once, and checked (check_webhook_url)
  std::vector<std::string> on = Webhook{}.on;  // which events go there
  std::string secret;                          // signs them; empty: they aren't signed
  WebhookPolicy policy;
  std::string ca_file;  // PEM: whom to trust for https beside the system's authorities; or empty
};

struct SchedulerSettings {
  std::string name;                // unique among the cluster's schedulers
  std::string host = "127.0.0.1";  // where the API listens
  std::string port = "3625";       // decimal; "0" takes a free one
  bool spread = false;             // jobs over executors, instead of filling one after the other
  RetentionRules retention;
  WebhookSettings webhooks;
  bool alone = false;  // no other scheduler can be alive on this store (see Leadership)
};

}  // namespace berth
