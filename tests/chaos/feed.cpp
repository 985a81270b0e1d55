#include "tests/chaos/feed.hpp"

#include <stdexcept>

namespace berth::chaos {

using namespace std::chrono_literals;

namespace {

constexpr Milliseconds between_reads = 1s;
constexpr Milliseconds while_all_is_broken = 10min;
constexpr Milliseconds at_the_end = 1min;

}  // namespace

Task<bool> FeedFollower::take_page(Milliseconds patience) {
  const auto target = "/v1/events?follow=false&limit=1000&after=" + std::to_string(last_);
  const auto page = co_await api_.ask(target, patience);
  if (const auto* gap = page.at("gap").if_object())
    history_.append(
        FeedGap{gap->at("after").to_number<std::uint64_t>(), gap->at("next").to_number<std::uint64_t>()});
  for (const auto& event : page.at("events").as_array()) {
    const auto parsed = from_json<Event>(event);
    if (!parsed) throw std::runtime_error("an event can't be read: " + parsed.error().message);
    history_.append(*parsed);
  }
  last_ = page.at("last").to_number<std::uint64_t>();
  co_return page.at("next").is_null();
}

Task<> FeedFollower::follow() {
  while (!is_over_) {
    // While everything is broken, nobody answers: the next look gets what this one misses.
    const bool is_at_end = co_await take_page(while_all_is_broken);
    if (is_at_end) co_await sleep_until(deadline_in(between_reads));
  }
}

Task<> FeedFollower::catch_up() {
  for (bool is_at_end = false; !is_at_end;) {
    is_at_end = co_await take_page(at_the_end);
  }
}

}  // namespace berth::chaos
