#include "scheduler/api/texts.hpp"

#include "shared/base/limits.hpp"
#include "shared/codec/json.hpp"

#include <boost/json/object.hpp>

#include <algorithm>

namespace berth::api {

Result<Texts> parse_texts(const std::string& body, const std::vector<std::string_view>& known) {
  Texts texts;
  if (body.empty()) return texts;
  const auto value = parse_json(body);
  if (!value) return invalid("the body is not JSON: " + value.error().message);
  const auto* object = value->if_object();
  if (object == nullptr) return invalid("the body must be an object such as {\"reason\": \"…\"}");
  std::string names;
  for (const auto name : known) names += (names.empty() ? "\"" : " and \"") + std::string(name) + '"';
  for (const auto& member : *object) {
    std::string name(member.key());
    if (std::find(known.begin(), known.end(), name) == known.end())
      return invalid("is unknown; known here: " + names, std::move(name));
    const auto* text = member.value().if_string();
    if (text == nullptr) return invalid("must be a string", std::move(name));
    if (text->size() > limits::max_label)
      return invalid("must have at most " + std::to_string(limits::max_label) + " bytes", std::move(name));
    texts.emplace(std::move(name), *text);
  }
  return texts;
}

std::string text_of(const Texts& texts, std::string_view name) {
  const auto found = texts.find(name);
  return found == texts.end() ? std::string() : found->second;
}

}  // namespace berth::api
