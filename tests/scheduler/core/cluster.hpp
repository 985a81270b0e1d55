// A cluster in a line or two, and decisions carried out the way dispatch does.
#pragma once

#include "scheduler/core/placement.hpp"
#include "shared/model/job_lifecycle.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace berth::test {

class Cluster {
 public:
  ExecutorInfo& executor(const std::string& name, int cores, Bytes memory) {
    auto& info = infos_[name];
    info.name = name;
    info.capacity = {Millicores{cores * 1000}, memory, {}};
    view.put_executor(info, ExecutorState::ready);
    return info;
  }
  void update(const std::string& name, ExecutorState state = ExecutorState::ready) {
    view.put_executor(infos_.at(name), state);
  }

  Job job(double cores, Bytes memory = 64_MiB) {
    Job job;
    job.id = JobId{++last_id_};
    job.definition.image = "x";
    job.definition.resources.cpu = Millicores{static_cast<std::int64_t>(cores * 1000)};
    job.definition.resources.memory = memory;
    job.reason = Reason::queued;
    job.version = 1;
    return job;
  }
  JobId submit(Job job) {
    const auto id = job.id;
    view.put(std::move(job));
    return id;
  }

  void apply(JobId id, const lifecycle::Event& event) {
    auto after = lifecycle::apply(*view.find(id), event, WallTime{1});
    ASSERT_TRUE(after) << after.error().message;
    ++after->version;
    view.put(std::move(*after));
  }
  PlacementResult pass(std::size_t limit = 1000) {
    auto result = place(view, limit, rules);
    for (const auto& [id, name, gpus, why] : result.assignments)
      apply(id, lifecycle::Assigned{name, gpus, why});
    for (const auto& verdict : result.verdicts) {
      if (verdict.satisfiable)
        apply(verdict.job, lifecycle::Satisfiable{});
      else
        apply(verdict.job, lifecycle::Unsatisfiable{verdict.message});
    }
    EXPECT_EQ(view.check_invariants(), "");
    return result;
  }
  void end(JobId id) {
    lifecycle::Outcome outcome;
    outcome.cause = Cause::exit;
    outcome.exit_code = 0;
    apply(id, lifecycle::AttemptEnded{outcome});
  }
  std::string where(JobId id) const {
    const auto* found = view.find(id);
    return found != nullptr && holds_resources(*found) ? *found->executor : "";
  }

  bool is_placed(JobId id) const { return !where(id).empty(); }

  ClusterView view;
  PlacementRules rules;

 private:
  std::map<std::string, ExecutorInfo> infos_;
  std::uint64_t last_id_ = 0;
};

}  // namespace berth::test
