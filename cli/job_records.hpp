// Reading the records of many jobs.
#pragma once

#include "cli/client.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace berth::cli {

// As many as should be asked for at once: what one page of a list holds.
inline constexpr std::size_t records_at_once = limits::max_page;

// The records of these jobs (each named once), in their order; nothing for one that there isn't. Jobs whose
// numbers are close to each other are read in pages, others one by one. Errors: the client's. `client`
// outlives the task.
Task<Result<std::vector<std::optional<JobRecord>>>> read_records(Client& client, std::vector<JobId> ids);

// What that costs, in calls for one job: a page counts for several. At most one for each of them.
std::uint64_t cost_of_reading(const std::vector<JobId>& ids);

// What the API says of a job that it doesn't have.
Error no_such_job(JobId id);

}  // namespace berth::cli
