#include "shared/http/problem.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace berth::http {
namespace {

// Length of the well-formed UTF-8 sequence at the front of `text` (RFC 3629), or 0.
std::size_t utf8_sequence(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xc2 && lead < 0xe0   ? 2
                             : (lead & 0xf0) == 0xe0       ? 3
                             : lead >= 0xf0 && lead < 0xf5 ? 4
                                                           : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  const bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const bool surrogate = lead == 0xed && second >= 0xa0;
  const bool too_high = lead == 0xf4 && second >= 0x90;
  return overlong || surrogate || too_high ? 0 : length;
}

// JSON is UTF-8, but a message may quote what a client or a container runtime sent.
std::string as_utf8(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const auto length = utf8_sequence(text);
    if (length == 0) {
      clean += "\xef\xbf\xbd";
      text.remove_prefix(1);
    } else {
      clean += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  return clean;
}

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
