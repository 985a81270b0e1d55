// What would help a waiting job, in words. Pure.
#pragma once

#include "scheduler/core/shape.hpp"
#include "shared/model/explanation.hpp"

#include <string>
#include <vector>

namespace berth {

// Without where: "once job 41 has ended", "with memory 48GiB".
std::string in_words(const NeededChange& change);

// With its message: "on gpu-2 once job 41 has ended", "on 3 executors with memory 48GiB".
Remedy told(std::vector<NeededChange> changes, std::vector<std::string> executors);

// What an executor must have for a shape: "4 CPUs, 8GiB of memory, label disk=ssd". It is enough: memory is
// rounded up to whole MiB.
std::string demands_of(const Shape& shape);

// As a definition has it, and never more than it is.
std::string size_text(Bytes bytes);

}  // namespace berth
