// An attempt as a small picture: how long it was queued, pulled, created, started, ran and stopped. Pure.
#pragma once

#include "cli/formatters/table.hpp"
#include "shared/model/explanation.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace berth::cli {

// A bar whose segments are as long as the phases took, each at least a cell, and what they are below it:
//
//   ··░░░░░░▒▓██████████████████
//   · queued 2s  ░ pull 2.8s  ▒ create 200ms  ▓ start 300ms  █ run 4.5s so far
//
// Lines end in a newline and are indented by two. Without a width (piped) there is no bar, and the phases are
// on one line, in words.
std::string timeline(const AttemptStory& attempt, const TableStyle& style);

// How many of `cells` each span gets: in proportion, at least one where it isn't 0, and all of them together.
// Nothing where there are more spans than cells, or none.
std::vector<std::size_t> share_cells(const std::vector<Milliseconds>& spans, std::size_t cells);

}  // namespace berth::cli
