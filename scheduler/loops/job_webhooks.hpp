// Delivers to the webhooks that jobs bring along. There may be thousands of them, most of them idle: so one
// task files what happened under the webhooks that want it, and another makes the tries that are due, a
// bounded number at once and of these only so many at one host. A webhook to which nothing is owed costs
// nothing.
//
// A try that hangs keeps its place for limits::webhook_call. So hosts that were prompt, that are new and that
// were slow the last time have places apart from each other: however many hang, they delay none that doesn't.
//
// Each gets its events in their order, one at a time.
#pragma once

#include "scheduler/loops/event_tail.hpp"
#include "scheduler/loops/webhook_notes.hpp"
#include "scheduler/loops/webhook_sender.hpp"
#include "shared/runtime/task_group.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace berth {

class JobWebhooks {
 public:
  // From behind `position` on. Tries are tasks of `tasks`, which are joined before this goes.
  JobWebhooks(asio::any_io_executor executor, Store& store, EventFeed& feed, WebhookSender& sender,
              WebhookNotes& notes, TaskGroup& tasks, std::uint64_t position, std::uint64_t seed);

  // Takes over what the leader before owed. Before the others, once; the names are jobs' (job_note).
  Task<Result<>> resume(std::map<std::string, WebhookProgress> noted);
  // Files events until cancelled.
  Task<> follow();
  // Delivers until cancelled.
  Task<> deliver();

  // How many deliveries are still to be made.
  std::size_t owed() const;

 private:
  struct Target {
    JobId job;
    Webhook hook;
    WebhookUrl url;
    std::deque<std::uint64_t> owed;  // events, rising; never empty
    unsigned failures = 0;           // in a row
    bool is_being_tried = false;     // with the first that is owed
  };

  // How the last try at a host went: prompt if it ended within limits::webhook_prompt, with whatever outcome.
  enum class Standing { prompt, fresh, slow };

  // What goes on at one host.
  struct Host {
    Standing standing = Standing::fresh;
    std::size_t room = 1;     // for tries at once: one more after each that was prompt, one after a slow one
    std::size_t tries = 0;    // never more than `room`, but for those begun before it became slow
    std::size_t targets = 0;  // to which something is owed
    std::deque<std::string> due;  // of these: to be tried, in this order
    bool is_in_line = false;  // in the lane of its standing; only while something is due and there is room
  };

  // The tries at hosts of one standing. Hosts take turns.
  struct Lane {
    std::size_t places = 0;
    std::size_t tries = 0;
    std::deque<std::string> hosts{};  // those in line
  };

  // Takes what is owed to this job's webhooks out of `noted`.
  void resume_job(const Job& job, std::map<std::string, WebhookProgress>& noted);
  Task<std::vector<std::optional<Job>>> records(std::vector<JobId> ids);
  void file(const Event& event, const Job& job);
  Result<Target*> target_of(const std::string& name, JobId job, const Webhook& hook);
  void note(const std::string& name, const Target& target);
  void note_position(std::uint64_t seq, bool has_filed);
  void schedule(const std::string& name, Monotonic due);
  void begin_due();
  void begin_next(Lane& lane);
  Deadline next_due() const;
  Task<> attempt(std::string name, Lane& lane);
  Lane& lane_of(const Host& host) { return lanes_[static_cast<std::size_t>(host.standing)]; }
  void line_up(const std::string& host_name);
  void take_host(const std::string& host_name);   // something is owed to one more target of it
  void leave_host(const std::string& host_name);  // to one less
  void judge_host(const std::string& host_name, Milliseconds took);
  Task<Result<std::optional<Event>>> event_at(std::uint64_t seq);
  // Nothing while the store is away, which is no fault of the webhook.
  Task<std::optional<WebhookVerdict>> try_first(const Target& target);
  void settle(const std::string& name, Target& target, std::optional<WebhookVerdict> verdict);

  Store& store_;
  EventFeed& feed_;
  WebhookSender& sender_;
  WebhookNotes& notes_;
  TaskGroup& tasks_;
  EventTail tail_;
  std::uint64_t noted_;  // the position that was noted last
  std::mt19937_64 random_;
  Wakeup wakeup_;                                    // deliver(): something is due, or could be
  std::map<std::string, Target> targets_;            // by note
  std::set<std::pair<Monotonic, std::string>> due_;  // those that aren't being tried, nor due at their host
  std::map<std::string, Host> hosts_;                // those of targets, and some that were tried lately
  std::size_t idle_hosts_ = 0;                       // of these: without targets
  std::array<Lane, 3> lanes_{Lane{limits::webhook_tries_at_prompt_hosts},
                             Lane{limits::webhook_tries_at_new_hosts},
                             Lane{limits::webhook_tries_at_slow_hosts}};  // by standing
};

}  // namespace berth
