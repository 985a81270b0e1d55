#include "scheduler/api/openapi.hpp"

#include "shared/codec/json.hpp"
#include "shared/codec/schema.hpp"
#include "shared/http/message.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <cctype>

namespace berth::api {
namespace {

// What the answers are wrapped in: no models of their own, because nothing is parsed from them here.
constexpr std::string_view wrappers = R"({
  "Submission": {"description": "One definition, or a batch of them.",
    "anyOf": [{"$ref": "#/components/schemas/JobDefinition"}, {"$ref": "#/components/schemas/JobBatch"}]},
  "JobBatch": {"type": "object", "required": ["jobs"], "additionalProperties": false, "properties": {
    "jobs": {"type": "array", "items": {"$ref": "#/components/schemas/JobDefinition"}, "minItems": 1, "maxItems": 10000,
             "description": "All are accepted, in order, or none."}}},
  "Submitted": {"description": "The record of one, the ids of a batch.",
    "anyOf": [{"$ref": "#/components/schemas/Job"}, {"$ref": "#/components/schemas/JobIds"}]},
  "JobIds": {"type": "object", "required": ["ids"], "properties": {
    "ids": {"type": "array", "items": {"type": "integer"}, "description": "In the order of the batch."}}},
  "JobList": {"type": "object", "required": ["jobs", "next"], "properties": {
    "jobs": {"type": "array", "items": {"$ref": "#/components/schemas/Job"}, "description": "Newest first."},
    "next": {"type": ["string", "null"], "description": "The cursor of the page behind this one."}}},
  "AbortRequest": {"type": "object", "additionalProperties": false, "properties": {
    "reason": {"type": "string", "maxLength": 256, "description": "Why, for the record."}}},
  "DrainOrder": {"type": "object", "additionalProperties": false, "properties": {
    "reason": {"type": "string", "maxLength": 256, "description": "Why, for people."},
    "deadline": {"type": "string", "description": "A duration such as 10m: what still runs then is stopped."}}},
  "ExecutorList": {"type": "object", "required": ["executors"], "properties": {
    "executors": {"type": "array", "items": {"$ref": "#/components/schemas/Executor"}}}},
  "EventPage": {"type": "object", "required": ["events", "next", "last", "gap"], "properties": {
    "events": {"type": "array", "items": {"$ref": "#/components/schemas/Event"}, "description": "Oldest first."},
    "next": {"type": ["string", "null"], "description": "Where the next page begins: pass it as after."},
    "last": {"type": "integer", "description": "Everything up to this number was looked at."},
    "gap": {"anyOf": [{"$ref": "#/components/schemas/EventGap"}, {"type": "null"}]}}},
  "EventGap": {"type": "object", "required": ["after", "next"],
    "description": "Events that aren't kept any more; next isn't above after when the store was set back.", "properties": {
    "after": {"type": "integer", "description": "The last event before them."},
    "next": {"type": "integer", "description": "The first event behind them."}}},
  "Stats": {"type": "object", "required": ["leader", "jobs", "executors", "retention"], "properties": {
    "leader": {"type": ["string", "null"], "description": "The scheduler that places jobs."},
    "jobs": {"type": "object", "additionalProperties": {"type": "integer"}, "description": "How many, by status."},
    "executors": {"type": "object", "additionalProperties": {"type": "integer"}, "description": "How many, by state."},
    "retention": {"type": "object", "required": ["max_age", "max_jobs", "ended"], "properties": {
      "max_age": {"type": "string", "description": "How long after its end a job is kept."},
      "max_jobs": {"type": "integer", "description": "How many jobs that have ended are kept."},
      "ended": {"type": "integer", "description": "How many there are."}}}}},
  "Health": {"type": "object", "required": ["status"], "properties": {
    "status": {"type": "string", "description": "ok"},
    "version": {"type": "string", "description": "Berth's."},
    "leader": {"type": "string", "description": "Who places jobs."}}},
  "Problem": {"type": "object", "required": ["type", "title", "status"], "description": "RFC 9457.", "properties": {
    "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
    "detail": {"type": "string", "description": "What is wrong, and what to do."},
    "field": {"type": "string", "description": "The path of the field or the parameter at fault."},
    "kind": {"type": "string", "description": "invalid, not_found, conflict, refused, unavailable, timeout, internal."}}}
})";

