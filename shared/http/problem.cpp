#include "shared/http/problem.hpp"

#include "shared/base/utf8.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <utility>

namespace berth::http {
namespace {

constexpr std::array<std::pair<ErrorKind, std::string_view>, 8> kind_names{{
    {ErrorKind::invalid, "invalid"},
    {ErrorKind::not_found, "not_found"},
    {ErrorKind::conflict, "conflict"},
    {ErrorKind::refused, "refused"},
    {ErrorKind::unavailable, "unavailable"},
    {ErrorKind::timeout, "timeout"},
    {ErrorKind::cancelled, "cancelled"},
    {ErrorKind::internal, "internal"},
}};

}  // namespace

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
  for (const auto& [known, name] : kind_names) {
    if (known == kind) return name;
  }
  return "internal";
}

std::optional<ErrorKind> kind_named(std::string_view name) {
  for (const auto& [kind, known] : kind_names) {
    if (known == name) return kind;
  }
  return std::nullopt;
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
