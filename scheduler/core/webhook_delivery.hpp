// What is sent to a webhook, and what comes of its answer. Pure.
#pragma once

#include "shared/base/limits.hpp"
#include "shared/model/event.hpp"
#include "shared/model/webhook.hpp"

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace berth {

// Whether a webhook with this filter is told of the event.
bool is_of_interest(const std::vector<std::string>& on, const Event& event);

// The header that proves who sends, and when: "t=SECONDS,v1=HEX", HEX being the HMAC-SHA256 of
// "SECONDS.BODY" under the secret. The time is part of it, so that a receiver can refuse what was recorded
// and sent again.
std::string webhook_signature(std::string_view secret, WallTime now, std::string_view body);

enum class WebhookVerdict {
  delivered,  // the receiver has it
  retry,      // it may have it later
  drop,       // it never will: it said so, or it is too late
};

// Of an answer: 2xx is delivered; 408, 425, 429 and 5xx pass. Anything else won't get better, a redirect
// neither: it isn't followed.
WebhookVerdict judge_answer(unsigned status);
// Of a try without an answer.
WebhookVerdict judge_failure(const Error& error);
// What becomes of a retry: an event older than limits::webhook_patience isn't tried again. By the wall clock,
// since it goes on counting when another scheduler leads.
WebhookVerdict judge_age(WebhookVerdict verdict, const Event& event, WallTime now);

// How long to wait after so many failures in a row (from 1): doubled up to the longest, with jitter so that
// many don't come back in step.
Milliseconds webhook_wait(unsigned failures, std::mt19937_64& random);

}  // namespace berth
