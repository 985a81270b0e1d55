#include "scheduler/api/openapi.hpp"
#include "shared/codec/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cctype>

namespace berth::api {
namespace {

constexpr std::string_view page_head = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Berth's API</title><style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff }
h2 { margin-top: 3rem } h3 { margin: 2rem 0 .2rem } code { font-size: .9em; background: #f2f2f2; padding: .1em .3em }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 } td, th { text-align: left; vertical-align: top;
border-bottom: 1px solid #ddd; padding: .3rem .6rem .3rem 0 } p { margin: .2rem 0 }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #1a1a1a } code { background: #2a2a2a } a { color: #8bf }
td, th { border-color: #444 } }
</style></head><body>
)";

std::string html_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string text_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value == nullptr ? "" : std::string(value->as_string());
}

std::string code(std::string_view text) { return "<code>" + html_escaped(text) + "</code>"; }

std::string joined(const json::array& parts, std::string_view between,
                   std::string (*say)(const json::value&)) {
  std::string out;
  for (const auto& part : parts) {
    if (!out.empty()) out += between;
    out += say(part);
  }
  return out;
}

// A schema in a few words of HTML: "integer or string (512MiB) or null".
std::string type_of(const json::value& schema) {
  const auto& object = schema.as_object();
  if (const auto reference = text_at(object, "$ref"); !reference.empty()) {
    const auto name = reference.substr(reference.rfind('/') + 1);
    return "<a href=\"#" + html_escaped(name) + "\">" + html_escaped(name) + "</a>";
  }
  const auto plain = [](const json::value& value) {
    return value.is_string() ? html_escaped(value.get_string()) : json::serialize(value);
  };
  if (const auto* any = object.if_contains("anyOf")) return joined(any->as_array(), " or ", type_of);
  if (const auto* names = object.if_contains("enum")) return joined(names->as_array(), " · ", plain);
  if (const auto* items = object.if_contains("items")) return "list of " + type_of(*items);
  if (const auto* values = object.if_contains("additionalProperties");
      values != nullptr && values->is_object()) {
    return "map to " + type_of(*values);
  }
  const auto* type = object.if_contains("type");
  if (type == nullptr) return "any";
  auto out = type->is_array() ? joined(type->get_array(), " or ", plain) : plain(*type);
  if (const auto* examples = object.if_contains("examples")) {
    out += " (" + joined(examples->as_array(), ", ", plain) + ")";
  }
  return out;
}

// What may be given beyond the type.
std::string limits_of(const json::object& schema) {
  std::string out;
  const auto add = [&](std::string_view key, std::string_view words) {
    const auto* value = schema.if_contains(key);
    if (value != nullptr) out += " " + std::string(words) + " " + code(json::serialize(*value)) + ".";
  };
  add("minimum", "From");
  add("maximum", "To");
  add("pattern", "Matches");
  add("default", "Default");
  return out;
}

std::string row(const std::string& name, const std::string& type, const std::string& doc) {
  return "<tr><td>" + code(name) + "</td><td>" + type + "</td><td>" + doc + "</td></tr>\n";
}

std::string operation_of(const std::string& method, std::string_view path, const json::object& operation) {
  std::string out = "<h3>" + code(method + " " + std::string(path)) + "</h3>\n<p>" +
                    html_escaped(text_at(operation, "summary")) + "</p>\n";
  if (const auto details = text_at(operation, "description"); !details.empty())
    out += "<p>" + html_escaped(details) + "</p>\n";
  if (const auto* parameters = operation.if_contains("parameters")) {
    out += "<table>\n";
    for (const auto& item : parameters->as_array()) {
      const auto& given = item.as_object();
      auto doc = html_escaped(text_at(given, "description"));
      if (const auto in = text_at(given, "in"); in == "header") doc += " (header)";
      out += row(text_at(given, "name"), type_of(given.at("schema")), doc);
    }
    out += "</table>\n";
  }
  const auto say_content = [&](std::string_view label, const json::value& content) {
    for (const auto& [media_type, shape] : content.as_object()) {
      const auto* schema = shape.as_object().if_contains("schema");
      out += "<p>" + std::string(label) + " " + (schema == nullptr ? code(media_type) : type_of(*schema)) +
             "</p>\n";
    }
  };
  if (const auto* body = operation.if_contains("requestBody")) say_content("Takes", body->at("content"));
  for (const auto& [status, response] : operation.at("responses").as_object()) {
    if (status != "default") say_content("Answers " + std::string(status), response.at("content"));
  }
  return out;
}

std::string model_of(std::string_view name, const json::object& schema) {
  std::string out = "<h3 id=\"" + html_escaped(name) + "\">" + html_escaped(name) + "</h3>\n";
  if (const auto doc = text_at(schema, "description"); !doc.empty())
    out += "<p>" + html_escaped(doc) + "</p>\n";
  const auto* properties = schema.if_contains("properties");
  if (properties == nullptr) return out + "<p>" + type_of(schema) + "</p>\n";
  out += "<table>\n";
  for (const auto& [field, property] : properties->as_object()) {
    const auto& shape = property.as_object();
    out += row(std::string(field), type_of(property),
               html_escaped(text_at(shape, "description")) + limits_of(shape));
  }
  return out + "</table>\n";
}

}  // namespace

std::string docs_page(const json::object& openapi) {
  std::string out(page_head);
  const auto& info = openapi.at("info").as_object();
  out += "<h1>Berth's API</h1>\n<p>Version " + html_escaped(text_at(info, "version")) +
         ". The same for programs: <a href=\"/openapi.json\">openapi.json</a>.</p>\n<h2>Requests</h2>\n";
  for (const auto& [path, operations] : openapi.at("paths").as_object()) {
    for (const auto& [method, operation] : operations.as_object()) {
      std::string upper(method);
      std::transform(upper.begin(), upper.end(), upper.begin(),
                     [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
      out += operation_of(upper, path, operation.as_object());
    }
  }
  out += "<h2>Shapes</h2>\n";
  for (const auto& [name, schema] : openapi.at("components").at("schemas").as_object()) {
    out += model_of(name, schema.as_object());
  }
  return out + "</body></html>\n";
}

}  // namespace berth::api
