// Models as the compact JSON that stands in Redis: in streams, and in single fields of hashes.
#pragma once

#include "shared/codec/json.hpp"

#include <boost/json/serialize.hpp>

#include <string>
#include <string_view>

namespace berth::redis {

template <class Model>
std::string compact_json(const Model& model) {
  return json::serialize(to_json(model, Detail::compact));
}

template <class Model>
Result<Model> parse_model(std::string_view text) {
  auto value = parse_json(text);
  if (!value) return value.error();
  return from_json<Model>(*value);
}

}  // namespace berth::redis
