#include "scheduler/api/reply.hpp"

#include "shared/base/ids.hpp"

#include <boost/json/serialize.hpp>

namespace berth::api {

Task<> reply(http::Responder& responder, unsigned status, json::value body) {
  http::Response response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "application/json");
  response.body = json::serialize(body);
  response.body += '\n';
  co_await responder.send(std::move(response));
}

Task<> refuse(http::Responder& responder, unsigned status, Error error) {
  http::Problem problem;
  problem.status = status;
  problem.detail = std::move(error.message);
  problem.field = std::move(error.field);
  problem.kind = http::name_of(error.kind);
  co_await responder.send(http::problem_response(problem));
}

Task<> refuse(http::Responder& responder, Error error) {
  const auto status = http::status_of(error.kind);
  co_await refuse(responder, status, std::move(error));
}

Task<> refuse_query(http::Responder& responder, Error error) {
  co_await refuse(responder, 400, std::move(error));
}

Result<JobId> job_id(const http::PathParameters& parameters) {
  const auto& text = parameters["id"];
  if (const auto id = parse_job_id(text)) return *id;
  return Error{ErrorKind::not_found, "there is no job \"" + text + "\": a job's id is a number from 1"};
}

}  // namespace berth::api
