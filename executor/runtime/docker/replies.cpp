#include "executor/runtime/docker/replies.hpp"

#include "executor/runtime/docker/json_access.hpp"
#include "shared/http/message.hpp"

#include <algorithm>
#include <initializer_list>
#include <system_error>
#include <utility>

namespace berth::docker {
namespace {

bool has_any(std::string_view words, std::initializer_list<std::string_view> phrases) {
  return std::any_of(phrases.begin(), phrases.end(), [words](std::string_view phrase) {
    return words.find(phrase) != std::string_view::npos;
  });
}

// The daemon itself is in trouble (it or containerd is going down, or overloaded): the same request may
// succeed later.
bool is_daemon_trouble(std::string_view words) {
  return has_any(words,
                 {"context deadline exceeded", "context canceled", "transport is closing", "ttrpc: closed",
                  "error while dialing", "connection error", "daemon is shutting down",
                  "containerd is not running", "resource temporarily unavailable",
                  "failed to update store"});  // libnetwork's, which a daemon closes first when it ends
}

Error error_of(ErrorKind kind, std::string words) { return {kind, std::move(words)}; }

}  // namespace

std::string words_of(unsigned status, std::string_view body) {
  if (const auto parsed = parse_reply(body)) {
    auto message = text_at(&*parsed, "message");
    if (!message.empty()) return message;
  }
  std::string words{body.substr(0, body.find_last_not_of(" \r\n") + 1)};
  if (!words.empty()) return words;
  return "Docker answered " + std::to_string(status) + " " + std::string(http::status_text(status));
}

Error create_error(unsigned status, std::string words) {
  if (status == 404) return error_of(ErrorKind::not_found, std::move(words));
  if (status == 409) return error_of(ErrorKind::conflict, std::move(words));
  if (is_daemon_trouble(words)) return unavailable(std::move(words));
  return error_of(ErrorKind::refused, std::move(words));
}

Error start_error(unsigned status, std::string words) {
  if (status == 404 && has_any(words, {"No such container", "no such container"})) {
    return error_of(ErrorKind::not_found, std::move(words));
  }
  // Another start of it was cut off by the daemon's end, and left its container or a task of it in
  // containerd.
  const bool is_left_over =
      words == "id already in use" || (words.starts_with("task ") && words.ends_with("already exists"));
  if (status == 409 || is_left_over) return error_of(ErrorKind::conflict, std::move(words));
  if (is_daemon_trouble(words)) return unavailable(std::move(words));
  return error_of(ErrorKind::refused, std::move(words));
}

Error execution_error(int number) {
  const auto why = std::generic_category().message(number);
  return error_of(ErrorKind::refused, "the command can't be executed: " + why);
}

Error pull_error(unsigned status, std::string words) {
  const bool is_answer =
      status == 400 || status == 404 ||
      has_any(words, {"manifest unknown", "manifest for ", "not found", "does not exist", "access denied",
                      "name unknown", "no such image", "no matching manifest", "unauthorized",
                      "denied: ", "no basic auth credentials", "invalid reference format", "no such host"});
  return error_of(is_answer ? ErrorKind::not_found : ErrorKind::unavailable, std::move(words));
}

Error plain_error(unsigned status, std::string words) {
  if (status == 404) return error_of(ErrorKind::not_found, std::move(words));
  if (status == 409) return error_of(ErrorKind::conflict, std::move(words));
  if (status >= 400 && status < 500) return error_of(ErrorKind::refused, std::move(words));
  return unavailable(std::move(words));
}

}  // namespace berth::docker
