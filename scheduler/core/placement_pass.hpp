// One pass over the waiting jobs: what place() does, step by step, for whoever wants to know what it meets on
// its way (explain), and what would come of it if something changed afterwards. Pure.
#pragma once

#include "scheduler/core/placement.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace berth {

class PlacementPass {
 public:
  // One executor during the pass, with what the pass has left of it.
  struct Slot {
    const ExecutorView* executor;
    Free free;
    std::optional<JobId> kept_for;  // a job that the pass found no room for
  };

  // A job that waits besides those of the view: it has only just come.
  struct Newcomer {
    JobId job;
    JobDefinition definition;
  };

  // The view outlives the pass.
  PlacementPass(const ClusterView& view, const PlacementRules& rules,
                const std::vector<Newcomer>& besides = {});
  // As far as the other has come; the other outlives it.
  PlacementPass(const PlacementPass& other);
  PlacementPass& operator=(const PlacementPass&) = delete;

  // All turns: at most `limit` assignments and `limit` changes of verdict.
  PlacementResult run(std::size_t limit);
  // Only the turns before this one: then slots() are what it finds. Returns what they got.
  std::vector<Assignment> run_until(const Turn& turn);

  // What has happened since.
  struct Later {
    const ExecutorView* executor =
        nullptr;               // one of them as it is now, but for its jobs; it outlives the pass
    std::vector<JobId> ended;  // that ran, that the pass gave a place, or that wait; newcomers, too
  };
  // After run_until(): the turns before `turn`, which is that one or an earlier, take what there is now.
  // Returns what they got by it; what the pass gave to turns from `turn` on is free again.
  //
  // Those that still wait had no room anywhere, and where nothing has changed none has come: so only the
  // executors that have changed are judged again, and the one that was kept, as it may not be any more. That
  // costs a judgement per shape, where another pass costs one per shape and executor.
  std::vector<Assignment> go_on(const Later& later, const Turn& turn);

  // By name.
  const std::vector<Slot>& slots() const { return slots_; }
  // The best of the slots that have room for the shape now, of those that go_on() judged again if it was
  // called; nullptr: none has.
  const Slot* best_slot(const Shape& shape);
  // What it gets there, which is from then on taken.
  Assignment assign(JobId job, const Shape& shape, const Slot& slot);
  // What it has done since it was made: about as many judgements of a shape on an executor.
  std::size_t work() const { return work_; }

 private:
  struct Candidate {
    double score = 0;
    Slot* slot = nullptr;
    // The earlier in the list of executors wins a tie: the same view gives the same answer.
    bool operator<(const Candidate& other) const {
      return score != other.score ? score < other.score : slot > other.slot;
    }
  };
  // The waiting jobs of one shape during a pass, and the executors that may take them, best first.
  struct Candidates {
    const JobQueue::Line* line;
    std::set<Turn>::const_iterator next;
    std::vector<Candidate> slots{};  // a heap, the best in front; scores may be out of date
    bool is_judged = false;
    bool satisfiable = false;
  };

  // What run_until() and go_on() gave.
  struct Given {
    std::size_t slot = 0;
    const Resources* resources = nullptr;
    std::vector<std::string> gpus;
  };

  bool skip_those_that_ended(Candidates& shape) const;
  void take_turns(std::size_t limit, const Turn* until);
  void judge(Candidates& shape);
  void judge_on(Candidates& shape, Slot& slot);
  void note_verdict(const Candidates& shape);
  Slot& open(const std::string& executor);
  void replace(const ExecutorView& executor);
  void end(JobId job);
  void take_back(std::map<Turn, Given>::iterator given);
  Slot* best_of(Candidates& shape) const;
  void reserve_for(const Candidates& shape);

  const ClusterView& view_;
  const PlacementRules rules_;
  std::map<std::string, JobQueue::Line> lines_besides_;  // of the newcomers, by shape_key
  std::size_t verdict_limit_ = 0;
  bool has_looked_for_reservation_ = false;
  std::vector<Slot> slots_;
  std::vector<const ExecutorView*> executors_;
  std::vector<Candidates> shapes_;
  PlacementResult result_;
  std::size_t work_ = 0;
  std::map<Turn, Given> given_;
  std::set<JobId> ended_;
  std::optional<std::set<Slot*>> opened_;  // by go_on(): those to judge; nothing: all
};

}  // namespace berth
