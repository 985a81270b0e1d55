// What the store writes for new and changed jobs, composed as the words of the functions admit and transition
// (functions.lua has their contracts). No I/O.
#pragma once

#include "shared/redis/keys.hpp"
#include "shared/redis/wire.hpp"
#include "shared/store/store.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace berth::redis {

// An event as functions want it: JSON without its opening brace and without "seq".
std::string event_body(const Event& event);

// The record of a job that was admitted just now; its id is what Redis gives it.
Job new_job(WallTime now);

Command admit_command(const Keys& keys, const std::vector<JobDefinition>& definitions,
                      const std::optional<IdempotencyKey>& key, const std::string& actor, WallTime now);

// One call for all of `changes`, at most limits::max_batch of them, each of another job. Takes what it needs
// out of them.
Command transition_command(const Keys& keys, std::span<Change> changes, std::optional<Epoch> epoch,
                           const std::optional<Sighting>& last, WallTime now);

// Of jobs that have ended.
Command forget_command(const Keys& keys, const std::vector<Job>& jobs, Epoch epoch);

// How many of the changes, from the first on, one call may carry.
std::size_t batch_size(std::span<const Change> changes);

// The executor whose inbox hears of a change, or nothing: it assigns the attempt, or asks a live one to end.
std::optional<std::string> told_executor(const Job& before, const Job& after);

// The event of a change: everything but `seq`.
Event event_of(const Change& change, WallTime now);

}  // namespace berth::redis
