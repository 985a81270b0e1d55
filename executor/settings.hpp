// What an operator decides about one executor.
#pragma once

#include "executor/host/gpus.hpp"
#include "shared/base/limits.hpp"
#include "shared/model/resources.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace berth {

struct ExecutorSettings {
  std::string name;                      // unique in the cluster
  std::string cluster = "default";       // part of every container's name and labels
  std::optional<Millicores> cpu;         // absent: measured
  std::optional<Bytes> memory;           // absent: measured
  std::optional<std::vector<Gpu>> gpus;  // declared, with no device behind them; absent: measured
  GpuSources gpu_sources;                // where they are looked for
  std::string region;
  std::string datacenter;
  std::map<std::string, std::string> labels;
  std::vector<std::string> volume_paths;  // jobs may mount what lies below these; none: no volumes at all
  std::string runtime = "docker";         // or "simulated"
  Milliseconds lease = limits::lease;     // how long containers outlive the last contact with the store
  Bytes log_limit = limits::log_limit;    // of an attempt's output in the store …
  bool keeps_all_output = false;          // … unless that keeps it all
  bool alone = false;  // no other can have this name now: whoever had it is gone and needn't be waited for
};

}  // namespace berth
