// What jobs themselves write down while they run: a truth that owes nothing to Berth, Redis or Docker. Each
// line has the machine's clock, which is the same in all containers.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace berth::test {

// Shell words for a job whose volume /truth is the folder: says that it lives, `beats` times every quarter of
// a second.
std::string living_script(int beats);

// What was seen of one attempt.
struct Life {
  std::uint32_t attempt = 0;
  std::chrono::duration<double> first{};  // since the machine's start
  std::chrono::duration<double> last{};
  bool has_ended = false;  // by itself, after its last beat
};

class GroundTruth {
 public:
  explicit GroundTruth(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // By job; each attempt's in the order of its number.
  std::map<std::uint64_t, std::vector<Life>> lives() const;
  // Whether an attempt lived when a later one had begun, in words; none if all is well.
  std::vector<std::string> overlaps() const;

 private:
  std::filesystem::path folder_;
};

// The machine's clock.
std::chrono::duration<double> machine_time();

}  // namespace berth::test
