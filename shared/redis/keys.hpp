// Every key and channel of a cluster, and nothing else makes names: docs/redis-layout.md says what lies
// behind them. All carry the hash tag {berth:CLUSTER}, so that one function call may touch any of them in a
// Redis Cluster too.
#pragma once

#include "shared/base/ids.hpp"
#include "shared/model/job.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace berth::redis {

class Keys {
 public:
  explicit Keys(std::string_view cluster) : root_("{berth:" + std::string(cluster) + "}:") {}

  // What all of them begin with.
  const std::string& root() const { return root_; }

  // --- jobs ---
  std::string job_prefix() const { return root_ + "job:"; }  // functions append the id
  std::string job(JobId id) const { return job_prefix() + to_string(id); }
  std::string last_job() const { return root_ + "last_job"; }
  std::string with_status(JobStatus status) const { return root_ + "jobs:" + std::string(to_string(status)); }
  std::string name_prefix() const { return root_ + "name:"; }  // functions append the job's name
  std::string with_name(std::string_view name) const { return name_prefix() + std::string(name); }
  std::string assigned(std::string_view executor) const {
    return root_ + "assigned:" + std::string(executor);
  }
  std::string idempotency(std::string_view key) const { return root_ + "idempotency:" + std::string(key); }

  // --- events ---
  std::string seq() const { return root_ + "seq"; }
  std::string events() const { return root_ + "events"; }
  std::string status_channel() const { return root_ + "status"; }

  // --- executors ---
  std::string executors() const { return root_ + "executors"; }
  std::string executor(std::string_view name) const { return root_ + "executor:" + std::string(name); }
  std::string inbox(std::string_view executor) const { return root_ + "inbox:" + std::string(executor); }

  // --- leadership ---
  std::string leader() const { return root_ + "leader"; }

  // --- webhooks ---
  std::string webhooks() const { return root_ + "webhooks"; }

  // --- logs ---
  std::string log_prefix() const { return root_ + "log:"; }  // functions append id ":" attempt
  std::string log(JobId job, std::uint32_t attempt) const {
    return log_prefix() + to_string(job) + ":" + std::to_string(attempt);
  }
  std::string log_channel(JobId job) const { return root_ + "logs:" + to_string(job); }

 private:
  std::string root_;
};

}  // namespace berth::redis
