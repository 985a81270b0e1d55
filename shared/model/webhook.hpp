// A webhook: where events are sent to as they happen, and which. Jobs bring their own, and the operator has
// some for the whole cluster (docs/webhooks.md).
#pragma once

#include "shared/base/limits.hpp"
#include "shared/model/description.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace berth {

struct Webhook {
  std::string url;
  // Any of them: a status ("FAILED": the job has it after the event), a type ("job.started"), all types that
  // begin alike ("executor.*"), or "*".
  std::vector<std::string> on{"SUCCEEDED", "FAILED", "ABORTED"};
  std::optional<std::string> secret{};
  bool operator==(const Webhook&) const = default;
};

// A webhook's URL, taken apart.
struct WebhookUrl {
  bool is_secure = true;  // https
  std::string host;       // in lower case; an IPv6 address without its brackets
  std::string port;       // decimal
  std::string target;     // path and query: what the request asks for

  // Host and port as the Host header has them: without the port if it is the scheme's own.
  std::string authority() const;
  // "https://example.com": for messages. What follows may be nobody else's business.
  std::string origin() const;
};

// http or https, with a host, perhaps a port, a path and a query: no login, and no fragment. Error invalid
// says what is wrong ("must …").
Result<WebhookUrl> parse_webhook_url(std::string_view url);

Complaint check_webhook_url(const std::string& url);
Complaint check_webhook_filter(const std::vector<std::string>& on);
// Of a job's own: events that concern no job never reach it. Asked when a job is submitted, and not when its
// record is read: jobs that were stored before this was asked are as good as others.
Complaint check_job_webhook_filter(const std::vector<std::string>& on);
Complaint check_webhook_secret(const std::string& secret);
Complaint check_webhooks(const std::vector<Webhook>& webhooks);

template <>
struct Description<Webhook> {
  static constexpr std::string_view name = "Webhook";
  static constexpr auto fields = std::make_tuple(
      field("url", &Webhook::url, "Where events are posted to, by http or https.")
          .required()
          .satisfies(check_webhook_url),
      field("on", &Webhook::on,
            "Which events: statuses (FAILED), types (job.started), types that begin alike (job.*), or *.")
          .satisfies(check_webhook_filter),
      field("secret", &Webhook::secret, "Signs what is posted (HMAC-SHA256); absent: it isn't signed.")
          .satisfies(check_webhook_secret));
};

}  // namespace berth
