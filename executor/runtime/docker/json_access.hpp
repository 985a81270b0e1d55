// Reading another program's JSON, of which Berth wants a few members and tolerates the rest. Private to this
// folder.
#pragma once

#include "shared/base/result.hpp"
#include "shared/codec/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace berth::docker {

inline Result<json::value> parse_reply(std::string_view body) {
  boost::system::error_code error;
  json::value value = json::parse(json::string_view(body.data(), body.size()), error);
  if (error) return internal_error("Docker's answer isn't JSON: " + error.message());
  return value;
}

// Each takes null for "not there", so that a path can be followed without a check at every step.
inline const json::value* member(const json::value* value, std::string_view name) {
  const auto* object = value == nullptr ? nullptr : value->if_object();
  return object == nullptr ? nullptr : object->if_contains(json::string_view(name.data(), name.size()));
}

inline std::string text_at(const json::value* value, std::string_view name) {
  const auto* found = member(value, name);
  const auto* text = found == nullptr ? nullptr : found->if_string();
  return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

inline std::optional<std::int64_t> integer_at(const json::value* value, std::string_view name) {
  const auto* found = member(value, name);
  const auto* number = found == nullptr ? nullptr : found->if_int64();
  return number == nullptr ? std::nullopt : std::optional{*number};
}

inline bool bool_at(const json::value* value, std::string_view name, bool otherwise) {
  const auto* found = member(value, name);
  const auto* flag = found == nullptr ? nullptr : found->if_bool();
  return flag == nullptr ? otherwise : *flag;
}

inline const json::array* list_at(const json::value* value, std::string_view name) {
  const auto* found = member(value, name);
  return found == nullptr ? nullptr : found->if_array();
}

}  // namespace berth::docker
