// Job files: YAML (and so JSON too), one definition a document.
#pragma once

#include "shared/model/job_definition.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace berth {

// Every document of `text` as a definition. The error's message begins with "FILE:LINE:COLUMN: "; `file` is
// only used for that. An empty file is an error.
Result<std::vector<JobDefinition>> parse_job_file(std::string_view text, std::string_view file);

}  // namespace berth
