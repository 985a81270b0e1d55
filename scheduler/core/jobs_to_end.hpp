// Which of the jobs that run on an executor would have to end, so that so much more is free there. Pure.
#pragma once

#include "shared/base/ids.hpp"
#include "shared/model/explanation.hpp"

#include <optional>
#include <vector>

namespace berth {

// A job that runs, and what it would give back: GPUs of the wanted type only.
struct Holding {
  JobId job;
  Amounts amounts;
};

// Few of them, and none in vain: the smallest that suffices alone, else those that give most of what is
// missing, without the ones that aren't needed in the end. Nothing: all together don't suffice.
std::optional<std::vector<JobId>> jobs_to_end(const std::vector<Holding>& holdings, const Amounts& missing);

}  // namespace berth
