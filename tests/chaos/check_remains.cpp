// What is left at the end: G7 no containers, G9 all output, G10 nothing held.
#include "tests/chaos/checker_checks.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace berth::chaos {
namespace {

// The daemons were chaos's own and ran nothing else, so that every container counts, in whatever state.
void check_containers(const Facts& facts, Verdict& verdict) {
  for (const auto& [job, lives] : facts.lives) verdict.looked_for(Wrong::leak, lives.size());
  for (const auto& container : facts.history.containers)
    verdict.found(Wrong::leak,
                  container.name + " on " + container.machine + " is " + container.state + " at the end");
}

void check_logs(const Facts& facts, Verdict& verdict) {
  for (const auto& log : facts.history.logs) {
    verdict.looked_for(Wrong::log_loss);
    verdict.log_bytes += log.expected_bytes;
    if (log.marked) {
      ++verdict.marked_logs;
      continue;
    }
    if (log.bytes == log.expected_bytes && log.sha256 == log.expected_sha256) continue;
    verdict.log_bytes_missing += std::max<std::int64_t>(log.expected_bytes - log.bytes, 0);
    verdict.found(Wrong::log_loss,
                  fmt::format("{} printed {} bytes, and {} {} there, without a word",
                              name_of_attempt(log.job, log.attempt), log.expected_bytes, log.bytes,
                              log.bytes == log.expected_bytes ? "others are" : "are"));
  }
}

void check_allocations(const Facts& facts, Verdict& verdict) {
  const auto& allocations = facts.history.allocations;
  for (const auto& machine : facts.history.run.executors) {
    verdict.looked_for(Wrong::drift);
    const auto found =
        std::find_if(allocations.begin(), allocations.end(),
                     [&](const Allocation& allocation) { return allocation.executor == machine.name; });
    if (found == allocations.end()) {
      verdict.found(Wrong::drift, machine.name + " isn't among the executors at the end");
    } else if (found->allocated_cpu != 0 || found->allocated_memory != 0 || found->jobs != 0) {
      verdict.found(Wrong::drift,
                    fmt::format("{} jobs hold {} millicores and {} bytes of {} at the end", found->jobs,
                                found->allocated_cpu, found->allocated_memory, machine.name));
    }
  }
}

}  // namespace

void check_remains(const Facts& facts, Verdict& verdict) {
  check_containers(facts, verdict);
  check_logs(facts, verdict);
  check_allocations(facts, verdict);
}

}  // namespace berth::chaos
