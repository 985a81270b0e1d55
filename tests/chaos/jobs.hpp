// The jobs of chaos: what they do, and what they must print. Each writes down its own life below /truth.
#pragma once

#include "shared/codec/json.hpp"
#include "shared/model/job_definition.hpp"
#include "tests/chaos/history.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace berth::chaos {

// One definition, and how it is asked for.
struct Order {
  Asked asked;
  std::uint32_t beats = 0;      // half seconds that it lives
  std::uint32_t lines = 0;      // that it prints with each beat, and at its beginning
  std::uint32_t good_from = 0;  // the attempt from which on it exits with 0; 0: none
  int code = 0;                 // of the attempts before; 128+n: it sends itself signal n
  int priority = 50;
};

Order draw_order(std::mt19937_64& random);
// It begins at once where there is room, and ends at once.
Order probe();

json::object definition(const Order& order, const std::string& truth_folder);

// All that an attempt prints on stdout which ends by itself.
std::string expected_output(const JobDefinition& definition);

}  // namespace berth::chaos
