// How far deliveries to webhooks are, kept in the store for the next leader: what has changed is collected
// here and written now and then, so that a delivery doesn't cost a write. What wasn't written when a leader
// dies is delivered again.
#pragma once

#include "shared/model/job.hpp"
#include "shared/runtime/async.hpp"
#include "shared/store/store.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>

namespace berth {

// What targets are called. The first sorts behind all the others: that is used by save().
inline constexpr const char* jobs_note = "jobs";  // events up to it are filed under jobs' webhooks
std::string cluster_note(const std::string& url);
std::string job_note(JobId job, std::size_t index);  // index: in the job's definition
struct JobTarget {
  JobId job;
  std::size_t index = 0;
};
std::optional<JobTarget> parse_job_note(std::string_view name);

class WebhookNotes {
 public:
  explicit WebhookNotes(Store& store) : store_(store) {}

  // What the leader before has noted. Forgets what wasn't saved here.
  Task<Result<std::map<std::string, WebhookProgress>>> load();

  void set(const std::string& target, WebhookProgress progress);
  void remove(const std::string& target);

  // Writes what has changed. What can't be written is tried again with the next save. One at a time.
  Task<> save(Epoch epoch);

 private:
  using Changes = std::map<std::string, std::optional<WebhookProgress>>;

  Store& store_;
  Changes changed_;
  Changes unsaved_;              // that a save under way, or one that failed, was to write
  std::set<std::string> known_;  // that the store has, or may have
};

}  // namespace berth
