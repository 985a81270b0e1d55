// The models as JSON Schema (2020-12, which OpenAPI 3.1 uses), made from the descriptions that parse them.
#pragma once

#include <boost/json/object.hpp>

namespace berth {

namespace json = boost::json;

// Every model that crosses the API, and whatever is part of one, by name; they refer to each other as
// "#/components/schemas/NAME".
json::object model_schemas();

}  // namespace berth
