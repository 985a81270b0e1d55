// Reads what the scheduler has put into this executor's inbox: assignments, and aborts of what runs here.
#pragma once

#include "shared/runtime/async.hpp"
#include "shared/store/store.hpp"

#include <functional>
#include <string>

namespace berth {

class Inbox {
 public:
  // Gets every record, in order; an entry may come twice. Must not throw, and returns at once.
  using Deliver = std::function<void(Job)>;

  // Reads from behind `position` on: what Store::inbox_end returned before the assigned jobs were read, so
  // that nothing falls between the two.
  Inbox(Store& store, std::string executor_name, std::string position, Deliver deliver);

  // Reads until cancelled; a store that is away is asked again.
  Task<> run();

 private:
  Store& store_;
  std::string name_;
  std::string position_;
  Deliver deliver_;
};

}  // namespace berth
