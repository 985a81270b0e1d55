#include "tests/chaos/recovery.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace berth::chaos {
namespace {

using namespace std::chrono_literals;

constexpr double longest = 150;  // what takes longer is said to be so long
constexpr double long_enough = 24;
constexpr Milliseconds look = 100ms;
constexpr Milliseconds one_look = 1s;
constexpr Milliseconds longest_submit = 1min;

// When the job's first line says that it began.
std::optional<Seconds> beginning(const std::filesystem::path& file) {
  std::ifstream lines(file);
  std::string attempt;
  std::string sign;
  Seconds at = 0;
  if (lines >> attempt >> sign >> at) return at;
  return std::nullopt;
}

}  // namespace

bool loses_machine(const Strike& what) {
  constexpr std::array<std::string_view, 7> kinds{
      "kill-executor", "pause-executor", "power-cut",    "kill-executor-and-docker",
      "partition",     "partition-in",   "partition-out"};
  return what.is_alone && what.target.starts_with('m') && what.lasts.count() >= long_enough &&
         std::find(kinds.begin(), kinds.end(), what.kind) != kinds.end();
}

// By its own word, and able to work: the others may not have noticed yet that the last one is gone.
Task<bool> RecoveryMeter::somebody_leads() {
  for (std::size_t i = 0; i < api_.size(); ++i) {
    http::Request request;
    request.target = "/health/ready";
    const auto answer = co_await api_.call(i, std::move(request), one_look);
    if (!answer.is_good()) continue;
    const auto body = parse_json(answer.body);
    if (body && body->at("leader").as_string() == schedulers_[i]) co_return true;
  }
  co_return false;
}

Task<std::optional<Seconds>> RecoveryMeter::wait_for_leader(Seconds healed) {
  std::optional<Seconds> span;
  while (boot_seconds() < healed + longest) {
    const bool is_led = co_await somebody_leads();
    if (is_led) {
      span = boot_seconds() - healed;
      break;
    }
    co_await sleep_until(deadline_in(look));
  }
  co_return span;
}

Task<std::optional<Seconds>> RecoveryMeter::wait_for_probe(Seconds healed) {
  std::optional<Seconds> span;
  const auto job = co_await workload_.submit_probe(longest_submit);
  if (!job) co_return span;
  const auto file = history_.truth_folder() / std::to_string(*job);
  while (!span && boot_seconds() < healed + longest) {
    if (const auto began = beginning(file)) span = *began - healed;
    co_await sleep_until(deadline_in(look));
  }
  co_return span;
}

Task<> RecoveryMeter::measure(Strike what, Seconds healed, std::optional<Seconds> decided) {
  Recovery recovery;
  recovery.kind = what.kind;
  recovery.target = what.target;
  recovery.healed = healed;
  recovery.decided = decided;
  recovery.leader = co_await wait_for_leader(healed);
  recovery.moved = co_await wait_for_probe(healed);
  history_.append(recovery);
}

Task<bool> RecoveryMeter::is_lost(std::string machine) {
  for (std::size_t i = 0; i < api_.size(); ++i) {
    http::Request request;
    request.target = "/v1/executors/" + machine;
    const auto answer = co_await api_.call(i, std::move(request), one_look);
    if (!answer.is_good()) continue;
    const auto body = parse_json(answer.body);
    if (body && body->at("state").as_string() == "LOST") co_return true;
  }
  co_return false;
}

Task<> RecoveryMeter::watch_loss(std::shared_ptr<LossWatch> watch) {
  while (!watch->is_healed) {
    const bool is_over = co_await is_lost(watch->machine);
    if (is_over) break;
    co_await sleep_until(deadline_in(look));
  }
  watch->decided = watch->is_healed ? longest : boot_seconds() - watch->since;
}

}  // namespace berth::chaos
