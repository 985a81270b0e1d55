// The jobs that wait for a place, in the order in which they get one: higher priority first, first in first
// out inside one priority. Kept by shape, because a pass that finds no room for one job of a shape needn't
// look at its others.
#pragma once

#include "scheduler/core/shape.hpp"
#include "shared/base/ids.hpp"
#include "shared/base/time.hpp"

#include <compare>
#include <cstddef>
#include <set>
#include <string>
#include <unordered_map>

namespace berth {

// A job's turn: the smaller goes first.
struct Turn {
  int priority = 0;
  JobId job;
  std::strong_ordering operator<=>(const Turn& other) const {
    if (priority != other.priority) return other.priority <=> priority;
    return job <=> other.job;
  }
  bool operator==(const Turn&) const = default;
};

class JobQueue {
 public:
  struct Line {  // the waiting jobs of one shape; never empty
    Shape shape;
    std::set<Turn> turns;
  };

  void push(JobId job, const JobDefinition& definition, Monotonic since);
  void remove(JobId job);
  bool contains(JobId job) const { return entries_.contains(job); }
  // Since when it waits for room. It must be here.
  Monotonic since(JobId job) const { return entries_.at(job).since; }
  std::size_t size() const { return entries_.size(); }

  const std::unordered_map<std::string, Line>& lines() const { return lines_; }

 private:
  struct Entry {
    std::string shape_key;
    Turn turn;
    Monotonic since{};
  };
  std::unordered_map<std::string, Line> lines_;  // by shape_key
  std::unordered_map<JobId, Entry> entries_;
};

}  // namespace berth
