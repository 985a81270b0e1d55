// Models as the flat field-value lists of Redis hashes. Scalars are plain text, everything else is compact
// JSON; a field at its default is left out.
#pragma once

#include "shared/base/result.hpp"

#include <string>
#include <utility>
#include <vector>

namespace berth {

using FieldList = std::vector<std::pair<std::string, std::string>>;

template <class Model>
FieldList to_fields(const Model& model);

template <class Model>
Result<Model> from_fields(const FieldList& fields);

}  // namespace berth
