// Plays the plan: breaks and mends, and says so, a line each.
#pragma once

#include "shared/runtime/task_group.hpp"
#include "tests/chaos/faults.hpp"
#include "tests/chaos/recovery.hpp"

#include <map>
#include <vector>

namespace berth::chaos {

class Nemesis {
 public:
  Nemesis(asio::any_io_executor executor, World& world, RecoveryMeter& meter, const HistoryWriter& history)
      : world_(world), meter_(meter), history_(history), watches_(std::move(executor)) {}

  // Returns when `length` is over and everything is healed. Calms last until Berth has recovered, so the end
  // of the plan may be left out. Throws std::runtime_error if something can't be mended.
  Task<> play(std::vector<Strike> plan, Span length);

  std::size_t faults() const { return faults_; }

 private:
  struct Active {
    Seconds began = 0;
    std::string detail;
    std::shared_ptr<RecoveryMeter::LossWatch> watch;
  };
  // A strike, or its heal.
  struct Turn {
    Span at{};
    std::size_t strike = 0;
    bool is_heal = false;
  };
  static std::vector<Turn> in_order(const std::vector<Strike>& plan);
  void begin(std::size_t number, const Strike& what);
  Task<Seconds> end(std::size_t number, Strike what);
  Task<> mend(Strike what);

  World& world_;
  RecoveryMeter& meter_;
  const HistoryWriter& history_;
  TaskGroup watches_;
  std::map<std::size_t, Active> active_;  // by its number in the plan
  std::size_t faults_ = 0;
};

}  // namespace berth::chaos
