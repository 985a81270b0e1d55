// How long Berth takes to come back once a fault is over.
#pragma once

#include "tests/chaos/plan.hpp"
#include "tests/chaos/workload.hpp"
#include "tests/chaos/world.hpp"

#include <memory>
#include <optional>

namespace berth::chaos {

class RecoveryMeter {
 public:
  RecoveryMeter(Api& api, Workload& workload, const HistoryWriter& history, const World& world)
      : api_(api), workload_(workload), history_(history), schedulers_(world.schedulers()) {}

  // After the last fault was healed, and before the next one strikes. Returns when a job has begun, or half a
  // minute of more than Berth's promise has passed. `decided` is a LossWatch's.
  Task<> measure(Strike what, Seconds healed, std::optional<Seconds> decided);

  // Looks whether a machine that was cut off is lost, until it is or the fault has been healed.
  struct LossWatch {
    std::string machine;
    Seconds since = 0;                 // when it was cut off
    bool is_healed = false;            // to be set by who began the watch
    std::optional<Seconds> decided{};  // so long after the cut
  };
  Task<> watch_loss(std::shared_ptr<LossWatch> watch);

 private:
  Task<bool> somebody_leads();
  Task<std::optional<Seconds>> wait_for_leader(Seconds healed);
  Task<std::optional<Seconds>> wait_for_probe(Seconds healed);
  Task<bool> is_lost(std::string machine);

  Api& api_;
  Workload& workload_;
  const HistoryWriter& history_;
  const std::vector<std::string>& schedulers_;
};

// Whether that fault, if it is long enough, makes the leader give a machine up.
bool loses_machine(const Strike& what);

}  // namespace berth::chaos
