// G1: what was acknowledged is there. G2: one key, one job.
#include "tests/chaos/checker_checks.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <list>

namespace berth::chaos {
namespace {

bool is_what_was_asked(const Job& job, const Asked& asked) {
  const auto& definition = job.definition;
  std::optional<Seconds> timeout;
  if (definition.timeout) timeout = std::chrono::duration<double>(*definition.timeout).count();
  return definition.resources.cpu.value == asked.cpu && definition.resources.memory.value == asked.memory &&
         definition.at_most_once == asked.at_most_once && definition.retries.max == asked.retries &&
         timeout == asked.timeout;
}

std::string name_of_key(const Asked& asked) { return fmt::format("key {}, {}", asked.key, asked.index); }

void check_acknowledged(const Facts& facts, Verdict& verdict) {
  for (const auto& [id, asked] : facts.asked) {
    verdict.looked_for(Wrong::lost);
    const auto job = facts.jobs.find(id);
    if (job == facts.jobs.end()) {
      verdict.found(Wrong::lost,
                    name_of_job(id) + " was acknowledged to " + name_of_key(*asked) + ", and has no record");
    } else if (!is_what_was_asked(*job->second, *asked)) {
      verdict.found(Wrong::lost, name_of_job(id) + " isn't what " + name_of_key(*asked) + " asked for");
    }
  }
}

// What ran must have a record that knows of it.
void check_run(const Facts& facts, Verdict& verdict) {
  for (const auto& [id, lives] : facts.lives) {
    const auto job = facts.jobs.find(id);
    for (const auto& life : lives) {
      verdict.looked_for(Wrong::lost);
      if (job == facts.jobs.end() || attempt_of(*job->second, life.attempt) == nullptr)
        verdict.found(Wrong::lost, name_of_attempt(id, life.attempt) + " ran, and there is no record of it");
    }
  }
}

// One answer for all calls with a key, whole, and no two keys with the same job.
void check_answers(const Facts& facts, Verdict& verdict) {
  std::map<std::string, std::size_t> definitions;
  for (const auto& asked : facts.history.asked) ++definitions[asked.key];
  std::map<std::string, const Call*> first;
  std::map<std::uint64_t, std::string> owner;
  for (const auto& call : facts.history.calls) {
    if (call.op != Operation::submit || call.outcome != CallOutcome::ok || !call.key) continue;
    const auto [place, is_first] = first.try_emplace(*call.key, &call);
    if (!is_first) {
      if (place->second->ids != call.ids)
        verdict.found(Wrong::duplicate, "key " + *call.key + " was answered with two lists of jobs");
      continue;
    }
    verdict.looked_for(Wrong::duplicate);
    if (call.ids.size() != definitions[*call.key])
      verdict.found(Wrong::lost, fmt::format("key {} asked for {} jobs and was answered with {}", *call.key,
                                             definitions[*call.key], call.ids.size()));
    for (const auto id : call.ids) {
      const auto [held, is_new] = owner.try_emplace(id, *call.key);
      if (!is_new)
        verdict.found(Wrong::lost, name_of_job(id) + " was the answer to key " + held->second +
                                       " and to key " + *call.key);
    }
  }
}

// A job that was in no answer must be one that was asked for by a key without an answer.
void check_unanswered(const Facts& facts, Verdict& verdict) {
  std::list<const Asked*> unanswered;
  for (const auto& asked : facts.history.asked) {
    if (!facts.acknowledged_keys.contains(asked.key)) unanswered.push_back(&asked);
  }
  for (const auto& [id, job] : facts.jobs) {
    if (facts.asked.contains(id)) continue;
    verdict.looked_for(Wrong::duplicate);
    const auto found =
        std::find_if(unanswered.begin(), unanswered.end(),
                     [&, record = job](const Asked* asked) { return is_what_was_asked(*record, *asked); });
    if (found == unanswered.end()) {
      verdict.found(Wrong::duplicate,
                    name_of_job(id) + " was in no answer, and every key that asks for the like has its jobs");
    } else {
      unanswered.erase(found);
    }
  }
}

}  // namespace

void check_admission(const Facts& facts, Verdict& verdict) {
  check_acknowledged(facts, verdict);
  check_run(facts, verdict);
  check_answers(facts, verdict);
  check_unanswered(facts, verdict);
}

}  // namespace berth::chaos
