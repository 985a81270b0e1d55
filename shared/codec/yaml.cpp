#include "shared/codec/yaml.hpp"

#include "shared/base/utf8.hpp"
#include "shared/codec/decode.hpp"

#include <yaml-cpp/yaml.h>

#include <array>
#include <cstdio>

namespace berth {
namespace {

// A Node (see decode.hpp) on a YAML value. A plain scalar is whatever the field wants it to be, so that
// `command: [sleep, 5]` and `env: {PORT: 8080}` mean what people expect; a quoted one is text.
class YamlNode {
 public:
  explicit YamlNode(YAML::Node node) : node_(std::move(node)), name_mark_(node_.Mark()) {}
  YamlNode(YAML::Node node, YAML::Mark name_mark) : node_(std::move(node)), name_mark_(name_mark) {}

  bool is_null() const { return node_.IsNull(); }
  bool is_array() const { return node_.IsSequence(); }
  bool is_object() const { return node_.IsMap(); }

  std::string_view kind() const {
    if (node_.IsNull()) return "nothing";
    if (node_.IsSequence()) return "a list";
    if (node_.IsMap()) return "a map";
    return is_plain() ? "a plain value" : "a quoted string";
  }

  std::optional<bool> boolean() const {
    if (!is_plain()) return std::nullopt;
    if (node_.Scalar() == "true") return true;
    if (node_.Scalar() == "false") return false;
    return std::nullopt;
  }

  std::optional<std::int64_t> integer() const {
    return is_plain() ? parse_integer<std::int64_t>(node_.Scalar()) : std::nullopt;
  }

  std::optional<std::string> text() const {
    if (!node_.IsScalar()) return std::nullopt;
    return node_.Scalar();
  }

  std::optional<std::string> number_text() const { return text(); }

  template <class F>
  bool each_element(F f) const {
    std::size_t index = 0;
    for (const auto& element : node_) {
      if (!f(index++, YamlNode(element))) return false;
    }
    return true;
  }

  template <class F>
  bool each_member(F f) const {
    for (const auto& member : node_) {
      const auto key = member.first.IsScalar() ? member.first.Scalar() : std::string("?");
      if (!f(std::string_view{key}, YamlNode(member.second, member.first.Mark()))) return false;
    }
    return true;
  }

  std::string where() const { return place_of(node_.Mark()); }
  std::string name_where() const { return place_of(name_mark_); }

 private:
  static std::string place_of(const YAML::Mark& mark) {
    if (mark.is_null()) return {};
    return std::to_string(mark.line + 1) + ':' + std::to_string(mark.column + 1);
  }

  bool is_plain() const { return node_.IsScalar() && node_.Tag() == "?"; }

  YAML::Node node_;
  YAML::Mark name_mark_;
};

// Where the bytes begin that aren't UTF-8, as "LINE: …"; nothing when all are.
std::optional<std::string> find_broken_text(std::string_view text) {
  if (is_utf8(text)) return std::nullopt;
  std::size_t line = 1;
  for (auto letter = first_letter(text); letter.valid; letter = first_letter(text)) {
    if (text.front() == '\n') ++line;
    text.remove_prefix(letter.length);
  }
  std::array<char, 8> byte{};
  std::snprintf(byte.data(), byte.size(), "0x%02X", static_cast<unsigned char>(text.front()));
  return std::to_string(line) + ": the byte " + byte.data() + " is no UTF-8: save the file as UTF-8";
}

// Several definitions in one document: a list of them, or {jobs: [...]} as the API takes it.
std::optional<YAML::Node> list_in(const YAML::Node& document) {
  if (document.IsSequence()) return document;
  if (document.IsMap() && document.size() == 1 && document["jobs"] && document["jobs"].IsSequence()) {
    return document["jobs"];
  }
  return std::nullopt;
}

Result<> add_definition(const YAML::Node& node, std::string_view file,
                        std::vector<JobDefinition>& definitions) {
  codec::Context context;
  JobDefinition definition;
  if (codec::decode(YamlNode(node), definition, context)) {
    definitions.push_back(std::move(definition));
    return {};
  }
  const auto& error = *context.error;
  return invalid(std::string(file) + ':' + (context.where.empty() ? "" : context.where + ':') + ' ' +
                     (error.field.empty() ? "" : error.field + ": ") + error.message,
                 error.field);
}

}  // namespace

Result<std::vector<JobDefinition>> parse_job_file(std::string_view text, std::string_view file) {
  if (const auto broken = find_broken_text(text)) return invalid(std::string(file) + ':' + *broken);
  std::vector<YAML::Node> documents;
  try {
    documents = YAML::LoadAll(std::string(text));
  } catch (const YAML::Exception& error) {
    return invalid(std::string(file) + ':' + std::to_string(error.mark.line + 1) + ':' +
                   std::to_string(error.mark.column + 1) + ": " + error.msg);
  }
  std::vector<JobDefinition> definitions;
  for (const auto& document : documents) {
    if (document.IsNull()) continue;  // "---" at the end of the file
    if (const auto list = list_in(document)) {
      for (const auto& element : *list) {
        if (auto added = add_definition(element, file, definitions); !added) return added.error();
      }
      continue;
    }
    if (auto added = add_definition(document, file, definitions); !added) return added.error();
  }
  if (definitions.empty()) return invalid(std::string(file) + ": holds no job definition");
  return definitions;
}

}  // namespace berth
