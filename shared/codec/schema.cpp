#include "shared/codec/schema.hpp"

#include "shared/codec/decode.hpp"
#include "shared/model/event.hpp"
#include "shared/model/executor_info.hpp"
#include "shared/model/explanation.hpp"
#include "shared/model/job.hpp"
#include "shared/model/overview.hpp"
#include "shared/model/sizing.hpp"
#include "shared/model/usage.hpp"

#include <boost/json/array.hpp>

namespace berth {
namespace {

using codec::IsMap;
using codec::IsOptional;
using codec::IsVector;

json::object of_type(std::string_view type) { return {{"type", type}}; }

template <class T>
json::object schema_of(json::object& models);

// A number, or on input also text that means one.
json::object number_or_text(std::string_view type, std::string_view example) {
  json::object number = of_type(type);
  json::object text = of_type("string");
  text["examples"] = json::array{example};
  return {{"anyOf", json::array{std::move(number), std::move(text)}}};
}

template <NamedEnum E>
json::object enum_schema() {
  json::array names;
  for (const auto& entry : EnumNames<E>::names) names.push_back(json::value(entry.second));
  auto schema = of_type("string");
  schema["enum"] = std::move(names);
  return schema;
}

// What an absent value is, beside what the schema says.
void allow_null(json::object& schema) {
  if (auto* names = schema.if_contains("enum")) names->get_array().push_back(nullptr);
  if (auto* type = schema.if_contains("type")) {
    *type = json::array{*type, "null"};
  } else if (auto* any = schema.if_contains("anyOf")) {
    any->get_array().push_back(of_type("null"));
  } else {
    json::object reference = std::move(schema);
    schema = {{"anyOf", json::array{std::move(reference), of_type("null")}}};
  }
}

// The range of a field: for numbers as such, for what is written as text in words.
template <class Class, class T>
void add_range(const Field<Class, T>& f, json::object& schema, std::string& doc) {
  using Value = typename Field<Class, T>::Value;
  if constexpr (codec::Amount<Value>) {
    if (!f.min || !f.max) return;
    if constexpr (std::is_integral_v<Value>) {
      schema["minimum"] = *f.min;
      schema["maximum"] = *f.max;
    } else {
      doc += " From " + codec::in_words(*f.min) + " to " + codec::in_words(*f.max) + ".";
    }
  }
}

template <Described Model, class Class, class T>
json::object field_schema(const Field<Class, T>& f, json::object& models) {
  using Value = typename Field<Class, T>::Value;
  auto schema = schema_of<Value>(models);
  std::string doc(f.doc);
  add_range(f, schema, doc);
  if (!f.pattern.empty()) schema["pattern"] = f.pattern;
  if constexpr (IsOptional<T>::value) allow_null(schema);
  schema["description"] = doc;
  if constexpr (!Open<Model> && !IsOptional<T>::value && !Described<T>) {
    if (!f.is_required) schema["default"] = codec::encode(Model{}.*f.member, Detail::full);
  }
  return schema;
}

template <Described Model>
json::object add_model(json::object& models) {
  constexpr std::string_view name = Description<Model>::name;
  if (!models.contains(name)) {
    models[name] = nullptr;  // known from here on: a model may hold itself
    json::object properties;
    json::array required;
    const auto add = [&](const auto& f) {
      properties[f.name] = field_schema<Model>(f, models);
      // A record always has all of its fields.
      if (f.is_required || Open<Model>) required.push_back(json::value(f.name));
    };
    std::apply([&](const auto&... f) { (add(f), ...); }, Description<Model>::fields);
    auto schema = of_type("object");
    schema["properties"] = std::move(properties);
    if (!required.empty()) schema["required"] = std::move(required);
    if (!Open<Model>) schema["additionalProperties"] = false;
    models[name] = std::move(schema);
  }
  return {{"$ref", "#/components/schemas/" + std::string(name)}};
}

template <class T>
json::object schema_of(json::object& models) {
  if constexpr (std::is_same_v<T, bool>) {
    return of_type("boolean");
  } else if constexpr (std::is_integral_v<T> || std::is_same_v<T, JobId>) {
    return of_type("integer");
  } else if constexpr (std::is_same_v<T, std::string>) {
    return of_type("string");
  } else if constexpr (std::is_same_v<T, Millicores>) {
    return number_or_text("number", "0.5");
  } else if constexpr (std::is_same_v<T, Bytes>) {
    return number_or_text("integer", "512MiB");
  } else if constexpr (std::is_same_v<T, Milliseconds>) {
    auto schema = of_type("string");
    schema["examples"] = json::array{"1h30m"};
    return schema;
  } else if constexpr (std::is_same_v<T, WallTime>) {
    auto schema = of_type("string");
    schema["format"] = "date-time";
    return schema;
  } else if constexpr (NamedEnum<T>) {
    return enum_schema<T>();
  } else if constexpr (HasTextForm<T>) {
    auto schema = of_type("string");
    schema["examples"] = json::array{TextForm<T>::example};
    return schema;
  } else if constexpr (IsVector<T>::value) {
    auto schema = of_type("array");
    schema["items"] = schema_of<typename T::value_type>(models);
    return schema;
  } else if constexpr (IsMap<T>::value) {
    auto schema = of_type("object");
    schema["additionalProperties"] = schema_of<typename T::mapped_type>(models);
    return schema;
  } else {
    return add_model<T>(models);
  }
}

}  // namespace

json::object model_schemas() {
  json::object models;
  schema_of<JobDefinition>(models);
  schema_of<Job>(models);
  schema_of<Event>(models);
  schema_of<ExecutorStatus>(models);
  schema_of<Explanation>(models);
  schema_of<DryRun>(models);
  schema_of<Overview>(models);
  schema_of<SizingReport>(models);
  schema_of<JobUsage>(models);
  return models;
}

}  // namespace berth
