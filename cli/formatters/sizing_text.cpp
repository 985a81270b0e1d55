#include "cli/formatters/sizing_text.hpp"

#include "cli/formatters/text.hpp"
#include "cli/formatters/words.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>

namespace berth::cli {
namespace {

constexpr std::size_t small_ones_told = 5;

// "40/48/52MiB": in the unit of the largest, which comes last.
std::string three_amounts(Bytes low, Bytes middle, Bytes high) {
  static constexpr std::array<std::string_view, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
  double scale = 1;
  std::size_t unit = 0;
  for (; unit + 1 < units.size() && static_cast<double>(high.value) / scale >= 999.5; ++unit) scale *= 1024;
  const auto amount = [scale](Bytes bytes) {
    const auto value = static_cast<double>(bytes.value) / scale;
    const bool is_whole = value >= 9.95 || std::abs(value - std::round(value)) < 0.05;
    std::array<char, 32> digits{};
    std::snprintf(digits.data(), digits.size(), is_whole ? "%.0f" : "%.1f", value);
    return std::string(digits.data());
  };
  return amount(low) + "/" + amount(middle) + "/" + amount(high) + std::string(units[unit]);
}

std::string peaks_text(const NameSizing& sizing) {
  if (!sizing.peak_p50 || !sizing.peak_p95 || !sizing.peak_max) return "-";
  return three_amounts(*sizing.peak_p50, *sizing.peak_p95, *sizing.peak_max);
}

std::string cpu_used_text(const NameSizing& sizing) {
  if (!sizing.cpu_used || !sizing.cpu_reserved || *sizing.cpu_reserved <= Milliseconds{0}) return "-";
  const auto share =
      static_cast<double>(sizing.cpu_used->count()) / static_cast<double>(sizing.cpu_reserved->count());
  return std::to_string(std::llround(100 * share)) + "%";
}

std::string wasted_text(const NameSizing& sizing) {
  if (!sizing.wasted_mib_seconds) return "-";
  const auto byte_hours = static_cast<double>(*sizing.wasted_mib_seconds) / 3'600 * (1 << 20);
  const auto rounded = static_cast<std::int64_t>(std::min(byte_hours, 9e18));
  return rounded == 0 ? "-" : to_string(Bytes{rounded}) + "·h";
}

// As it can be asked for: "1280MiB", where another form would have to be rounded.
std::string exact_amount(Bytes bytes) {
  static constexpr std::array<std::pair<std::int64_t, std::string_view>, 4> units{
      {{1LL << 40, "TiB"}, {1LL << 30, "GiB"}, {1LL << 20, "MiB"}, {1LL << 10, "KiB"}}};
  for (const auto& [size, name] : units) {
    if (bytes.value > 0 && bytes.value % size == 0)
      return std::to_string(bytes.value / size) + std::string(name);
  }
  return std::to_string(bytes.value);
}

Cell advice_cell(const NameSizing& sizing) {
  switch (sizing.verdict) {
    case SizeVerdict::too_few:
      return {"too few", Colour::dim};
    case SizeVerdict::unknown:
      return {"unknown", Colour::dim};
    case SizeVerdict::fits:
      return {"fits", Colour::green};
    case SizeVerdict::too_large:
    case SizeVerdict::too_small:
      break;
  }
  auto text = sizing.advised_memory ? exact_amount(*sizing.advised_memory) : std::string("-");
  if (sizing.advised_cpu) text += ", " + to_string(*sizing.advised_cpu);
  return {text, sizing.verdict == SizeVerdict::too_small ? Colour::red : Colour::yellow};
}

}  // namespace

std::string sizing_page(const SizingReport& report, const TableStyle& style) {
  Table table({{"NAME", Align::left, 6},
               {"RUNS", Align::right},
               {"MEMORY", Align::right},
               {"PEAK 50/95/MAX", Align::right},
               {"CPU", Align::right},
               {"USED", Align::right},
               {"WASTED", Align::right},
               {"ADVICE"}});
  for (const auto& sizing : report.names) {
    table.add_row({{sizing.name},
                   {std::to_string(sizing.runs)},
                   {to_string(sizing.memory)},
                   {peaks_text(sizing)},
                   {to_string(sizing.cpu)},
                   {cpu_used_text(sizing)},
                   {wasted_text(sizing)},
                   advice_cell(sizing)});
  }
  auto text = table.render(style);
  std::size_t told = 0;
  for (const auto& sizing : report.names) {
    if (sizing.verdict != SizeVerdict::too_small || told++ >= small_ones_told) continue;
    text += wrap(sizing.name + ": " + sizing.message, style.width, 0);
  }
  return text;
}

std::string sizing_notes(const SizingReport& report) {
  std::string notes;
  if (report.names_left_out > 0) {
    notes +=
        "and " + say_count(report.names_left_out, "name") + " more, which waste less: --limit N shows more\n";
  }
  if (report.unnamed > 0) {
    notes += say_count(report.unnamed, "job") + " without a name " +
             (report.unnamed == 1 ? "isn't" : "aren't") + " told of\n";
  }
  if (report.is_cut) {
    notes +=
        "of the newest " + say_count(report.jobs, "job") + " that have ended; older ones weren't looked at\n";
  }
  return notes;
}

}  // namespace berth::cli
