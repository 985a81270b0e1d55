// From what a person typed to the jobs that are meant.
#pragma once

#include "cli/client.hpp"
#include "cli/job_reference.hpp"

#include <string>
#include <vector>

namespace berth::cli {

// All of them, or the first complaint.
Result<std::vector<JobReference>> parse_job_references(const std::vector<std::string>& texts);

// The ids in order, each once; `last` is the newest job, a name means every job of that name, oldest first.
// Error not_found when there is no job yet, or none of that name. Ids as such aren't looked up. `client`
// outlives the task.
Task<Result<std::vector<JobId>>> resolve(Client& client, std::vector<JobReference> references);

}  // namespace berth::cli
