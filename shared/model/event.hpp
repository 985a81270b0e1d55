// One entry of the durable, ordered feed of everything that happened.
#pragma once

#include "shared/model/job.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace berth {

// Every type of event that there is.
inline constexpr std::array<std::string_view, 19> event_types{
    "job.submitted",       "job.queued",        "job.unsatisfiable", "job.backoff",     "job.assigned",
    "job.pulling",         "job.starting",      "job.started",       "job.stopping",    "job.noted",
    "job.succeeded",       "job.failed",        "job.aborted",       "leader.elected",  "leader.resigned",
    "executor.registered", "executor.draining", "executor.resumed",  "cluster.restored"};

// What stands for one whose record can't be read.
inline constexpr std::string_view unreadable_event = "unreadable";

struct Event {
  std::uint64_t seq = 0;  // rises by every event of the cluster
  WallTime at{};
  std::string type;  // "job.submitted", "job.assigned", "job.started", "executor.registered" …
  std::optional<JobId> job;
  std::optional<JobStatus> status;
  std::optional<Reason> reason;
  std::optional<Cause> cause;
  std::uint32_t attempt = 0;
  std::optional<std::string> executor;
  std::string actor;  // who did it: "api", "scheduler/NAME", "executor/NAME"
  std::string message;
  std::uint64_t version = 0;  // the job's, after this event
  bool webhooks = false;      // the job's definition has some: whoever delivers need not read it to know
  bool operator==(const Event&) const = default;
};

template <>
struct Description<Event> {
  static constexpr std::string_view name = "Event";
  static constexpr bool open = true;
  static constexpr auto fields = std::make_tuple(
      field("seq", &Event::seq, "Rises by every event of the cluster."), field("at", &Event::at, "When."),
      field("type", &Event::type, "What happened."), field("job", &Event::job, "The job it happened to."),
      field("status", &Event::status, "The job's status after it."),
      field("reason", &Event::reason, "The job's reason after it."),
      field("cause", &Event::cause, "How it ended."),
      field("attempt", &Event::attempt, "The attempt it belongs to."),
      field("executor", &Event::executor, "The executor it concerns."),
      field("actor", &Event::actor, "Who did it."), field("message", &Event::message, "In words."),
      field("version", &Event::version, "The job's version after it."),
      field("webhooks", &Event::webhooks, "Whether the job has webhooks of its own."));
};

}  // namespace berth
