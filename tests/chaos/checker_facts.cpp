#include "tests/chaos/checker_facts.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <limits>

namespace berth::chaos {
namespace {

// How long after its healing a fault may show: whole leases run out, timers fire, things are restarted.
constexpr Seconds aftermath = 20;
constexpr Seconds forever = std::numeric_limits<Seconds>::infinity();

bool is_executor(const Run& run, const std::string& name) {
  return std::any_of(run.executors.begin(), run.executors.end(),
                     [&](const Machine& machine) { return machine.name == name; });
}

// What befalls Redis befalls every executor; what befalls a scheduler, none.
bool concerns(const Run& run, const Fault& fault, const std::string& executor) {
  if (is_executor(run, fault.target)) return fault.target == executor;
  return fault.target == "redis";
}

}  // namespace

Facts::Facts(const History& run_history) : history(run_history) {
  for (const auto& job : history.jobs) jobs.emplace(job.id.value, &job);
  read_calls();
  read_feed();
  read_lives();
  confine_events();
}

void Facts::read_calls() {
  std::map<std::pair<std::string, std::size_t>, const Asked*> by_key;
  for (const auto& line : history.asked) by_key.emplace(std::pair{line.key, line.index}, &line);
  for (const auto& call : history.calls) {
    if (call.op != Operation::submit || call.outcome != CallOutcome::ok || !call.key) continue;
    acknowledged_keys.insert(*call.key);
    for (std::size_t i = 0; i < call.ids.size(); ++i) {
      const auto found = by_key.find({*call.key, i});
      if (found != by_key.end()) asked.emplace(call.ids[i], found->second);
    }
  }
}

void Facts::read_feed() {
  std::map<std::uint64_t, const Event*> by_seq;
  for (const auto& line : history.feed) {
    if (const auto* event = std::get_if<Event>(&line)) {
      by_seq.emplace(event->seq, event);
    } else {
      has_gaps = true;
    }
  }
  for (const auto& [seq, event] : by_seq) {
    if (event->job) events[event->job->value].push_back(event);
  }
}

void Facts::read_lives() {
  for (const auto& [job, lines] : history.truth) {
    std::map<std::uint32_t, Life> of_job;
    for (const auto& line : lines) {
      const auto [place, is_new] =
          of_job.try_emplace(line.attempt, Life{.attempt = line.attempt, .first = line.at, .last = line.at});
      auto& life = place->second;
      life.first = std::min(life.first, line.at);
      life.last = std::max(life.last, line.at);
      if (line.sign == Sign::begin) ++life.begins;
      if (line.sign == Sign::end) life.end_code = line.code;
    }
    auto& list = lives[job];
    for (const auto& [attempt, life] : of_job) list.push_back(life);
  }
}

void Facts::confine(std::uint64_t seq, Seconds earliest, Seconds latest) {
  auto& early = earliest_.try_emplace(seq, -forever).first->second;
  early = std::max(early, earliest);
  auto& late = latest_.try_emplace(seq, forever).first->second;
  late = std::min(late, latest);
}

// A job was submitted after its key was first sent, and before the first answer.
void Facts::confine_submissions() {
  std::map<std::string, Seconds> first_sent;
  for (const auto& call : history.calls) {
    if (!call.key) continue;
    auto& sent = first_sent.try_emplace(*call.key, call.began).first->second;
    sent = std::min(sent, call.began);
  }
  for (const auto& call : history.calls) {
    if (!call.key || call.outcome != CallOutcome::ok) continue;
    for (const auto id : call.ids) {
      const auto owner = asked.find(id);
      const auto found = events.find(id);
      if (owner == asked.end() || owner->second->key != *call.key || found == events.end()) continue;
      if (found->second.front()->type == "job.submitted")
        confine(found->second.front()->seq, first_sent.at(*call.key), call.ended);
    }
  }
}

void Facts::confine_events() {
  confine_submissions();
  for (const auto& [job, list] : events) {
    const auto record = jobs.find(job);
    if (record == jobs.end()) continue;
    for (const auto* event : list) {
      const auto* known = life(job, event->attempt);
      if (known == nullptr) continue;
      // It was assigned before its process wrote its first line, and ended after the last.
      if (event->type == "job.assigned") confine(event->seq, -forever, known->first);
      const auto* attempt = attempt_of(*record->second, event->attempt);
      if (!holds_resources(*event) && known->end_code && attempt != nullptr && attempt->cause == Cause::exit)
        confine(event->seq, known->last, forever);
    }
  }
  Seconds bound = history.run.began;
  for (auto& [seq, earliest] : earliest_) bound = earliest = std::max(earliest, bound);
  bound = std::max(history.run.settled, history.run.began);
  for (auto place = latest_.rbegin(); place != latest_.rend(); ++place)
    bound = place->second = std::min(place->second, bound);
}

const Life* Facts::life(std::uint64_t job, std::uint32_t attempt) const {
  const auto found = lives.find(job);
  if (found == lives.end()) return nullptr;
  const auto place = std::find_if(found->second.begin(), found->second.end(),
                                  [&](const Life& candidate) { return candidate.attempt == attempt; });
  return place == found->second.end() ? nullptr : &*place;
}

Interval Facts::when(const Event& event) const {
  const auto after = earliest_.upper_bound(event.seq);
  const auto before = latest_.lower_bound(event.seq);
  return {after == earliest_.begin() ? history.run.began : std::prev(after)->second,
          before == latest_.end() ? std::max(history.run.settled, history.run.began) : before->second};
}

Interval Facts::span_of_attempt(std::uint64_t job, std::uint32_t attempt) const {
  Interval span{history.run.began, std::max(history.run.settled, history.run.began)};
  const auto found = events.find(job);
  if (found != events.end()) {
    for (const auto* event : found->second) {
      if (event->attempt != attempt) continue;
      if (event->type == "job.assigned") span.from = when(*event).from;
      if (!holds_resources(*event)) {
        span.to = when(*event).to;
        break;
      }
    }
  }
  if (const auto* known = life(job, attempt)) span.to = std::max(span.to, known->last);
  return span;
}

std::set<std::string> Facts::disturbances(const std::string& executor, const Interval& span,
                                          const std::function<bool(const Fault&)>& counts) const {
  std::set<std::string> kinds;
  for (const auto& fault : history.faults) {
    if (!concerns(history.run, fault, executor) || !counts(fault)) continue;
    if (fault.began <= span.to && fault.ended + history.run.lease + aftermath >= span.from)
      kinds.insert(fault.kind);
  }
  return kinds;
}

const Attempt* attempt_of(const Job& job, std::uint32_t number) {
  const auto found = std::find_if(job.attempts.begin(), job.attempts.end(),
                                  [&](const Attempt& attempt) { return attempt.number == number; });
  return found == job.attempts.end() ? nullptr : &*found;
}

std::string name_of_job(std::uint64_t job) { return fmt::format("job {}", job); }
std::string name_of_attempt(std::uint64_t job, std::uint32_t attempt) {
  return fmt::format("job {}, attempt {}", job, attempt);
}
std::string in_seconds(Seconds time) { return fmt::format("{:.2f} s", time); }

bool holds_resources(const Event& event) {
  if (!event.status) return false;
  Job job;
  job.status = *event.status;
  job.reason = event.reason;
  return holds_resources(job);
}

bool is_own_failure(const Attempt& attempt) {
  switch (attempt.cause.value_or(Cause::exit_unknown)) {
    case Cause::exit:
      return attempt.exit_code != 0;
    case Cause::signal:
    case Cause::oom:
    case Cause::timeout:
      return true;
    default:
      return false;
  }
}

}  // namespace berth::chaos
