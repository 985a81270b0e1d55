// A Node (see decode.hpp) on a Boost.JSON value. Private to this room.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace berth::codec {

class JsonNode {
 public:
  explicit JsonNode(const boost::json::value& value) : value_(&value) {}

  bool is_null() const { return value_->is_null(); }
  bool is_array() const { return value_->is_array(); }
  bool is_object() const { return value_->is_object(); }

  std::string_view kind() const {
    switch (value_->kind()) {
      case boost::json::kind::null:
        return "null";
      case boost::json::kind::bool_:
        return "true or false";
      case boost::json::kind::string:
        return "a string";
      case boost::json::kind::array:
        return "a list";
      case boost::json::kind::object:
        return "an object";
      default:
        return "a number";
    }
  }

  std::optional<bool> boolean() const {
    if (const auto* value = value_->if_bool()) return *value;
    return std::nullopt;
  }

  // Values above int64's range don't occur in any model.
  std::optional<std::int64_t> integer() const {
    if (const auto* value = value_->if_int64()) return *value;
    const auto* value = value_->if_uint64();  // what to_json() makes of an unsigned number
    if (value != nullptr && std::in_range<std::int64_t>(*value)) return static_cast<std::int64_t>(*value);
    return std::nullopt;
  }

  std::optional<std::string> text() const {
    if (const auto* value = value_->if_string()) return std::string(*value);
    return std::nullopt;
  }

  // A number as decimal text without an exponent, so that sizes, cores and durations are read exactly.
  std::optional<std::string> number_text() const {
    if (value_->is_int64() || value_->is_uint64()) return boost::json::serialize(*value_);
    const auto* value = value_->if_double();
    if (value == nullptr) return std::nullopt;
    std::array<char, 400> text{};
    std::snprintf(text.data(), text.size(), "%.6f", *value);
    return text.data();
  }

  template <class F>
  bool each_element(F f) const {
    std::size_t index = 0;
    for (const auto& element : value_->get_array()) {
      if (!f(index++, JsonNode(element))) return false;
    }
    return true;
  }

  template <class F>
  bool each_member(F f) const {
    for (const auto& member : value_->get_object()) {
      const std::string_view key{member.key().data(), member.key().size()};
      if (!f(key, JsonNode(member.value()))) return false;
    }
    return true;
  }

  std::string where() const { return {}; }
  std::string name_where() const { return {}; }

 private:
  const boost::json::value* value_;
};

}  // namespace berth::codec
