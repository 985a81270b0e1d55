#include "scheduler/core/webhook_delivery.hpp"

#include "shared/base/hmac.hpp"

#include <algorithm>

namespace berth {

bool is_of_interest(const std::vector<std::string>& on, const Event& event) {
  const auto matches = [&](const std::string& word) {
    if (word == "*" || word == event.type) return true;
    if (word.ends_with(".*"))
      return std::string_view(event.type).starts_with(word.substr(0, word.size() - 1));
    return event.status && to_string(*event.status) == word;
  };
  return std::any_of(on.begin(), on.end(), matches);
}

std::string webhook_signature(std::string_view secret, WallTime now, std::string_view body) {
  const auto seconds = std::to_string(now.milliseconds / 1000);
  std::string text = seconds + '.';
  text += body;
  return "t=" + seconds + ",v1=" + hmac_sha256_hex(secret, text);
}

WebhookVerdict judge_answer(unsigned status) {
  if (status / 100 == 2) return WebhookVerdict::delivered;
  const bool passes = status / 100 == 5 || status == 408 || status == 425 || status == 429;
  return passes ? WebhookVerdict::retry : WebhookVerdict::drop;
}

WebhookVerdict judge_failure(const Error& error) {
  const bool is_final = error.kind == ErrorKind::refused || error.kind == ErrorKind::invalid;
  return is_final ? WebhookVerdict::drop : WebhookVerdict::retry;
}

WebhookVerdict judge_age(WebhookVerdict verdict, const Event& event, WallTime now) {
  const bool is_too_late = now - event.at >= limits::webhook_patience;
  return verdict == WebhookVerdict::retry && is_too_late ? WebhookVerdict::drop : verdict;
}

Milliseconds webhook_wait(unsigned failures, std::mt19937_64& random) {
  auto span = limits::webhook_first_retry;
  for (unsigned i = 1; i < failures && span < limits::webhook_longest_retry; ++i) span *= 2;
  span = std::min(span, limits::webhook_longest_retry);
  std::uniform_int_distribution<Milliseconds::rep> jitter(span.count() / 2, span.count());
  return Milliseconds{jitter(random)};
}

}  // namespace berth
