// A situation for explain: a small cluster, one job that should run and doesn't, what explain says of it, and
// whether the job runs once what it advises was done, and doesn't before. The passes are those of dispatch.
// Issue 5 asks for forty: each test of the explain_*_test.cpp that calls expect() is one.
#pragma once

#include "scheduler/core/explain.hpp"
#include "tests/scheduler/core/cluster.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <string>

namespace berth::test {

using namespace std::chrono_literals;

class Situation : public ::testing::Test {
 protected:
  // --- the cluster ---
  using Change = std::function<void(ExecutorInfo&)>;
  void machine(const std::string& name, int cores, Bytes memory, const Change& change = {},
               ExecutorState state = ExecutorState::ready) {
    auto& info = cluster.executor(name, cores, memory);
    if (change) change(info);
    infos[name] = &info;
    cluster.update(name, state);
    states[name] = state;
  }
  // A job that runs, put where it fits.
  JobId running(double cores, Bytes memory = 64_MiB, const std::function<void(JobDefinition&)>& change = {}) {
    const auto id = waiting(cores, memory, change);
    cluster.pass();
    EXPECT_TRUE(cluster.is_placed(id));
    cluster.apply(id, lifecycle::Starting{});
    cluster.apply(id, lifecycle::Started{cluster.view.now().wall});
    return id;
  }
  JobId waiting(double cores, Bytes memory = 64_MiB, const std::function<void(JobDefinition&)>& change = {}) {
    auto job = cluster.job(cores, memory);
    if (change) change(job.definition);
    return cluster.submit(std::move(job));
  }
  // The job that is asked about; the pass after it decides on its verdict.
  void ask_about(double cores, Bytes memory = 64_MiB,
                 const std::function<void(JobDefinition&)>& change = {}) {
    subject = waiting(cores, memory, change);
    cluster.pass();
  }
  void time_passes(Milliseconds span) {
    auto now = cluster.view.now();
    cluster.view.tell_time({now.wall + span, now.monotonic + span});
  }

  // --- what explain says ---
  Explanation explain_it() {
    const auto job = *cluster.view.find(subject);
    return explain({cluster.view, cluster.rules, job, cluster.view.now().wall, has_leader, history, nullptr});
  }

  // The first reason is `code` and excludes so many; then every remedy that is told is applied to a cluster
  // like this one, and the job has to run where it is told; as things are, it doesn't.
  void expect(Obstacle code, std::uint32_t excludes) {
    const auto said = explain_it();
    ASSERT_FALSE(said.reasons.empty());
    EXPECT_EQ(to_string(said.reasons.front().code), to_string(code)) << said.reasons.front().message;
    EXPECT_EQ(said.reasons.front().excludes, excludes) << said.reasons.front().message;
    EXPECT_EQ(said, explain_it()) << "it says the same when it is asked again";
    ASSERT_FALSE(said.remedies.empty()) << said.summary;
    EXPECT_FALSE(runs_after({})) << "nothing has to change for it";
    for (const auto& remedy : said.remedies) expect_that_it_helps(remedy);
  }
  void expect_that_it_helps(const Remedy& remedy) {
    const auto where = place_after(remedy.changes);
    EXPECT_NE(where, "") << remedy.message;
    if (remedy.executors.empty()) {
      EXPECT_EQ(where, "new") << remedy.message;
    } else {
      const auto& told = remedy.executors;
      EXPECT_TRUE(std::find(told.begin(), told.end(), where) != told.end())
          << remedy.message << ": " << where;
    }
  }
  bool runs_after(const std::vector<NeededChange>& changes) { return !place_after(changes).empty(); }
  // Where the job runs then; empty: it doesn't.
  std::string place_after(const std::vector<NeededChange>& changes) {
    auto after = copy();
    for (const auto& change : changes) after->make(change);
    after->go_on();
    const auto& job = *after->cluster.view.find(subject);
    return job.status == JobStatus::running ? *job.executor : "";
  }
  // What it says first that would help.
  std::string first_remedy() {
    const auto said = explain_it();
    return said.remedies.empty() ? "" : said.remedies.front().message;
  }
  bool has_remedy(const std::string& words) {
    const auto said = explain_it();
    return std::any_of(said.remedies.begin(), said.remedies.end(),
                       [&](const auto& remedy) { return remedy.message == words; });
  }

  Cluster cluster;
  JobId subject;
  bool has_leader = true;
  bool is_stuck = false;  // the executor doesn't get on with its attempt
  History history;

 private:
  // The cluster as it would be with a remedy.
  struct Changed {
    Cluster cluster;
    JobId subject;
    bool has_leader;
    bool is_stuck;
    std::map<std::string, ExecutorInfo> infos;
    std::map<std::string, ExecutorState> states;

    void make(const NeededChange& change);
    void define(const std::string& field, const std::optional<std::string>& value);
    void update(const std::string& name) { cluster.view.put_executor(infos.at(name), states.at(name)); }
    void end(JobId id);
    void go_on();
  };
  std::unique_ptr<Changed> copy() {
    auto changed = std::make_unique<Changed>(Changed{cluster, subject, has_leader, is_stuck, {}, states});
    for (const auto& [name, info] : infos) changed->infos[name] = *info;
    return changed;
  }

