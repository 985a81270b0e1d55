#include "shared/codec/fields.hpp"

#include "shared/codec/decode.hpp"
#include "shared/codec/json_node.hpp"
#include "shared/model/job.hpp"

#include <boost/json/serialize.hpp>

namespace berth {
namespace {

// Whether a value's JSON form is a string, which the store keeps without quotes.
template <class T>
constexpr bool is_text = std::is_same_v<T, std::string> || std::is_same_v<T, WallTime> ||
                         std::is_same_v<T, Milliseconds> || NamedEnum<T> || HasTextForm<T>;

template <class Model>
bool is_text_field(std::string_view name) {
  bool text = false;
  const auto look = [&]<class Class, class T>(const Field<Class, T>& f) {
    if (f.name == name) text = is_text<typename Unwrapped<T>::type>;
  };
  std::apply([&](const auto&... f) { (look(f), ...); }, Description<Model>::fields);
  return text;
}

}  // namespace

template <class Model>
FieldList to_fields(const Model& model) {
  FieldList fields;
  const auto value = codec::encode(model, Detail::compact);
  for (const auto& member : value.get_object()) {
    const auto* text = member.value().if_string();
    fields.emplace_back(member.key(), text != nullptr ? std::string(*text) : json::serialize(member.value()));
  }
  return fields;
}

template <class Model>
Result<Model> from_fields(const FieldList& fields) {
  json::object object;
  for (const auto& [name, text] : fields) {
    if (is_text_field<Model>(name)) {
      object.emplace(name, text);
      continue;
    }
    auto value = parse_json(text);
    if (!value) return internal_error("stored field " + name + " is damaged: " + value.error().message);
    object.emplace(name, std::move(*value));
  }
  return from_json<Model>(json::value(std::move(object)));
}

template FieldList to_fields<Job>(const Job&);
template Result<Job> from_fields<Job>(const FieldList&);

}  // namespace berth
