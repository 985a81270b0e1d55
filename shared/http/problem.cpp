#include "shared/http/problem.hpp"

#include "shared/base/utf8.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace berth::http {

unsigned status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid:
      return 422;
    case ErrorKind::not_found:
      return 404;
    case ErrorKind::conflict:
      return 409;
    case ErrorKind::refused:
    case ErrorKind::unavailable:
    case ErrorKind::timeout:
    case ErrorKind::cancelled:
      return 503;
    case ErrorKind::internal:
      return 500;
  }
  return 500;
}

std::string_view name_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid:
      return "invalid";
    case ErrorKind::not_found:
      return "not_found";
    case ErrorKind::conflict:
      return "conflict";
    case ErrorKind::refused:
      return "refused";
    case ErrorKind::unavailable:
      return "unavailable";
    case ErrorKind::timeout:
      return "timeout";
    case ErrorKind::cancelled:
      return "cancelled";
    case ErrorKind::internal:
      return "internal";
  }
  return "internal";
}

Response problem_response(const Problem& problem) {
  boost::json::object document;
  document["type"] = "about:blank";
  document["title"] = problem.title.empty() ? status_text(problem.status) : std::string_view{problem.title};
  document["status"] = problem.status;
  if (!problem.detail.empty()) document["detail"] = as_utf8(problem.detail);
  if (!problem.field.empty()) document["field"] = as_utf8(problem.field);
  if (!problem.kind.empty()) document["kind"] = problem.kind;
  Response response{
      problem.status, {{"Content-Type", "application/problem+json"}}, boost::json::serialize(document)};
  if (problem.status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

Response problem_response(const Error& error) {
  Problem problem;
  problem.status = status_of(error.kind);
  problem.detail = error.message;
  problem.field = error.field;
  problem.kind = name_of(error.kind);
  return problem_response(problem);
}

}  // namespace berth::http
