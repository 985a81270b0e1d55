#include "cli/formatters/json_text.hpp"

#include <boost/json/serialize.hpp>

#include <array>
#include <charconv>

namespace berth::cli {
namespace {

void write(const json::value& value, std::size_t depth, std::string& out);

void new_line(std::size_t depth, std::string& out) {
  out += '\n';
  out.append(2 * depth, ' ');
}

void write_object(const json::object& object, std::size_t depth, std::string& out) {
  out += '{';
  bool first = true;
  for (const auto& [key, item] : object) {
    if (!first) out += ',';
    first = false;
    new_line(depth + 1, out);
    out += json::serialize(json::string(key)) + ": ";
    write(item, depth + 1, out);
  }
  if (!first) new_line(depth, out);
  out += '}';
}

void write_array(const json::array& array, std::size_t depth, std::string& out) {
  out += '[';
  bool first = true;
  for (const auto& item : array) {
    if (!first) out += ',';
    first = false;
    new_line(depth + 1, out);
    write(item, depth + 1, out);
  }
  if (!first) new_line(depth, out);
  out += ']';
}

void write(const json::value& value, std::size_t depth, std::string& out) {
  if (const auto* object = value.if_object()) return write_object(*object, depth, out);
  if (const auto* array = value.if_array()) return write_array(*array, depth, out);
  // The library writes 0.5 as 5E-1: right, but not for people.
  if (const auto* number = value.if_double()) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), *number);
    out.append(digits.data(), end.ptr);
    return;
  }
  out += json::serialize(value);
}

}  // namespace

std::string pretty(const json::value& value) {
  std::string out;
  write(value, 0, out);
  return out + "\n";
}

}  // namespace berth::cli
