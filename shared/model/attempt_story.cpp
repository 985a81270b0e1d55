#include "shared/model/attempt_story.hpp"

#include <algorithm>
#include <utility>

namespace berth {
namespace {

struct Mark {
  PhaseName phase;
  WallTime at;
};

std::vector<Mark> marks_of(const Attempt& attempt, WallTime waits_since) {
  std::vector<Mark> marks{{PhaseName::queued, waits_since}, {PhaseName::handover, attempt.assigned_at}};
  const auto add = [&](PhaseName phase, const std::optional<WallTime>& at) {
    if (at) marks.push_back({phase, *at});
  };
  const auto& steps = attempt.steps;
  // The image is looked for first, which takes no time worth a phase where it has to be pulled.
  if (!steps.pull_at) add(PhaseName::create, steps.begun_at);
  add(PhaseName::pull, steps.pull_at);
  add(PhaseName::create, steps.pulled_at);
  add(PhaseName::start, steps.created_at);
  add(PhaseName::run, attempt.started_at);
  if (attempt.started_at) add(PhaseName::stop, steps.stop_at);
  return marks;
}

std::vector<Phase> phases_of(const Attempt& attempt, WallTime waits_since, WallTime now) {
  const auto marks = marks_of(attempt, waits_since);
  std::vector<Phase> phases;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    const bool is_last = i + 1 == marks.size();
    const auto to = is_last ? attempt.finished_at : std::optional(marks[i + 1].at);
    const auto took = std::max(to.value_or(now) - marks[i].at, Milliseconds{0});
    phases.push_back({marks[i].phase, marks[i].at, to, took});
  }
  return phases;
}

std::string ending_of(const Attempt& attempt) {
  if (!attempt.finished_at || !attempt.cause) return {};
  std::string words(to_string(*attempt.cause));
  if (attempt.signal) words += " " + *attempt.signal;
  if (attempt.exit_code) words += ", exit code " + std::to_string(*attempt.exit_code);
  if (attempt.oom_killed && attempt.cause != Cause::oom) words += ", a process was killed for memory";
  return words + (attempt.message.empty() ? "" : ": " + attempt.message);
}

}  // namespace

std::vector<AttemptStory> stories_of(const Job& job, WallTime now) {
  std::vector<AttemptStory> stories;
  auto waits_since = job.created_at;
  for (const auto& attempt : job.attempts) {
    stories.push_back({attempt.number, attempt.executor, attempt.why, phases_of(attempt, waits_since, now),
                       ending_of(attempt)});
    waits_since = attempt.finished_at.value_or(now);
  }
  return stories;
}

}  // namespace berth
