#include "tests/chaos/plan.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <stdexcept>

namespace berth::chaos {
namespace {

constexpr double lease_and_some = 24;  // a machine that is silent for so long must be lost
constexpr std::size_t machines_at_once = 2;
constexpr double in_a_round = 30;  // seconds in which a round's faults strike
constexpr double calm = 9;

// Draws without replacement, again and again: even a short run has something of everything.
class Deck {
 public:
  Deck(std::vector<Kind> kinds, std::mt19937_64& random) : kinds_(std::move(kinds)), random_(random) {}

  // The next one for which there is a place.
  template <class Fits>
  std::optional<Kind> deal(const Fits& fits) {
    if (cards_.empty()) {
      cards_.assign(kinds_.begin(), kinds_.end());
      std::shuffle(cards_.begin(), cards_.end(), random_);
    }
    const auto found = std::find_if(cards_.begin(), cards_.end(), fits);
    if (found == cards_.end()) return std::nullopt;
    const Kind card = *found;
    cards_.erase(found);
    return card;
  }

 private:
  std::vector<Kind> kinds_;
  std::mt19937_64& random_;
  std::deque<Kind> cards_;
};

class Planner {
 public:
  Planner(std::uint64_t seed, Span length, const std::vector<std::string>& kinds, const Targets& targets)
      : random_(seed), length_(length.count()), targets_(targets), deck_(chosen(kinds), random_) {}

  std::vector<Strike> run() {
    double now = 2;
    while (now + calm < length_) {
      now = round(now);
      now = alone(now);
    }
    std::stable_sort(strikes_.begin(), strikes_.end(),
                     [](const Strike& a, const Strike& b) { return a.at < b.at; });
    return std::move(strikes_);
  }

 private:
  static std::vector<Kind> chosen(const std::vector<std::string>& names) {
    std::vector<Kind> result;
    for (const auto& kind : all_kinds()) {
      if (std::find(names.begin(), names.end(), kind.name) != names.end()) result.push_back(kind);
    }
    if (result.empty()) throw std::invalid_argument("a plan needs kinds of faults");
    return result;
  }

  double between(double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random_);
  }

  // Several, a few seconds apart. Returns when the calm behind it is over.
  double round(double begin) {
    double healed = begin;
    for (double now = begin; now < begin + in_a_round; now += between(1, 5)) {
      const auto end = strike(now, false);
      if (end) healed = std::max(healed, *end);
    }
    return healed + calm;
  }

  double alone(double begin) { return strike(begin, true).value_or(begin) + calm; }

  // When it is healed; nothing if there was no place for one, or no time.
  std::optional<double> strike(double now, bool is_alone) {
    const auto kind = deck_.deal([&](const Kind& card) { return !free_targets(card.victim, now).empty(); });
    if (!kind) return std::nullopt;
    auto lasts = between(kind->shortest, kind->longest);
    // Half of those that can are long enough to lose the machine.
    if (is_alone && kind->longest > lease_and_some && between(0, 1) < 0.5)
      lasts = between(lease_and_some, kind->longest);
    if (now + lasts > length_) return std::nullopt;
    const auto candidates = free_targets(kind->victim, now);
    const auto target = candidates[random_() % candidates.size()];
    strikes_.push_back({Span(now), Span(lasts), kind->name, target, random_(), is_alone});
    broken_until_[target] = now + lasts + 0.5;
    return now + lasts;
  }

  bool is_machine(const std::string& name) const {
    return std::find(targets_.machines.begin(), targets_.machines.end(), name) != targets_.machines.end();
  }

  std::vector<std::string> free_targets(Victim victim, double now) const {
    std::vector<std::string> candidates;
    const auto add = [&](const std::vector<std::string>& names) {
      candidates.insert(candidates.end(), names.begin(), names.end());
    };
    if (victim != Victim::machine && victim != Victim::redis) add(targets_.schedulers);
    if (victim != Victim::scheduler && victim != Victim::redis) add(targets_.machines);
    if (victim == Victim::redis || victim == Victim::berth) candidates.emplace_back("redis");
    const auto is_broken = [&](const std::string& name) {
      const auto found = broken_until_.find(name);
      return found != broken_until_.end() && found->second > now;
    };
    const auto machines_down = static_cast<std::size_t>(
        std::count_if(targets_.machines.begin(), targets_.machines.end(), is_broken));
    std::erase_if(candidates, [&](const std::string& name) {
      return is_broken(name) || (is_machine(name) && machines_down >= machines_at_once);
    });
    return candidates;
  }

  std::mt19937_64 random_;
  double length_;
  const Targets& targets_;
  Deck deck_;
  std::map<std::string, double> broken_until_;
  std::vector<Strike> strikes_;
};

}  // namespace

const std::vector<Kind>& all_kinds() {
  static const std::vector<Kind> kinds{
      {"kill-scheduler", Victim::scheduler, 0.2, 8},
      {"pause-scheduler", Victim::scheduler, 1, 20},
      {"kill-executor", Victim::machine, 0.2, 30},
      {"pause-executor", Victim::machine, 1, 40},
      {"power-cut", Victim::machine, 2, 35},
      {"kill-docker", Victim::machine, 0.5, 15},
      {"restart-docker", Victim::machine, 0.1, 3},
      {"pause-docker", Victim::machine, 1, 25},
      {"kill-executor-and-docker", Victim::machine, 1, 35},
      {"partition", Victim::client_of_redis, 1, 35},
      {"partition-in", Victim::client_of_redis, 1, 35},
      {"partition-out", Victim::client_of_redis, 1, 35},
      {"reset", Victim::client_of_redis, 0.5, 10},
      {"loss", Victim::client_of_redis, 3, 20},
      {"redis-pause", Victim::redis, 0.5, 12},
      {"redis-kill", Victim::redis, 0.2, 6},
      {"redis-oom", Victim::redis, 1, 10},
      {"redis-disk-full", Victim::redis, 1, 8},
      {"clock-step", Victim::berth, 2, 25},
      {"kill-init", Victim::machine, 0, 0},
  };
  return kinds;
}

std::vector<Strike> plan(std::uint64_t seed, Span length, const std::vector<std::string>& kinds,
                         const Targets& targets) {
  return Planner(seed, length, kinds, targets).run();
}

}  // namespace berth::chaos
