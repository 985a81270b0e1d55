#include "scheduler/api/metric_text.hpp"

#include <fmt/format.h>

namespace berth::api {
namespace {

std::string label_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

void MetricText::begin(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void MetricText::line(std::string_view suffix, const Labels& labels, const std::string& value) {
  text_ += name_;
  text_ += suffix;
  std::string inside;
  for (const auto& [label, text] : labels) {
    inside += fmt::format("{}{}=\"{}\"", inside.empty() ? "" : ",", label, label_escaped(text));
  }
  if (!inside.empty()) text_ += '{' + inside + '}';
  text_ += ' ' + value + '\n';
}

void MetricText::add(std::uint64_t value, const Labels& labels) { line("", labels, std::to_string(value)); }

void MetricText::single(std::string_view name, std::string_view type, std::string_view help,
                        std::uint64_t value) {
  begin(name, type, help);
  add(value);
}

void MetricText::histogram(std::string_view name, std::string_view help, const Histogram& histogram) {
  begin(name, "histogram", help);
  std::uint64_t up_to = 0;
  for (std::size_t i = 0; i < Histogram::bounds.size(); ++i) {
    up_to += histogram.counts[i];
    line("_bucket", {{"le", fmt::format("{}", Histogram::bounds[i])}}, std::to_string(up_to));
  }
  line("_bucket", {{"le", "+Inf"}}, std::to_string(histogram.count));
  line("_sum", {}, fmt::format("{}", histogram.sum));
  line("_count", {}, std::to_string(histogram.count));
}

}  // namespace berth::api
