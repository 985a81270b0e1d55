// A run's history in the order in which the checker asks for it. Points into the history, which must outlive
// it.
#pragma once

#include "tests/chaos/history.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace berth::chaos {

// What the ground truth has of one attempt.
struct Life {
  std::uint32_t attempt = 0;
  std::size_t begins = 0;
  Seconds first = 0;
  Seconds last = 0;
  std::optional<int> end_code{};  // it said that it is about to exit with that
};

struct Interval {
  Seconds from = 0;
  Seconds to = 0;
};

class Facts {
 public:
  explicit Facts(const History& history);

  const History& history;
  std::map<std::uint64_t, const Job*> jobs;
  std::map<std::uint64_t, std::vector<const Event*>> events;  // of a job, in the feed's order, each once
  std::map<std::uint64_t, std::vector<Life>> lives;           // of a job, by attempt
  std::set<std::string, std::less<>> acknowledged_keys;
  // Of a job that a client was promised.
  std::map<std::uint64_t, const Asked*> asked;
  bool has_gaps = false;  // the feed says itself that it isn't whole

  const Life* life(std::uint64_t job, std::uint32_t attempt) const;
  // When the event can have happened. The feed's stamps are of wall clocks, which chaos steps; but its order
  // is the order in which things happened, so that whatever is known of an event's neighbours confines it.
  Interval when(const Event& event) const;
  // From its assignment until its end was recorded, at the most.
  Interval span_of_attempt(std::uint64_t job, std::uint32_t attempt) const;

  // Kinds of the faults that can have had an effect on the executor at some time in the span: the last one
  // may have been healed a while before, as leases and timers run on. Nothing if there was none that counts.
  std::set<std::string> disturbances(const std::string& executor, const Interval& span,
                                     const std::function<bool(const Fault&)>& counts) const;

 private:
  void read_calls();
  void read_feed();
  void read_lives();
  void confine_submissions();
  void confine_events();
  void confine(std::uint64_t seq, Seconds earliest, Seconds latest);

  // Since when, and until when, everything up to that event had happened; both only rise with the number.
  std::map<std::uint64_t, Seconds> earliest_;
  std::map<std::uint64_t, Seconds> latest_;
};

// By its number; none: null.
const Attempt* attempt_of(const Job& job, std::uint32_t number);

// "job 7", "job 7, attempt 2"
std::string name_of_job(std::uint64_t job);
std::string name_of_attempt(std::uint64_t job, std::uint32_t attempt);
// "12.34 s"
std::string in_seconds(Seconds time);

// Whether the attempt of an event still holds its resources after it.
bool holds_resources(const Event& event);
// Whether it ended by the job's own doing, so that the user's retries apply.
bool is_own_failure(const Attempt& attempt);

}  // namespace berth::chaos
