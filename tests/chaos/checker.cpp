#include "tests/chaos/checker.hpp"

#include "tests/chaos/checker_checks.hpp"
#include "tests/chaos/checker_facts.hpp"

#include <algorithm>

namespace berth::chaos {
namespace {

constexpr std::array<WrongName, wrong_count> names{{
    {"lost", "G1"},
    {"duplicates", "G2"},
    {"second endings", "G3"},
    {"overlaps", "G4"},
    {"run again though not allowed", "G5"},
    {"given up with retries left", "G5"},
    {"phantom successes", "G6"},
    {"wrong codes", "G6"},
    {"EXIT_UNKNOWN for no reason", "G6"},
    {"leaked containers", "G7"},
    {"wrong aborts", "G8"},
    {"output missing unsaid", "G9"},
    {"drift at the end", "G10"},
    {"over capacity", "G10"},
    {"false losses", "G11"},
    {"stuck jobs", "G11"},
    {"events missing or twice", "feed"},
    {"leader later than 5 s", "G11"},
    {"loss decided later than 20 s", "G11"},
    {"jobs moved later than 30 s", "G11"},
}};

void count(const Facts& facts, Verdict& verdict) {
  const auto& history = facts.history;
  verdict.seeds.push_back(history.run.seed);
  verdict.minutes = (history.run.ended - history.run.began) / 60;
  verdict.guards_off = history.run.guards_off;
  verdict.submitted = history.asked.size();
  verdict.acknowledged = facts.asked.size();
  for (const auto& call : history.calls)
    verdict.aborts += call.op == Operation::abort && call.outcome == CallOutcome::ok ? 1 : 0;
  for (const auto& fault : history.faults) ++verdict.faults[fault.kind];
  for (const auto& [job, lives] : facts.lives) verdict.begun += lives.size();
  for (const auto& [id, job] : facts.jobs) {
    verdict.attempts += job->attempts.size();
    if (!is_terminal(job->status)) continue;
    ++verdict.finished;
    auto ending = std::string(to_string(job->status));
    if (job->status == JobStatus::failed && job->cause)
      ending += "(" + std::string(to_string(*job->cause)) + ")";
    ++verdict.endings[ending];
  }
}

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

using Counts = std::map<std::string, std::size_t>;
void add(Counts& to, const Counts& from) {
  for (const auto& [what, times] : from) to[what] += times;
}

void add(Verdict& total, const Verdict& verdict) {
  append(total.seeds, verdict.seeds);
  total.minutes += verdict.minutes;
  for (const auto& guard : verdict.guards_off) {
    auto& all = total.guards_off;
    if (std::find(all.begin(), all.end(), guard) == all.end()) all.push_back(guard);
  }
  total.submitted += verdict.submitted;
  total.acknowledged += verdict.acknowledged;
  total.aborts += verdict.aborts;
  total.finished += verdict.finished;
  total.attempts += verdict.attempts;
  total.begun += verdict.begun;
  add(total.endings, verdict.endings);
  add(total.faults, verdict.faults);
  add(total.losses, verdict.losses);
  add(total.unknown_exits, verdict.unknown_exits);
  total.longest_overlap = std::max(total.longest_overlap, verdict.longest_overlap);
  total.log_bytes += verdict.log_bytes;
  total.log_bytes_missing += verdict.log_bytes_missing;
  total.marked_logs += verdict.marked_logs;
  for (const auto& [kind, times] : verdict.recovery) {
    auto& all = total.recovery[kind];
    append(all.leader, times.leader);
    append(all.decided, times.decided);
    append(all.moved, times.moved);
  }
  for (std::size_t i = 0; i < wrong_count; ++i) {
    total.counts[i].looked_at += verdict.counts[i].looked_at;
    total.counts[i].found += verdict.counts[i].found;
  }
  append(total.findings, verdict.findings);
}

}  // namespace

WrongName name_of(Wrong wrong) { return names[static_cast<std::size_t>(wrong)]; }

Verdict check(const History& history) {
  const Facts facts(history);
  Verdict verdict;
  count(facts, verdict);
  check_admission(facts, verdict);
  check_endings(facts, verdict);
  check_lives(facts, verdict);
  check_repetition(facts, verdict);
  check_exits(facts, verdict);
  check_remains(facts, verdict);
  check_aborts(facts, verdict);
  check_capacity(facts, verdict);
  check_recovery(facts, verdict);
  check_losses(facts, verdict);
  check_feed(facts, verdict);
  return verdict;
}

Verdict sum(const std::vector<Verdict>& verdicts) {
  Verdict total;
  for (const auto& verdict : verdicts) add(total, verdict);
  return total;
}

}  // namespace berth::chaos
