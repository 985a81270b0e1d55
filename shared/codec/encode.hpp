// Models to JSON values. Private to this room: json.hpp is what others include.
#pragma once

#include "shared/base/ids.hpp"
#include "shared/base/quantity.hpp"
#include "shared/base/time.hpp"
#include "shared/codec/json.hpp"
#include "shared/model/description.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <map>
#include <optional>
#include <vector>

namespace berth::codec {

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsMap : std::false_type {};
template <class T>
struct IsMap<std::map<std::string, T>> : std::true_type {};

template <class T>
json::value encode(const T& value, Detail detail);

template <Described T>
json::value encode_struct(const T& model, Detail detail) {
  static const T defaults{};
  json::object object;
  const auto put = [&](const auto& f) {
    const auto& member = model.*f.member;
    if (detail == Detail::compact && !f.is_required && member == defaults.*f.member) return;
    object.emplace(f.name, encode(member, detail));
  };
  std::apply([&](const auto&... f) { (put(f), ...); }, Description<T>::fields);
  return object;
}

template <class T>
json::value encode(const T& value, Detail detail) {
  if constexpr (IsOptional<T>::value) {
    return value ? encode(*value, detail) : json::value(nullptr);
  } else if constexpr (std::is_same_v<T, bool> || std::is_integral_v<T> || std::is_same_v<T, std::string>) {
    return json::value(value);
  } else if constexpr (std::is_same_v<T, JobId> || std::is_same_v<T, Bytes>) {
    return value.value;
  } else if constexpr (std::is_same_v<T, Millicores>) {
    if (value.value % 1000 == 0) return value.value / 1000;
    return static_cast<double>(value.value) / 1000.0;
  } else if constexpr (std::is_same_v<T, WallTime> || std::is_same_v<T, Milliseconds>) {
    return json::value(to_string(value));
  } else if constexpr (NamedEnum<T>) {
    return json::value(to_string(value));
  } else if constexpr (HasTextForm<T>) {
    return json::value(TextForm<T>::format(value));
  } else if constexpr (IsVector<T>::value) {
    json::array array;
    array.reserve(value.size());
    for (const auto& element : value) array.push_back(encode(element, detail));
    return array;
  } else if constexpr (IsMap<T>::value) {
    json::object object;
    for (const auto& [key, element] : value) object.emplace(key, encode(element, detail));
    return object;
  } else {
    return encode_struct(value, detail);
  }
}

}  // namespace berth::codec
