#include "cli/formatters/stats_text.hpp"

#include "cli/formatters/text.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cctype>

namespace berth::cli {
namespace {

constexpr std::size_t key_width = 12;

std::string in_words(const json::value& value) {
  if (value.is_null()) return "-";
  if (const auto* text = value.if_string()) return std::string(*text);
  return json::serialize(value);
}

std::string title_of(std::string key) {
  std::transform(key.begin(), key.end(), key.begin(),
                 [](unsigned char c) { return c == '_' ? ' ' : static_cast<char>(std::toupper(c)); });
  return key;
}

}  // namespace

std::string stats_text(const json::value& stats, const TableStyle& style) {
  const auto* object = stats.if_object();
  if (object == nullptr) return in_words(stats) + "\n";
  std::string lines;
  std::string tables;
  for (const auto& member : *object) {
    const std::string key(member.key());
    const auto* group = member.value().if_object();
    if (group == nullptr) {
      lines += escape_control(key) + std::string(key.size() < key_width ? key_width - key.size() : 1, ' ') +
               escape_control(in_words(member.value())) + "\n";
      continue;
    }
    Table table({{title_of(key)}, {"COUNT", Align::right}});
    for (const auto& entry : *group) table.add_row({{std::string(entry.key())}, {in_words(entry.value())}});
    tables += "\n" + table.render(style);
  }
  return lines + tables;
}

}  // namespace berth::cli
