#include "tests/support/ground_truth.hpp"

#include "shared/base/time.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace berth::test {

std::string living_script(int beats) {
  return "tell() { read now idle </proc/uptime; echo \"$BERTH_ATTEMPT $1 $now\" >>/truth/$BERTH_JOB_ID; }; "
         "tell beat; i=0; while [ $i -lt " +
         std::to_string(beats) + " ]; do sleep 0.25; tell beat; i=$((i+1)); done; tell end";
}

std::map<std::uint64_t, std::vector<Life>> GroundTruth::lives() const {
  std::map<std::uint64_t, std::vector<Life>> all;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    std::map<std::uint32_t, Life> lives;
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) {
      std::istringstream words(line);
      std::uint32_t attempt = 0;
      std::string what;
      double at = 0;
      if (!(words >> attempt >> what >> at)) continue;
      const std::chrono::duration<double> time(at);
      const auto [place, is_new] = lives.try_emplace(attempt, Life{attempt, time, time, false});
      auto& life = place->second;
      life.first = std::min(life.first, time);
      life.last = std::max(life.last, time);
      if (what == "end") life.has_ended = true;
    }
    auto& of_job = all[std::stoull(entry.path().filename())];
    for (const auto& [number, life] : lives) of_job.push_back(life);
  }
  return all;
}

std::vector<std::string> GroundTruth::overlaps() const {
  std::vector<std::string> found;
  for (const auto& [job, attempts] : lives()) {
    for (std::size_t i = 1; i < attempts.size(); ++i) {
      const auto& earlier = attempts[i - 1];
      const auto& later = attempts[i];
      if (earlier.last < later.first) continue;
      std::ostringstream words;
      words << "job " << job << ": attempt " << earlier.attempt << " still lived at " << earlier.last.count()
            << " s, when attempt " << later.attempt << " had begun at " << later.first.count() << " s";
      found.push_back(words.str());
    }
  }
  return found;
}

std::chrono::duration<double> machine_time() { return SystemClock().boot().since_boot; }

}  // namespace berth::test
