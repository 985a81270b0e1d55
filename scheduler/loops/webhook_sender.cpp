#include "scheduler/loops/webhook_sender.hpp"

#include "shared/codec/json.hpp"

#include <boost/json/serialize.hpp>
#include <spdlog/spdlog.h>

#include <utility>

namespace berth {
namespace {

http::Request delivery_of(const WebhookUrl& url, const Webhook& hook, const Event& event, WallTime now) {
  http::Request request;
  request.method = "POST";
  request.target = url.target;
  request.body = json::serialize(to_json(event));
  request.headers.emplace_back("Host", url.authority());
  request.headers.emplace_back("Content-Type", "application/json");
  request.headers.emplace_back("Berth-Event", event.type);
  request.headers.emplace_back("Berth-Delivery", std::to_string(event.seq));
  if (hook.secret && !hook.secret->empty()) {
    request.headers.emplace_back("Berth-Signature", webhook_signature(*hook.secret, now, request.body));
  }
  return request;
}

// So that the connection can be used again, unless there is too much of it.
Task<> skip_answer(http::ResponseStream& answer, Deadline deadline) {
  for (std::size_t skipped = 0; skipped < limits::webhook_answer;) {
    const auto piece = co_await answer.read(deadline);
    if (!piece || piece->empty()) co_return;
    skipped += piece->size();
  }
}

// For the log: who sees that needn't see the rest of the URL.
std::string origin_of(const Webhook& hook) {
  const auto url = parse_webhook_url(hook.url);
  return url ? url->origin() : std::string("(not a URL)");
}

}  // namespace

std::shared_ptr<http::Client> WebhookSender::client_for(const WebhookUrl& url, WebhookKind kind) {
  http::Address address;
  address.host = url.host;
  address.port = url.port;
  address.is_secure = url.is_secure;
  auto policy = kind == WebhookKind::cluster ? settings_.policy.with_host(url.host) : settings_.policy;
  http::ClientOptions options;
  options.may_connect = [policy = std::move(policy), host = url.host](std::string_view ip) {
    return policy.allows(host, ip);
  };
  auto& resolver = resolvers_[static_cast<std::size_t>(kind)];
  options.resolve = [&resolver](std::string host, Deadline deadline) {
    return resolver.resolve(std::move(host), deadline);
  };
  options.tls.ca_file = settings_.ca_file;
  options.tls.trusts_system = true;   // the file is the operator's; jobs' webhooks go to anybody
  options.has_secret_targets = true;  // what a failure says goes to the log
  return std::make_shared<http::Client>(executor_, std::move(address), std::move(options));
}

Task<WebhookVerdict> WebhookSender::post(std::shared_ptr<http::Client> client, WebhookKind kind, Webhook hook,
                                         Event event) {
  const auto url = parse_webhook_url(hook.url);
  if (!url) {
    drop(kind, hook, event.seq, url.error().message);
    co_return WebhookVerdict::drop;
  }
  const auto deadline = deadline_in(limits::webhook_call);
  auto request = delivery_of(*url, hook, event, clock_.wall());
  const auto answer = co_await client->open(std::move(request), deadline);
  auto verdict = WebhookVerdict::retry;
  std::string said;
  if (answer) {
    const auto status = (*answer)->head().status;
    verdict = judge_answer(status);
    said = "answered " + std::to_string(status);
    co_await skip_answer(**answer, deadline);
  } else {
    verdict = judge_failure(answer.error());
    said = answer.error().message;
  }
  verdict = judge_age(verdict, event, clock_.wall());
  if (verdict == WebhookVerdict::delivered) {
    ++counts_of(kind).delivered;
  } else if (verdict == WebhookVerdict::retry) {
    ++counts_of(kind).retried;
    spdlog::debug("webhook at {}: event {} goes out again later: {}", url->origin(), event.seq, said);
  } else {
    drop(kind, hook, event.seq, said);
  }
  co_return verdict;
}

void WebhookSender::drop(WebhookKind kind, const Webhook& hook, std::uint64_t seq, const std::string& why) {
  ++counts_of(kind).dropped;
  tell("webhook at " + origin_of(hook), 1, "event " + std::to_string(seq) + " is given up", why);
}

void WebhookSender::lose(WebhookKind kind, const Webhook& hook, std::uint64_t count, const std::string& why) {
  counts_of(kind).dropped += count;
  tell("webhook at " + origin_of(hook), count, std::to_string(count) + " events are given up", why);
}

void WebhookSender::lose_unknown(std::uint64_t count, const std::string& why) {
  counts_of(WebhookKind::job).dropped += count;
  tell("webhooks of jobs", count, std::to_string(count) + " events are given up", why);
}

void WebhookSender::tell(std::string where, std::uint64_t count, const std::string& what,
                         const std::string& why) {
  tell_rest();
  if (told_.size() >= limits::webhook_drop_places && !told_.contains(where))
    where = "webhooks at other hosts";
  const auto [told, is_new] = told_.try_emplace(where);
  if (is_new) {
    told->second.until = loop_now() + limits::webhook_drop_lines;
    spdlog::warn("{}: {}: {}", where, what, why);
  } else {
    told->second.more += count;
    told->second.why = why;
  }
}

void WebhookSender::tell_rest() {
  const auto now = loop_now();
  if (now < next_rest_) return;
  next_rest_ = now + limits::webhook_note_period;
  for (auto entry = told_.begin(); entry != told_.end();) {
    auto& [where, told] = *entry;
    if (now < told.until) {
      ++entry;
    } else if (told.more == 0) {
      entry = told_.erase(entry);
    } else {
      spdlog::warn("{}: {} more events were given up, the last: {}", where, told.more, told.why);
      told = Told{now + limits::webhook_drop_lines};
      ++entry;
    }
  }
}

}  // namespace berth
