// Jobs as a person reads them. Pure.
#pragma once

#include "cli/formatters/table.hpp"
#include "shared/base/time.hpp"
#include "shared/model/job.hpp"
#include "shared/model/usage.hpp"

#include <optional>
#include <string>
#include <vector>

namespace berth::cli {

// "PENDING (QUEUED)", "RUNNING", "FAILED (OOM)", "SUCCEEDED"; a plain exit needs no cause beside its code.
std::string status_text(const Job& job);

// How long its process ran, or has been running: "3.2s"; "-" before it started.
std::string duration_text(const Job& job, WallTime now);

// The image and what runs in it: "busybox sh -c 'exit 7'".
std::string what_runs(const JobDefinition& definition);

// `berth ls`: one line a job.
Table job_table(const std::vector<Job>& jobs, WallTime now);

// `berth show`: everything worth knowing of one job, key and value a line, then its attempts, and how long
// each phase of them took. With `usage`, what it uses at present.
std::string job_page(const Job& job, WallTime now, const TableStyle& style,
                     const std::optional<JobUsage>& usage = std::nullopt);

}  // namespace berth::cli
