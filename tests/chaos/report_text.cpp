#include "tests/chaos/report.hpp"
#include "tests/chaos/report_figures.hpp"

#include <fmt/core.h>

#include <cmath>
#include <iterator>
#include <numeric>

namespace berth::chaos {
namespace {

constexpr std::size_t width = 80;
constexpr std::size_t indent = 16;
constexpr std::size_t shown_of_a_kind = 10;

// Words after a heading, broken where the line is full.
std::string paragraph(std::string_view heading, std::string_view words) {
  std::string text = fmt::format("  {:<{}}", heading, indent - 2);
  auto column = indent;
  for (std::size_t begin = 0; begin < words.size();) {
    const auto end = std::min(words.find(' ', begin), words.size());
    const auto word = words.substr(begin, end - begin);
    const bool is_first = column == indent;
    if (!is_first && column + 1 + word.size() > width) {
      text += '\n' + std::string(indent, ' ');
      column = indent;
    } else if (!is_first) {
      text += ' ';
      ++column;
    }
    text += word;
    column += word.size();
    begin = end + 1;
  }
  return text + '\n';
}

std::string listed(const std::map<std::string, std::size_t>& counts) {
  std::string text;
  for (const auto& [what, times] : counts)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", what, times);
  return text.empty() ? "none" : text;
}

std::size_t total(const std::map<std::string, std::size_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::size_t{0},
                         [](std::size_t so_far, const auto& entry) { return so_far + entry.second; });
}

std::string heading(const Verdict& verdict) {
  std::string seeds;
  for (const auto seed : verdict.seeds) seeds += (seeds.empty() ? "" : ", ") + std::to_string(seed);
  std::string text = paragraph(verdict.seeds.size() == 1 ? "seed" : "seeds", seeds);
  text += paragraph("faults for", fmt::format("{:.1f} min", verdict.minutes));
  std::string guards;
  for (const auto& guard : verdict.guards_off) guards += (guards.empty() ? "" : ", ") + guard;
  if (!guards.empty()) text += paragraph("guards off", guards);
  text += paragraph("jobs",
                    fmt::format("{} submitted, {} acknowledged, {} finished; {} aborts acknowledged",
                                verdict.submitted, verdict.acknowledged, verdict.finished, verdict.aborts));
  text += paragraph("attempts", fmt::format("{} in the records, {} of which a process tells",
                                            verdict.attempts, verdict.begun));
  text += paragraph("endings", listed(verdict.endings));
  text += paragraph("faults", fmt::format("{}: {}", total(verdict.faults), listed(verdict.faults)));
  text += paragraph("machine lost", "attempts, by what was broken: " + listed(verdict.losses));
  text += paragraph("exit unknown", "attempts, by what was broken: " + listed(verdict.unknown_exits));
  text += paragraph("output", fmt::format("{} bytes compared, {} missing unsaid; {} attempts marked",
                                          verdict.log_bytes, verdict.log_bytes_missing, verdict.marked_logs));
  return text;
}

std::string row(Wrong wrong, const Verdict& verdict) {
  const auto name = name_of(wrong);
  const auto& count = verdict.count(wrong);
  std::string rate = "not looked at";
  if (count.found > 0) {
    rate = "WRONG";
    if (wrong == Wrong::overlap) rate += fmt::format(", longest {:.2f} s", verdict.longest_overlap);
  } else if (count.looked_at > 0) {
    rate = fmt::format("< 3/{}", count.looked_at);
  }
  return fmt::format("  {:<5}{:<32}{:>7} {:>8}  {}\n", name.promise, name.name, count.found, count.looked_at,
                     rate);
}

std::string promises(const Verdict& verdict) {
  std::string text = fmt::format("  {:<37}{:>7} {:>8}  {}\n", "promise broken", "found", "in", "at most");
  for (std::size_t i = 0; i < wrong_count; ++i) text += row(static_cast<Wrong>(i), verdict);
  return text;
}

std::string in_words(Seconds time) { return std::isfinite(time) ? fmt::format("{:.1f}", time) : "never"; }

// The median, the 99th percentile and the longest; one figure where they are the same.
std::string times(const std::vector<Seconds>& times) {
  if (times.empty()) return "-";
  const auto of = quantiles(times);
  if (of.p50 == of.max) return in_words(of.max);
  return in_words(of.p50) + "/" + in_words(of.p99) + "/" + in_words(of.max);
}

std::string recovery(const Verdict& verdict) {
  if (verdict.recovery.empty()) return "  how long it took to recover wasn't measured\n";
  constexpr auto layout = "  {:<24}{:>4}{:>17}{:>17}{:>16}\n";
  auto text =
      fmt::format(layout, "recovered, p50/p99/max", "n", "leader (5 s)", "decided (20 s)", "moved (30 s)");
  for (const auto& [kind, of] : verdict.recovery)
    text += fmt::format(layout, kind, of.leader.size(), times(of.leader), times(of.decided), times(of.moved));
  return text;
}

std::string findings(const Verdict& verdict) {
  std::string text;
  for (std::size_t i = 0; i < wrong_count; ++i) {
    const auto wrong = static_cast<Wrong>(i);
    const auto found = verdict.count(wrong).found;
    if (found == 0) continue;
    text += fmt::format("\n{} ({}): {}\n", name_of(wrong).name, name_of(wrong).promise, found);
    std::size_t shown = 0;
    for (const auto& finding : verdict.findings) {
      if (finding.wrong == wrong && shown++ < shown_of_a_kind) text += paragraph("", finding.what);
    }
    if (found > shown_of_a_kind) text += paragraph("", fmt::format("and {} more", found - shown_of_a_kind));
  }
  return text;
}

}  // namespace

std::string text_report(const Verdict& verdict) {
  return "Chaos\n" + heading(verdict) + '\n' + promises(verdict) + '\n' + recovery(verdict) +
         findings(verdict) +
         (verdict.is_good() ? "\nEvery promise was kept.\n" : "\nA promise was broken.\n");
}

}  // namespace berth::chaos
