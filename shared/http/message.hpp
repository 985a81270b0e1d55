// HTTP messages as plain values: the rooms that talk HTTP never see the library behind it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace berth::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

// The first value of a header, its name compared without case.
std::optional<std::string_view> find_header(const Headers& headers, std::string_view name);

struct Request {
  std::string method = "GET";
  std::string target = "/";  // path and query, percent-encoded
  Headers headers;
  std::string body;
};

struct Response {
  unsigned status = 200;
  Headers headers;
  std::string body;
};

// A request's target, taken apart and decoded.
struct Target {
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;

  std::optional<std::string_view> parameter(std::string_view name) const;
};
// Origin form ("/v1/jobs?limit=5") or absolute form ("http://host/v1/jobs"); in the query, '+' is a space as
// in HTML forms. Nothing for other forms and malformed escapes.
std::optional<Target> parse_target(std::string_view target);

// The path of a target, still percent-encoded; nothing for forms that have none ("*").
std::optional<std::string_view> raw_path(std::string_view target);

// Percent-encodes everything but RFC 3986's unreserved characters: for one path segment or query value.
std::string encode_component(std::string_view text);
// And back; nothing for a malformed escape ("%4", "%zz").
std::optional<std::string> decode_component(std::string_view text);

// The reason phrase of a status ("Not Found"), or "Unknown".
std::string_view status_text(unsigned status);

}  // namespace berth::http
