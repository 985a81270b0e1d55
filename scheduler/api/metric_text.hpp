// Prometheus' text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats). Pure.
#pragma once

#include "scheduler/core/histogram.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace berth::api {

class MetricText {
 public:
  using Labels = std::vector<std::pair<std::string_view, std::string>>;

  // Begins a series; its values follow. `type` is "gauge" or "counter".
  void begin(std::string_view name, std::string_view type, std::string_view help);
  void add(std::uint64_t value, const Labels& labels = {});

  // One value without labels, begun and added.
  void single(std::string_view name, std::string_view type, std::string_view help, std::uint64_t value);
  void histogram(std::string_view name, std::string_view help, const Histogram& histogram);

  const std::string& text() const { return text_; }

 private:
  void line(std::string_view suffix, const Labels& labels, const std::string& value);

  std::string name_;
  std::string text_;
};

}  // namespace berth::api
