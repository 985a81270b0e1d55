// `docker run`'s flags, and Berth's own, as a job definition. Pure: files and environment are passed in.
#pragma once

#include "shared/model/job_definition.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace berth::cli {

// The flags as they were typed.
struct RunOptions {
  std::string image;
  std::vector<std::string> command;
  std::vector<std::string> env;        // NAME=VALUE, or NAME to take it from the caller's environment
  std::vector<std::string> env_files;  // paths
  std::vector<std::string> volumes;
  std::vector<std::string> labels;   // KEY=VALUE or KEY
  std::vector<std::string> ulimits;  // NAME=SOFT[:HARD]
  std::vector<std::string> regions;
  std::vector<std::string> datacenters;
  std::vector<std::string> constraints;  // KEY=VALUE
  std::optional<std::string> working_dir, user, entrypoint, name, cpus, memory, network, shm_size,
      stop_signal, stop_timeout, timeout, queue_timeout, retries, priority, gpus;
  bool read_only = false;
};

// What the conversion needs from outside.
struct Surroundings {
  std::function<std::optional<std::string>(const std::string& name)> variable;
  std::function<Result<std::string>(const std::string& path)> file;
};

// Checked by the definition's own rules, as the server does. An error's message begins with the flag, or with
// the field that no flag has the name of: "--memory must be a size such as …". As with docker, a NAME that
// isn't set in the environment is left out, --env beats --env-file, and the last of two equal names wins.
Result<JobDefinition> to_definition(const RunOptions& options, const Surroundings& surroundings);

}  // namespace berth::cli
