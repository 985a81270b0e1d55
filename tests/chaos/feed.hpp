// Follows the feed of events from its beginning, at whichever scheduler answers, and writes it down.
#pragma once

#include "tests/chaos/api.hpp"
#include "tests/chaos/history.hpp"

namespace berth::chaos {

class FeedFollower {
 public:
  FeedFollower(Api& api, const HistoryWriter& history) : api_(api), history_(history) {}

  // Until stop().
  Task<> follow();
  void stop() { is_over_ = true; }
  // What is still to be read now.
  Task<> catch_up();

 private:
  // Takes one page; true if nothing is behind it.
  Task<bool> take_page(Milliseconds patience);

  Api& api_;
  const HistoryWriter& history_;
  std::uint64_t last_ = 0;
  bool is_over_ = false;
};

}  // namespace berth::chaos