json::object reference_to(const std::string& schema) { return {{"$ref", "#/components/schemas/" + schema}}; }

json::object content_of(const std::string& media_type, const std::string& schema) {
  json::object shape;
  if (!schema.empty()) shape["schema"] = reference_to(schema);
  json::object content;
  content[media_type] = std::move(shape);
  return content;
}

json::object parameter(std::string_view in, const http::RouteDoc::Parameter& given) {
  json::object result{{"name", given.name}, {"in", in}, {"description", given.doc}};
  if (in == "path") result["required"] = true;
  result["schema"] = json::object{{"type", given.type}};
  if (!given.example.empty()) result["example"] = given.example;
  return result;
}

// The placeholders of a pattern: {id} is a job's number where jobs are, else a name.
json::array parameters_of(const http::Router::Route& route) {
  json::array parameters;
  for (const auto& segment : route.segments) {
    if (!segment.starts_with('{')) continue;
    const bool is_job = route.pattern.starts_with("/v1/jobs/");
    const http::RouteDoc::Parameter named{segment.substr(1, segment.size() - 2),
                                          is_job ? "integer" : "string",
                                          is_job ? "The job's number." : "The executor's name."};
    parameters.push_back(parameter("path", named));
  }
  for (const auto& given : route.doc.query) parameters.push_back(parameter("query", given));
  for (const auto& given : route.doc.headers) parameters.push_back(parameter("header", given));
  return parameters;
}

json::object answer_of(std::string_view description, json::object content) {
  json::object answer{{"description", description}, {"content", std::move(content)}};
  return answer;
}

json::object responses_of(const http::RouteDoc& doc) {
  json::object responses;
  responses[std::to_string(doc.status)] =
      answer_of(http::status_text(doc.status), content_of(doc.media_type, doc.response));
  for (const auto& other : doc.other_answers) {
    responses[std::to_string(other.status)] =
        answer_of(other.doc, content_of("application/json", other.response));
  }
  responses["default"] =
      answer_of("What is wrong, and where.", content_of("application/problem+json", "Problem"));
  return responses;
}

json::object operation_of(const http::Router::Route& route) {
  const auto& doc = route.doc;
  json::object operation{{"summary", doc.summary}};
  if (!doc.details.empty()) operation["description"] = doc.details;
  if (auto parameters = parameters_of(route); !parameters.empty())
    operation["parameters"] = std::move(parameters);
  if (!doc.request.empty()) {
    operation["requestBody"] = json::object{{"content", content_of("application/json", doc.request)}};
  }
  operation["responses"] = responses_of(doc);
  return operation;
}

std::string in_lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

json::object openapi_document(const http::Router& router) {
  json::object paths;
  for (const auto& route : router.routes()) {
    auto& path = paths[route.pattern];
    if (path.is_null()) path = json::object();
    path.get_object()[in_lower_case(route.method)] = operation_of(route);
  }
  auto schemas = model_schemas();
  const auto wrapped = parse_json(wrappers).value();
  for (const auto& [name, schema] : wrapped.get_object()) schemas[name] = schema;
  json::object document;
  document["openapi"] = "3.1.0";
  document["info"] = json::object{
      {"title", "Berth"},
      {"version", BERTH_VERSION},
      {"description", "Runs container jobs on a fleet, and tells the truth about what happened."}};
  document["paths"] = std::move(paths);
  document["components"] = json::object{{"schemas", std::move(schemas)}};
  return document;
}

}  // namespace berth::api
