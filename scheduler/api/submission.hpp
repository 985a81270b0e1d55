// What POST /v1/jobs takes: one definition, or {"jobs": [...]}; parsed and checked once, here.
#pragma once

#include "scheduler/core/webhook_policy.hpp"
#include "shared/base/result.hpp"
#include "shared/http/message.hpp"
#include "shared/model/job_definition.hpp"
#include "shared/store/store.hpp"

#include <optional>
#include <vector>

namespace berth::api {

struct Submission {
  std::vector<JobDefinition> definitions;
  bool is_batch = false;
  std::optional<IdempotencyKey> key;
};

// What was wrong with a body: not JSON at all (400), or not a definition (422).
struct BadSubmission {
  unsigned status = 422;
  Error error;
};

// Either a submission or what is wrong with it.
struct ParsedSubmission {
  std::optional<Submission> submission;
  BadSubmission problem;
};

ParsedSubmission parse_submission(const http::Request& request);

// Error invalid, with its field: a webhook that goes where it can't be allowed to, whatever its host's name
// stands for.
Result<> check_webhook_hosts(const Submission& submission, const WebhookPolicy& policy);

}  // namespace berth::api
