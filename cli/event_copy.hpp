// Events, printed as they come: a lost connection is made again where it broke off, at whichever server
// answers.
#pragma once

#include "cli/client.hpp"
#include "cli/context.hpp"
#include "shared/http/event_stream.hpp"

#include <string>

namespace berth::cli {

class EventCopy {
 public:
  // Both outlive this.
  EventCopy(const Context& context, Client& client, EventQuery query)
      : context_(context), client_(client), query_(std::move(query)) {}

  // Prints what there is and returns.
  Task<Result<>> print_pages();
  // Prints what comes, for ever. Error: no server could be reached for `patience`, or one refused.
  Task<Result<>> follow();

  static constexpr Milliseconds patience{60'000};
  // Three heartbeats: without a byte for so long a connection is dead without having said so.
  static constexpr Milliseconds silence{45'000};

 private:
  Task<Result<>> copy_stream();
  Result<> print(const json::value& event);

  const Context& context_;
  Client& client_;
  EventQuery query_;
  std::string seen_;  // the last event that was printed or passed over: no gap and no repeat behind it
  Deadline give_up_ = no_deadline;
  Milliseconds pause_ = shortest_pause;

  static constexpr Milliseconds shortest_pause{100};
  static constexpr Milliseconds longest_pause{2'000};
};

}  // namespace berth::cli
