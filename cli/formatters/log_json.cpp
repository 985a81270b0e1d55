#include "cli/formatters/log_json.hpp"

#include "shared/base/utf8.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace berth::cli {
namespace {

namespace json = boost::json;

// RFC 4648.
std::string base64(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = i; j < i + 3; ++j) {
      group = group << 8 | (j < bytes.size() ? static_cast<std::uint8_t>(bytes[j]) : 0u);
    }
    for (std::size_t digit = 0; digit < 4; ++digit) {
      const bool is_padding = i + digit > bytes.size();
      text += is_padding ? '=' : digits[group >> (18 - 6 * digit) & 63u];
    }
  }
  return text;
}

json::object object_at(const LogPlace& place) {
  json::object line;
  line.emplace("job", place.job.value);
  line.emplace("attempt", place.attempt);
  line.emplace("offset", place.offset);
  return line;
}

}  // namespace

std::string log_line(const LogPlace& place, std::string_view stream, std::string_view bytes) {
  auto line = object_at(place);
  line.emplace("stream", stream);
  if (is_utf8(bytes)) {
    line.emplace("text", bytes);
  } else {
    line.emplace("base64", base64(bytes));
  }
  return json::serialize(line) + '\n';
}

std::string left_out_line(const LogPlace& place, std::uint64_t left_out) {
  auto line = object_at(place);
  line.emplace("left_out", left_out);
  return json::serialize(line) + '\n';
}

}  // namespace berth::cli
