#include "tests/chaos/nemesis.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <iostream>
#include <utility>

namespace berth::chaos {
namespace {

using namespace std::chrono_literals;

constexpr Span worth_measuring{5};  // a calm
constexpr int tries_to_mend = 30;
constexpr Milliseconds between_tries = 500ms;

Milliseconds milliseconds(Span span) { return std::chrono::duration_cast<Milliseconds>(span); }

}  // namespace

std::vector<Nemesis::Turn> Nemesis::in_order(const std::vector<Strike>& plan) {
  std::vector<Turn> turns;
  for (std::size_t i = 0; i < plan.size(); ++i) {
    turns.push_back({plan[i].at, i, false});
    turns.push_back({plan[i].at + plan[i].lasts, i, true});
  }
  std::stable_sort(turns.begin(), turns.end(), [](const Turn& a, const Turn& b) { return a.at < b.at; });
  return turns;
}

Task<> Nemesis::play(std::vector<Strike> plan, Span length) {
  const auto turns = in_order(plan);
  const auto began = loop_now();
  Monotonic origin = began;  // moves when a calm lasts longer than planned
  for (std::size_t i = 0; i < turns.size(); ++i) {
    const auto& turn = turns[i];
    const auto& what = plan[turn.strike];
    co_await sleep_until(origin + milliseconds(turn.at));
    if (!turn.is_heal) {
      if (loop_now() < began + milliseconds(length)) begin(turn.strike, what);
      continue;
    }
    if (!active_.contains(turn.strike)) continue;  // it never struck
    const auto watch = active_.at(turn.strike).watch;
    const auto healed = co_await end(turn.strike, what);
    const bool is_calm = i + 1 == turns.size() || turns[i + 1].at - turn.at > worth_measuring;
    if (!active_.empty() || !is_calm) continue;
    co_await watches_.join();
    const auto decided = watch ? watch->decided : std::nullopt;
    co_await meter_.measure(what, healed, decided);
    if (i + 1 < turns.size()) origin = std::max(origin, loop_now() - milliseconds(turns[i + 1].at) + 1s);
  }
  co_await sleep_until(began + milliseconds(length));
}

void Nemesis::begin(std::size_t number, const Strike& what) {
  Active active;
  active.began = boot_seconds();
  try {
    active.detail = strike(world_, what);
  } catch (const std::runtime_error& failure) {
    active.detail = std::string("struck in part: ") + failure.what();
  }
  if (loses_machine(what)) {
    active.watch = std::make_shared<RecoveryMeter::LossWatch>();
    active.watch->machine = what.target;
    active.watch->since = active.began;
    watches_.spawn("loss watch", meter_.watch_loss(active.watch));
  }
  std::cerr << fmt::format("{:5.0f}  {} {} for {:.1f} s{}{}\n", what.at.count(), what.kind, what.target,
                           what.lasts.count(), active.detail.empty() ? "" : ": ", active.detail);
  ++faults_;
  active_.emplace(number, std::move(active));
}

Task<Seconds> Nemesis::end(std::size_t number, Strike what) {
  co_await mend(what);
  const auto healed = boot_seconds();
  auto active = active_.extract(number).mapped();
  if (active.watch) active.watch->is_healed = true;
  Fault fault;
  fault.began = active.began;
  fault.ended = healed;
  fault.kind = what.kind;
  fault.target = what.target;
  fault.detail = active.detail;
  history_.append(fault);
  co_return healed;
}

Task<> Nemesis::mend(Strike what) {
  for (int tries = 1;; ++tries) {
    std::string failure;
    try {
      heal(world_, what);
      co_return;
    } catch (const std::runtime_error& error) {
      failure = error.what();
    }
    if (tries == tries_to_mend) throw std::runtime_error("can't mend " + what.target + ": " + failure);
    co_await sleep_until(deadline_in(between_tries));
  }
}

}  // namespace berth::chaos