  std::map<std::string, ExecutorInfo*> infos;
  std::map<std::string, ExecutorState> states;
};

inline void Situation::Changed::end(JobId id) {
  const auto& job = *cluster.view.find(id);
  if (holds_resources(job)) {
    cluster.end(id);
  } else {
    cluster.apply(id, lifecycle::AbortRequested{"over"});
  }
}

inline void Situation::Changed::define(const std::string& field, const std::optional<std::string>& value) {
  auto job = *cluster.view.find(subject);
  auto& definition = job.definition;
  const std::string label = "placement.labels.";
  if (field == "resources.cpu") {
    definition.resources.cpu = parse_cores(*value).value();
  } else if (field == "resources.memory") {
    definition.resources.memory = parse_bytes(*value).value();
  } else if (field == "resources.gpu") {
    definition.resources.gpu.reset();
  } else if (field == "resources.gpu.count") {
    definition.resources.gpu->count = static_cast<std::uint32_t>(std::stoul(*value));
  } else if (field == "resources.gpu.type") {
    definition.resources.gpu->type = *value;
  } else if (field == "placement.regions") {
    definition.placement.regions.clear();
    if (value) definition.placement.regions.push_back(*value);
  } else if (field == "placement.datacenters") {
    definition.placement.datacenters.clear();
    if (value) definition.placement.datacenters.push_back(*value);
  } else if (field == "priority") {
    definition.priority = std::stoi(*value);
  } else if (field.starts_with(label)) {
    definition.placement.labels.erase(field.substr(label.size()));
    if (value) definition.placement.labels[field.substr(label.size())] = *value;
  } else {
    ADD_FAILURE() << "no such field: " << field;
  }
  cluster.view.forget(subject);
  cluster.view.put(std::move(job));
}

// The machine that is asked for, and no more: "4 CPUs, 8GiB of memory, 2 nvidia/a100 GPUs, region eu,
// datacenter dc1, label disk=ssd, --allow-volume /data".
inline ExecutorInfo as_demanded(const std::string& words) {
  ExecutorInfo info;
  std::istringstream parts(words);
  for (std::string part; std::getline(parts, part, ',');) {
    std::istringstream in(part);
    std::string first;
    std::string second;
    in >> first >> second;
    if (first == "region") {
      info.region = second;
    } else if (first == "datacenter") {
      info.datacenter = second;
    } else if (first == "label") {
      const auto equals = second.find('=');
      info.labels[second.substr(0, equals)] = second.substr(equals + 1);
    } else if (first == "--allow-volume") {
      info.volume_paths.push_back(second);
    } else if (second == "CPU" || second == "CPUs") {
      info.capacity.cpu = parse_cores(first).value();
    } else if (part.ends_with("of memory")) {
      info.capacity.memory = parse_bytes(first).value();
    } else if (part.ends_with("GPU") || part.ends_with("GPUs")) {
      const bool is_any = second == "GPU" || second == "GPUs";
      for (int i = std::stoi(first); i > 0; --i)
        info.capacity.gpus.push_back({is_any ? "nvidia/t4" : second, "new-" + std::to_string(i), 16_GiB});
    } else {
      ADD_FAILURE() << "no such demand: " << part;
    }
  }
  return info;
}

inline void Situation::Changed::make(const NeededChange& change) {
  const auto name = change.executor.value_or("");
  switch (change.kind) {
    case ChangeKind::definition:
      return define(*change.field, change.value);
    case ChangeKind::job_ends:
      return end(*change.job);
    case ChangeKind::executor_resumes:
    case ChangeKind::executor_returns:
      states.at(name) = ExecutorState::ready;
      infos.at(name).runtime.healthy = true;
      return update(name);
    case ChangeKind::runtime_recovers:
      infos.at(name).runtime.healthy = true;
      return update(name);
    case ChangeKind::gpu_recovers:
      std::erase_if(infos.at(name).runtime.unhealthy_gpus,
                    [&](const auto& gpu) { return gpu.uuid == *change.value; });
      return update(name);
    case ChangeKind::executor_allows:
      infos.at(name).volume_paths.push_back(*change.value);
      return update(name);
    case ChangeKind::executor_joins:
      infos["new"] = as_demanded(*change.value);
      infos["new"].name = "new";
      states["new"] = ExecutorState::ready;
      return update("new");
    case ChangeKind::leader_comes:
      has_leader = true;
      return;
    case ChangeKind::time_passes:
      return cluster.apply(subject, lifecycle::BackoffElapsed{});
    case ChangeKind::attempt_proceeds:
      is_stuck = false;
      return;
  }
}

// The leader makes a pass, and the job's executor does its part, if they can.
inline void Situation::Changed::go_on() {
  if (has_leader) cluster.pass();
  const auto name = cluster.where(subject);
  if (name.empty() || is_stuck) return;
  const auto& there = cluster.view.executors().at(name);
  if (there.state != ExecutorState::ready || !there.info.runtime.healthy) return;
  cluster.apply(subject, lifecycle::Starting{});
  cluster.apply(subject, lifecycle::Started{WallTime{9}});
}

}  // namespace berth::test
