// Problem documents (RFC 9457): how every error of the API looks.
#pragma once

#include "shared/base/result.hpp"
#include "shared/http/message.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace berth::http {

// {"type":"about:blank","title":…,"status":…,"detail":…,"field":…,"kind":…}; `field` and `kind` only where
// they are set.
struct Problem {
  unsigned status = 500;
  std::string title{};   // the status' own phrase when empty
  std::string detail{};  // one sentence for a person; bytes that aren't UTF-8 are replaced
  std::string field{};   // path of the field at fault ("resources.memory")
  std::string kind{};    // an ErrorKind's name, for programs
};

// With Content-Type application/problem+json, and Retry-After: 1 on a 503.
Response problem_response(const Problem& problem);
Response problem_response(const Error& error);

// invalid 422 · not_found 404 · conflict 409 · internal 500 · the rest 503: ask again later, or elsewhere.
unsigned status_of(ErrorKind kind);
std::string_view name_of(ErrorKind kind);
// The kind of that name, or nothing.
std::optional<ErrorKind> kind_named(std::string_view name);

}  // namespace berth::http
