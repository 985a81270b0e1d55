// Models to JSON and back, driven by their descriptions (shared/model/description.hpp). Errors carry the path
// of the field: "resources.memory: must be at least 6MiB, got 1MiB". Unknown fields are refused.
//
// Outside forms: cores are JSON numbers (0.5), bytes and counts integers, durations text ("10s"), instants
// RFC 3339, enums their names, ids numbers. On input, sizes may also be text ("512MiB") and durations
// seconds.
//
// The functions are defined in codec's .cpp files for the models (instantiated there), so that including this
// is cheap.
#pragma once

#include "shared/base/result.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace berth {

namespace json = boost::json;

enum class Detail {
  full,     // every field, null where absent: the API's stable schema
  compact,  // only what differs from the default: what the store keeps
};

template <class Model>
json::value to_json(const Model& model, Detail detail = Detail::full);

// The first complaint, with its field; `path` is put before the field names ("jobs[3]").
template <class Model>
Result<Model> from_json(const json::value& value, std::string_view path = {});

// Any JSON text. The error names line and column, both from 1: "line 3, column 7: syntax error".
Result<json::value> parse_json(std::string_view text);

}  // namespace berth
