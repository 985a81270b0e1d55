#include "scheduler/core/jobs_to_end.hpp"

#include <algorithm>

namespace berth {
namespace {

bool covers(const Amounts& given, const Amounts& missing) {
  return given.cpu >= missing.cpu && given.memory >= missing.memory && given.gpus >= missing.gpus;
}

void add(Amounts& sum, const Amounts& more) {
  sum.cpu += more.cpu;
  sum.memory += more.memory;
  sum.gpus += more.gpus;
}

void subtract(Amounts& sum, const Amounts& less) {
  sum.cpu -= less.cpu;
  sum.memory -= less.memory;
  sum.gpus -= less.gpus;
}

double share_of(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0.0;
}

// How large it is beside `all`.
double size_of(const Amounts& amounts, const Amounts& all) {
  return share_of(amounts.cpu.value, all.cpu.value) + share_of(amounts.memory.value, all.memory.value) +
         share_of(amounts.gpus, all.gpus);
}

// How much of what is missing it gives.
double gain_of(const Amounts& given, const Amounts& missing) {
  const Amounts useful{std::min(given.cpu, missing.cpu), std::min(given.memory, missing.memory),
                       std::min(given.gpus, missing.gpus)};
  return size_of(useful, missing);
}

}  // namespace

std::optional<std::vector<JobId>> jobs_to_end(const std::vector<Holding>& holdings, const Amounts& missing) {
  if (covers({}, missing)) return std::vector<JobId>{};
  Amounts all;
  for (const auto& holding : holdings) add(all, holding.amounts);
  if (!covers(all, missing)) return std::nullopt;
  const Holding* alone = nullptr;
  std::vector<std::pair<double, const Holding*>> by_gain;
  for (const auto& holding : holdings) {
    const auto& amounts = holding.amounts;
    const bool is_smaller = alone == nullptr || size_of(amounts, all) < size_of(alone->amounts, all);
    if (covers(amounts, missing) && is_smaller) alone = &holding;
    by_gain.emplace_back(gain_of(amounts, missing), &holding);
  }
  if (alone != nullptr) return std::vector{alone->job};
  std::stable_sort(by_gain.begin(), by_gain.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<const Holding*> ending;
  Amounts given;
  for (const auto& [gain, holding] : by_gain) {
    if (covers(given, missing)) break;
    ending.push_back(holding);
    add(given, holding->amounts);
  }
  std::vector<JobId> jobs;
  for (auto holding = ending.rbegin(); holding != ending.rend(); ++holding) {
    auto without = given;
    subtract(without, (*holding)->amounts);
    if (covers(without, missing)) {
      given = without;
    } else {
      jobs.push_back((*holding)->job);
    }
  }
  std::sort(jobs.begin(), jobs.end());
  return jobs;
}

}  // namespace berth
