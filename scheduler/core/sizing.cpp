#include "scheduler/core/sizing.hpp"

#include "shared/base/limits.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>

namespace berth {
namespace {

using Run = SizingHistory::Run;
using Named = SizingHistory::Named;

constexpr Bytes least_step = 16_MiB;
constexpr Milliseconds long_enough{1'000};  // to tell what the process used from what its start took

std::int64_t rounded_up(std::int64_t amount, std::int64_t step) { return (amount + step - 1) / step * step; }

// By nearest rank; of at least one value.
template <class T>
T percentile(std::vector<T> values, std::size_t percent) {
  const auto rank = std::max<std::size_t>((values.size() * percent + 99) / 100, 1);
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(rank - 1);
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

// Of what is there in the runs.
template <class T, class Pick>
std::vector<T> picked(const std::vector<Run>& runs, Pick pick) {
  std::vector<T> values;
  for (const auto& run : runs) {
    if (const std::optional<T> value = pick(run)) values.push_back(*value);
  }
  return values;
}

std::optional<Millicores> cores_used(const Run& run) {
  if (!run.cpu_time || run.ran < long_enough) return std::nullopt;
  return Millicores{run.cpu_time->count() * 1'000 / run.ran.count()};
}

void sum_up_memory(const std::vector<Run>& runs, NameSizing& sizing) {
  const auto peaks = picked<Bytes>(runs, [](const Run& run) { return run.peak; });
  sizing.measured = peaks.size();
  for (const auto& run : runs) sizing.oom_killed += run.oom_killed ? 1 : 0;
  if (peaks.empty()) return;
  sizing.peak_p50 = percentile(peaks, 50);
  sizing.peak_p95 = percentile(peaks, 95);
  sizing.peak_max = percentile(peaks, 100);
  double wasted = 0;
  for (const auto& run : runs) {
    const auto unused = std::max(run.memory - *sizing.peak_p95, Bytes{});
    wasted += static_cast<double>(unused.value) / static_cast<double>((1_MiB).value) *
              static_cast<double>(run.ran.count()) / 1'000.0;
  }
  sizing.wasted_mib_seconds = static_cast<std::uint64_t>(std::min(wasted, 1e18));
}

void sum_up_cpu(const std::vector<Run>& runs, NameSizing& sizing) {
  Milliseconds used{};
  Milliseconds reserved{};
  bool is_known = false;
  for (const auto& run : runs) {
    if (!run.cpu_time || run.ran < long_enough) continue;
    is_known = true;
    used += *run.cpu_time;
    reserved += run.ran * run.cpu.value / 1'000;
  }
  if (!is_known) return;
  sizing.cpu_used = used;
  sizing.cpu_reserved = reserved;
  const auto cores = picked<Millicores>(runs, cores_used);
  if (cores.size() >= limits::sizing_least) sizing.cores_p95 = percentile(cores, 95);
}

// What would have been enough for all runs, as far as they tell.
struct MemoryNeed {
  Bytes amount{};
  // The least with which a run got through that took all it was given: as much is enough, however high the
  // others' peaks are.
  std::optional<Bytes> got_through{};
};

// Files that a run reads and writes count into its peak, and stay in memory while there is room. One that
// came to its limit, up to what the kernel counts at once, and wasn't killed gave such memory back.
bool is_full_of_files(const Run& run) {
  if (!run.peak || run.oom_killed) return false;
  return run.peak->value >= run.memory.value - std::min((1_MiB).value, run.memory.value / 64);
}

MemoryNeed memory_needed(const std::vector<Run>& runs) {
  Bytes fatal{};   // the most that was too little
  Bytes enough{};  // the most with which a run got through
  Bytes peak{};    // of those that left some of it
  Bytes full{};    // the most that was taken to the limit
  for (const auto& run : runs) {
    if (run.oom_killed) {
      fatal = std::max(fatal, run.memory);
    } else if (run.peak) {
      enough = std::max(enough, run.memory);
      auto& high = is_full_of_files(run) ? full : peak;
      high = std::max(high, is_full_of_files(run) ? run.memory : *run.peak);
    }
  }
  if (fatal > enough) return {std::min(fatal + fatal, limits::max_memory)};
  MemoryNeed need{std::max(with_headroom(std::max(peak, fatal)), full)};
  for (const auto& run : runs) {
    if (!is_full_of_files(run) || run.memory <= fatal) continue;
    need.got_through = need.got_through ? std::min(*need.got_through, run.memory) : run.memory;
  }
  return need;
}

bool is_much_less(std::int64_t amount, std::int64_t than) { return amount <= than / 5 * 4; }

// Whether the newest request is too little, too much, or neither, which leaves it as it is.
SizeVerdict judge_memory(const MemoryNeed& need, NameSizing& sizing) {
  const auto needed = need.amount;
  const auto asked = sizing.latest_memory;
  const bool is_close = sizing.oom_killed > 0 || sizing.peak_max->value > asked.value / 10 * 9;
  const bool is_enough = need.got_through && *need.got_through <= asked;
  const bool is_small = needed > asked && is_close && !is_enough;
  const bool is_large = is_much_less(needed.value, asked.value);
  sizing.advised_memory = is_small || is_large ? needed : asked;
  return is_small ? SizeVerdict::too_small : is_large ? SizeVerdict::too_large : SizeVerdict::fits;
}

bool judge_cpu(NameSizing& sizing) {
  if (!sizing.cores_p95) return false;
  const auto needed = with_headroom(*sizing.cores_p95);
  const bool is_large = is_much_less(needed.value, sizing.latest_cpu.value);
  sizing.advised_cpu = is_large ? needed : sizing.latest_cpu;
  return is_large;
}

std::string runs_in_words(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " run" : " runs");
}

void judge_size(const std::vector<Run>& runs, NameSizing& sizing) {
  const bool is_enough = sizing.measured >= limits::sizing_least;
  if (!is_enough && runs.size() >= limits::sizing_least && sizing.measured == 0) {
    sizing.verdict = SizeVerdict::unknown;
    sizing.message = "what its runs used wasn't measured";
    return;
  }
  if (!is_enough) {
    sizing.message = runs_in_words(sizing.measured) + " measured: " + std::to_string(limits::sizing_least) +
                     " are the least that say something";
    return;
  }
  const auto need = memory_needed(runs);
  sizing.verdict = judge_memory(need, sizing);
  const bool has_spare_cpu = judge_cpu(sizing);
  if (sizing.verdict == SizeVerdict::fits && has_spare_cpu) sizing.verdict = SizeVerdict::too_large;
  sizing.message = "the highest peak of " + runs_in_words(sizing.measured) + " is " +
                   to_string(*sizing.peak_max) + " of " + to_string(sizing.latest_memory);
  if (sizing.oom_killed > 0)
    sizing.message += "; in " + runs_in_words(sizing.oom_killed) + " something was killed for memory";
  if (need.got_through)
    sizing.message +=
        "; runs that took all of " + to_string(*need.got_through) + " got through: files in memory give way";
  if (has_spare_cpu)
    sizing.message +=
        "; it uses " + to_string(*sizing.cores_p95) + " of " + to_string(sizing.latest_cpu) + " CPUs";
}

NameSizing sizing_of(const std::string& name, const Named& named) {
  NameSizing sizing;
  sizing.name = name;
  sizing.jobs = named.jobs;
  sizing.runs = named.runs.size();
  sizing.latest_cpu = sizing.cpu = named.latest.cpu;
  sizing.latest_memory = sizing.memory = named.latest.memory;
  if (!named.runs.empty()) {
    const auto cpus = picked<Millicores>(named.runs, [](const Run& run) { return std::optional(run.cpu); });
    const auto memories = picked<Bytes>(named.runs, [](const Run& run) { return std::optional(run.memory); });
    sizing.cpu = percentile(cpus, 50);
    sizing.memory = percentile(memories, 50);
  }
  sum_up_memory(named.runs, sizing);
  sum_up_cpu(named.runs, sizing);
  judge_size(named.runs, sizing);
  return sizing;
}

bool comes_first(const NameSizing& a, const NameSizing& b) {
  const bool is_a_small = a.verdict == SizeVerdict::too_small;
  const bool is_b_small = b.verdict == SizeVerdict::too_small;
  if (is_a_small != is_b_small) return is_a_small;
  const auto a_wastes = a.wasted_mib_seconds.value_or(0);
  const auto b_wastes = b.wasted_mib_seconds.value_or(0);
  if (a_wastes != b_wastes) return a_wastes > b_wastes;
  return a.name < b.name;
}

}  // namespace

Bytes with_headroom(Bytes peak) {
  const auto wanted = std::max(peak.value + std::max(peak.value / 5, least_step.value / 4), std::int64_t{1});
  const auto power = static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(wanted)));
  const Bytes rounded{rounded_up(wanted, std::max(least_step.value, power / 16))};
  return std::clamp(rounded, limits::min_memory, limits::max_memory);
}

Millicores with_headroom(Millicores used) {
  const auto wanted = std::max<std::int64_t>(used.value + used.value / 5, 1);
  const std::int64_t step = wanted <= 1'000 ? 50 : wanted <= 4'000 ? 250 : 1'000;
  return std::clamp(Millicores{rounded_up(wanted, step)}, limits::min_cpu, limits::max_cpu);
}

void SizingHistory::add(const Job& job) {
  if (!is_terminal(job.status)) return;
  ++jobs_;
  since_ = since_ ? std::min(*since_, job.created_at) : job.created_at;
  if (!job.definition.name) {
    ++unnamed_;
    return;
  }
  auto& named = names_[*job.definition.name];
  const auto& resources = job.definition.resources;
  if (named.jobs++ == 0) named.latest = resources;
  for (const auto& attempt : job.attempts) {
    if (!attempt.started_at || !attempt.finished_at) continue;
    Run run;
    run.cpu = resources.cpu;
    run.memory = resources.memory;
    run.ran = std::max(*attempt.finished_at - *attempt.started_at, Milliseconds{0});
    run.peak = attempt.peak_memory;
    run.cpu_time = attempt.cpu_time;
    run.oom_killed = attempt.oom_killed;
    named.runs.push_back(run);
    ++runs_;
  }
}

SizingReport SizingHistory::report(std::size_t most_names) const {
  SizingReport report;
  report.jobs = jobs_;
  report.unnamed = unnamed_;
  report.since = since_;
  for (const auto& [name, named] : names_) report.names.push_back(sizing_of(name, named));
  std::sort(report.names.begin(), report.names.end(), comes_first);
  if (report.names.size() > most_names) {
    report.names_left_out = report.names.size() - most_names;
    report.names.resize(most_names);
  }
  return report;
}

}  // namespace berth
