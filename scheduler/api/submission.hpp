// What POST /v1/jobs takes: one definition, or {"jobs": [...]}; parsed and checked once, here.
#pragma once

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

}  // namespace berth::api
