#include "scheduler/api/submission.hpp"

#include "shared/base/limits.hpp"
#include "shared/base/sha256.hpp"
#include "shared/codec/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cstddef>
#include <utility>

namespace berth::api {
namespace {

ParsedSubmission bad(unsigned status, Error error) { return {std::nullopt, {status, std::move(error)}}; }

// What the definitions say, whatever their spelling: two bodies that differ in white space are the same
// request.
std::string canonical_hash(const std::vector<JobDefinition>& definitions, bool is_batch) {
  std::string text = is_batch ? "batch" : "single";
  for (const auto& definition : definitions)
    text += json::serialize(to_json(definition, Detail::compact)) + '\n';
  return sha256_hex(text);
}

Result<JobDefinition> parse_definition(const json::value& value, std::string_view path) {
  auto definition = from_json<JobDefinition>(value, path);
  if (!definition) return definition;
  if (json::serialize(to_json(*definition, Detail::compact)).size() > limits::max_definition) {
    return invalid("is larger than 1MiB; pass large data in a volume", std::string(path));
  }
  for (std::size_t i = 0; i < definition->webhooks.size(); ++i) {
    auto complaint = check_job_webhook_filter(definition->webhooks[i].on);
    if (!complaint) continue;
    const auto before = path.empty() ? std::string() : std::string(path) + '.';
    return invalid(std::move(*complaint), before + "webhooks[" + std::to_string(i) + "].on");
  }
  return definition;
}

Result<std::vector<JobDefinition>> parse_batch(const json::object& body) {
  for (const auto& member : body) {
    if (member.key() != "jobs")
      return invalid("is unknown in a batch, which is {\"jobs\": [...]}", member.key());
  }
  const auto* jobs = body.at("jobs").if_array();
  if (jobs == nullptr) return invalid("must be a list of job definitions", "jobs");
  if (jobs->empty()) return invalid("holds no job", "jobs");
  if (jobs->size() > limits::max_jobs_a_request) {
    return invalid("holds " + std::to_string(jobs->size()) + " jobs; one request takes at most " +
                       std::to_string(limits::max_jobs_a_request),
                   "jobs");
  }
  std::vector<JobDefinition> definitions;
  definitions.reserve(jobs->size());
  for (std::size_t i = 0; i < jobs->size(); ++i) {
    auto definition = parse_definition((*jobs)[i], "jobs[" + std::to_string(i) + ']');
    if (!definition) return definition.error();
    definitions.push_back(std::move(*definition));
  }
  return definitions;
}

}  // namespace

ParsedSubmission parse_submission(const http::Request& request) {
  const auto body = parse_json(request.body);
  if (!body) return bad(400, invalid("the body is not JSON: " + body.error().message));
  Submission submission;
  const auto* object = body->if_object();
  submission.is_batch = object != nullptr && object->contains("jobs");
  if (submission.is_batch) {
    auto definitions = parse_batch(*object);
    if (!definitions) return bad(422, definitions.error());
    submission.definitions = std::move(*definitions);
  } else {
    auto definition = parse_definition(*body, "");
    if (!definition) return bad(422, definition.error());
    submission.definitions.push_back(std::move(*definition));
  }
  if (const auto key = http::find_header(request.headers, "Idempotency-Key")) {
    if (key->empty() || key->size() > limits::max_idempotency_key) {
      return bad(400, invalid("must have 1 to 255 characters", "Idempotency-Key"));
    }
    submission.key = {std::string(*key), canonical_hash(submission.definitions, submission.is_batch)};
  }
  return {std::move(submission), {}};
}

Result<> check_webhook_hosts(const Submission& submission, const WebhookPolicy& policy) {
  for (std::size_t i = 0; i < submission.definitions.size(); ++i) {
    const auto& hooks = submission.definitions[i].webhooks;
    for (std::size_t j = 0; j < hooks.size(); ++j) {
      const auto url = parse_webhook_url(hooks[j].url);
      auto complaint = url ? policy.check_host(url->host) : Complaint(url.error().message);
      if (!complaint) continue;
      const auto job = submission.is_batch ? "jobs[" + std::to_string(i) + "]." : std::string();
      return invalid(std::move(*complaint), job + "webhooks[" + std::to_string(j) + "].url");
    }
  }
  return {};
}

}  // namespace berth::api
