#include "cli/formatters/log_json.hpp"

#include "shared/base/base64.hpp"
#include "shared/base/utf8.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace berth::cli {
namespace {

namespace json = boost::json;

json::object object_at(const LogPlace& place) {
  json::object line;
  line.emplace("job", place.job.value);
  line.emplace("attempt", place.attempt);
  line.emplace("offset", place.offset);
  if (!place.at.empty()) line.emplace("at", place.at);
  return line;
}

}  // namespace

std::string log_line(const LogPlace& place, std::string_view stream, std::string_view bytes) {
  auto line = object_at(place);
  line.emplace("stream", stream);
  if (is_utf8(bytes)) {
    line.emplace("text", bytes);
  } else {
    line.emplace("base64", to_base64(bytes));
  }
  return json::serialize(line) + '\n';
}

std::string left_out_line(const LogPlace& place, std::uint64_t left_out) {
  auto line = object_at(place);
  line.emplace("left_out", left_out);
  return json::serialize(line) + '\n';
}

}  // namespace berth::cli
