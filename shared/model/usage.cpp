#include "shared/model/usage.hpp"

#include "shared/base/limits.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace berth {
namespace {

bool has_more_memory(const AttemptUsage& a, const AttemptUsage& b) { return a.memory > b.memory; }

bool is_earlier_attempt(const AttemptUsage& a, const AttemptUsage& b) {
  return std::pair(a.job, a.attempt) < std::pair(b.job, b.attempt);
}

void append_amounts(std::string& text, const std::optional<Millicores>& cpu, Bytes memory) {
  text += cpu ? std::to_string(cpu->value) : "-";
  text += ' ';
  text += std::to_string(memory.value);
}

// Takes the text up to the separator off the front of `rest`, and the separator.
std::string_view take_until(std::string_view& rest, char separator) {
  const auto end = std::min(rest.find(separator), rest.size());
  const auto taken = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return taken;
}

// False for what isn't "CPU MEMORY".
bool take_amounts(std::string_view& rest, std::optional<Millicores>& cpu, Bytes& memory) {
  const auto cores = take_until(rest, ' ');
  const auto bytes = parse_integer<std::int64_t>(take_until(rest, ' '));
  const auto number = parse_integer<std::int64_t>(cores);
  if (!bytes || (!number && cores != "-")) return false;
  if (number) cpu = Millicores{*number};
  memory = Bytes{*bytes};
  return true;
}

}  // namespace

UsageReport usage_report(std::vector<AttemptUsage> measured) {
  UsageReport report;
  report.measured = measured.size();
  for (const auto& one : measured) {
    if (one.cpu) report.cpu = report.cpu.value_or(Millicores{}) + *one.cpu;
    report.memory += one.memory;
  }
  if (measured.size() > limits::usage_told) {
    const auto told = measured.begin() + static_cast<std::ptrdiff_t>(limits::usage_told);
    std::nth_element(measured.begin(), told, measured.end(), has_more_memory);
    measured.erase(told, measured.end());
  }
  std::sort(measured.begin(), measured.end(), is_earlier_attempt);
  report.jobs = std::move(measured);
  return report;
}

const AttemptUsage* find_usage(const UsageReport& report, JobId job, std::uint32_t attempt) {
  AttemptUsage wanted;
  wanted.job = job;
  wanted.attempt = attempt;
  const auto found = std::lower_bound(report.jobs.begin(), report.jobs.end(), wanted, is_earlier_attempt);
  const bool is_told = found != report.jobs.end() && !is_earlier_attempt(wanted, *found);
  return is_told ? &*found : nullptr;
}

std::string format_usage(const UsageReport& report) {
  std::string text = std::to_string(report.measured) + ' ';
  append_amounts(text, report.cpu, report.memory);
  for (const auto& one : report.jobs) {
    text += ';' + to_string(one.job) + ' ' + std::to_string(one.attempt) + ' ';
    append_amounts(text, one.cpu, one.memory);
  }
  return text;
}

std::optional<UsageReport> parse_usage(std::string_view text) {
  UsageReport report;
  auto sums = take_until(text, ';');
  const auto measured = parse_integer<std::uint64_t>(take_until(sums, ' '));
  if (!measured || !take_amounts(sums, report.cpu, report.memory)) return std::nullopt;
  report.measured = *measured;
  while (!text.empty()) {
    auto words = take_until(text, ';');
    const auto job = parse_job_id(take_until(words, ' '));
    const auto attempt = parse_integer<std::uint32_t>(take_until(words, ' '));
    AttemptUsage one;
    if (!job || !attempt || !take_amounts(words, one.cpu, one.memory)) return std::nullopt;
    one.job = *job;
    one.attempt = *attempt;
    report.jobs.push_back(one);
  }
  std::sort(report.jobs.begin(), report.jobs.end(), is_earlier_attempt);
  return report;
}

}  // namespace berth
