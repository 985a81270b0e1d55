// What the attempts of a job met, by its record. Pure.
#pragma once

#include "shared/model/explanation.hpp"

#include <vector>

namespace berth {

// Oldest first. A phase ends where the next one begins; one whose begin isn't in the record (an attempt that
// is under way tells it later, or never came to it) is part of the phase before it. Machines' clocks differ:
// a phase that would end before it began took nothing.
std::vector<AttemptStory> stories_of(const Job& job, WallTime now);

}  // namespace berth
