// What must hold of a world that has come to rest, whatever had happened to it.
#include "tests/simulation/state.hpp"

#include <algorithm>

namespace berth::test {
namespace {

// A job may end by itself until its abort has reached it: its grace, the lease of a machine that is cut off,
// and as long as its runtime may be away.
constexpr Milliseconds abort_limit = 60s;

class Judge {
 public:
  explicit Judge(World& world) : world_(world) {}

  void run() {
    judge_submits();
    for (const auto& [id, definition] : world_.asked) {
      std::vector<JobId> ids{id};
      const auto job = world_.now(world_.store.jobs(std::move(ids))).value().front();
      if (!job) {
        wrong("lost: job " + to_string(id));
      } else {
        judge_job(*job);
        judge_log(*job);
      }
    }
    for (const auto& machine : world_.machines) judge_machine(*machine);
    judge_events();
  }

 private:
  void wrong(std::string what) { world_.wrong(std::move(what)); }

  // As many jobs as keys, and those that the client was told of.
  void judge_submits() {
    JobQuery all;
    all.limit = 1'000'000;
    for (const auto id : world_.now(world_.store.find_jobs(all)).value()) {
      if (!world_.asked.contains(id)) wrong("submitted twice: nobody was told of job " + to_string(id));
    }
    if (world_.asked.size() != world_.scenario.jobs)
      wrong("lost: " + std::to_string(world_.scenario.jobs) + " submits have made " +
            std::to_string(world_.asked.size()) + " jobs");
  }

  void judge_job(const Job& job) {
    const auto name = "job " + to_string(job.id);
    ++world_.verdict.counts[std::string(to_string(job.status)) +
                            (job.cause ? " " + std::string(to_string(*job.cause)) : "")];
    if (!is_terminal(job.status)) {
      const auto reason = job.reason ? std::string(to_string(*job.reason)) : "";
      return wrong("stuck: " + name + " is " + std::string(to_string(job.status)) + " " + reason + ": " +
                   job.message);
    }
    const int code = std::stoi(job.definition.env.at("SIMULATE_EXIT"));
    for (const auto& attempt : job.attempts) {
      if (attempt.cause == Cause::exit && attempt.exit_code != code)
        wrong("wrong code: " + name + " says " + std::to_string(attempt.exit_code.value_or(-1)) +
              ", and it was " + std::to_string(code));
    }
    const bool was_seen = !world_.unseen.contains({job.id, job.attempt});
    if (job.status == JobStatus::succeeded && (code != 0 || !was_seen)) wrong("phantom success: " + name);
    const auto is_lost = [](const Attempt& attempt) { return attempt.cause == Cause::executor_lost; };
    if (job.definition.at_most_once && !job.attempts.empty() &&
        std::any_of(job.attempts.begin(), std::prev(job.attempts.end()), is_lost))
      wrong("run again: " + name + ", which was to run at most once");
    // It may have ended well by itself before the abort reached it.
    const auto aborted = world_.aborted.find(job.id);
    if (aborted == world_.aborted.end() || job.status == JobStatus::aborted) return;
    if (job.status != JobStatus::succeeded) return wrong("abort lost: " + name);
    const auto span = *job.finished_at - world_.wall_at(aborted->second.at);
    if (span > abort_limit) wrong("abort late: " + name + " ended " + to_string(span) + " after it");
  }

  // Every byte of what ended by itself.
  void judge_log(const Job& job) {
    if (job.status != JobStatus::succeeded || job.message.find("incomplete") != std::string::npos) return;
    std::uint64_t stored = 0;
    for (const auto& piece : world_.now(world_.store.read_log(job.id, job.attempt, 0)).value()) {
      if (piece.stream == 1 && piece.stream_start != stored)
        wrong("hole in the log of job " + to_string(job.id) + " at byte " + std::to_string(stored));
      if (piece.stream == 1) stored += piece.bytes.size();
    }
    const auto& written = job.definition.env.at("SIMULATE_OUTPUT");
    if (std::to_string(stored) != written)
      wrong("log: of " + written + " bytes of job " + to_string(job.id) + " " + std::to_string(stored) +
            " are there");
  }

  void judge_machine(Machine& machine) {
    for (const auto& container : world_.now(machine.runtime.list(simulated_cluster, machine.name)).value())
      wrong("leaked: the container of job " + to_string(container.identity.job) + " on " + machine.name);
    const auto held = world_.now(world_.store.assigned_jobs(machine.name)).value();
    if (!held.empty())
      wrong("drift: " + machine.name + " still holds " + std::to_string(held.size()) + " jobs");
  }

  void judge_events() {
    std::uint64_t seq = 0;
    while (true) {
      const auto events = world_.now(world_.store.read_events(seq, 1'000, world_.time.now())).value();
      if (events.empty()) return;
      for (const auto& event : events) {
        if (event.seq != seq + 1)
          wrong("feed: event " + std::to_string(event.seq) + " follows " + std::to_string(seq));
        seq = event.seq;
        if (event.job && event.status) judge_event(event);
      }
    }
  }

  // One ending for ever; nothing begins after an acknowledged abort; no machine is given more than it has.
  void judge_event(const Event& event) {
    const auto job = *event.job;
    if (ended_.contains(job))
      wrong("second ending: job " + to_string(job) + " at event " + std::to_string(event.seq));
    if (is_terminal(*event.status)) ended_.insert(job);
    const auto aborted = world_.aborted.find(job);
    if (event.type == "job.assigned" && aborted != world_.aborted.end() &&
        event.seq > aborted->second.last_event)
      wrong("run after its abort: job " + to_string(job));

    const auto& definition = world_.asked.find(job);
    if (definition == world_.asked.end()) return;
    const auto cpu = definition->second.resources.cpu.value;
    if (const auto held = holders_.find(job); held != holders_.end()) {
      used_[held->second] -= cpu;
      holders_.erase(held);
    }
    Job record;
    record.status = *event.status;
    record.reason = event.reason;
    if (!holds_resources(record) || !event.executor) return;
    holders_.emplace(job, *event.executor);
    used_[*event.executor] += cpu;
    if (used_[*event.executor] > machine_cpu.value)
      wrong("over capacity: " + *event.executor + " holds " + std::to_string(used_[*event.executor]) +
            " millicores at event " + std::to_string(event.seq));
  }

  World& world_;
  std::set<JobId> ended_;
  std::map<JobId, std::string> holders_;
  std::map<std::string, std::int64_t> used_;  // millicores by executor
};

}  // namespace

void judge(World& world) { Judge(world).run(); }

}  // namespace berth::test
