// Events as a person reads them. Pure.
#pragma once

#include "cli/formatters/table.hpp"
#include "shared/model/event.hpp"

#include <string>

namespace berth::cli {

// "2026-11-23 18:56:02  job 7  RUNNING (EXECUTING) on node1  job.started  message": one line, without its
// newline, cut to the terminal's width.
std::string event_line(const Event& event, const TableStyle& style);

}  // namespace berth::cli
