// Errors as values. `Result<T>` is a T or an `Error` that a person can read; exceptions are for bugs and for
// start-up, where nothing can go on.
#pragma once

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

#include <stdexcept>
#include <string>
#include <utility>

namespace berth {

// What a caller can do about an error; the message says the rest.
enum class ErrorKind {
  invalid,      // the input is wrong: `field` says where; asking again won't help
  not_found,    // there is no such thing
  conflict,     // it was changed meanwhile, or the state doesn't allow it: read again, then decide
  refused,      // understood and declined (a limit, a policy, out of memory)
  unavailable,  // the other side can't be reached; whether a request in flight took effect is unknown
  timeout,      // the deadline passed; whether the request took effect is unknown
  cancelled,    // this side is shutting down
  internal,     // the other side broke its contract: a bug here or there
};

struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string message;  // one sentence for a person: what, where, what next
  std::string field{};  // path of the field at fault ("resources.memory"), or empty

  bool operator==(const Error&) const = default;
};

template <class T = void>
using Result = boost::system::result<T, Error>;

// Found by argument-dependent lookup when `value()` is called on a Result that holds an error: a bug in the
// caller.
[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location& where) {
  throw std::runtime_error(error.message + " (unchecked at " + where.to_string() + ")");
}

inline Error invalid(std::string message, std::string field = {}) {
  return {ErrorKind::invalid, std::move(message), std::move(field)};
}
inline Error unavailable(std::string message) { return {ErrorKind::unavailable, std::move(message)}; }
inline Error internal_error(std::string message) { return {ErrorKind::internal, std::move(message)}; }

// True when asking again later may succeed although nothing else changed.
inline bool is_transient(const Error& error) {
  return error.kind == ErrorKind::unavailable || error.kind == ErrorKind::timeout;
}

}  // namespace berth
