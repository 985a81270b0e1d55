// What a scheduler is told when it starts.
#pragma once

#include <string>

namespace berth {

struct SchedulerSettings {
  std::string name;                // unique among the cluster's schedulers
  std::string host = "127.0.0.1";  // where the API listens
  std::string port = "3625";       // decimal; "0" takes a free one
  bool alone = false;              // no other scheduler can be alive on this store (see Leadership)
};

}  // namespace berth
