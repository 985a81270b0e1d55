// Reads what the scheduler has put into this executor's inbox: assignments, and aborts of what runs here.
#pragma once

#include "shared/runtime/async.hpp"
#include "shared/store/store.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace berth {

class Inbox {
 public:
  // Gets every record, in order; an entry may come twice. Must not throw, and returns at once.
  using Deliver = std::function<void(Job)>;

  // Held at first.
  Inbox(Store& store, std::string executor_name, Deliver deliver);

  // Reads until cancelled; a store that is away is asked again.
  Task<> run();

  // From now on nothing is delivered, not even what has been read already …
  void hold() { is_held_ = true; }
  // … until it goes on behind `position`: what Store::inbox_end returned before the assigned jobs were read,
  // so that nothing falls between the two.
  void go_on(std::string position);

 private:
  Store& store_;
  std::string name_;
  std::string position_;
  Deliver deliver_;
  bool is_held_ = true;
  std::uint64_t turn_ = 0;  // rises when the position is set from outside: what was being read is of before
};

}  // namespace berth
