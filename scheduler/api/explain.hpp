// A submit that is only tried: POST /v1/jobs?dry_run=true.
#pragma once

#include "scheduler/api/api.hpp"
#include "shared/model/job_definition.hpp"

#include <vector>

namespace berth::api {

// Answers what would become of them; 422 where that takes too long to find out. Nothing is stored.
Task<> try_out(Services& services, std::vector<JobDefinition> definitions, http::Responder& responder);

}  // namespace berth::api
