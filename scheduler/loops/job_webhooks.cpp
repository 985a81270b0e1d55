#include "scheduler/loops/job_webhooks.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace berth {
namespace {

const Job* record_of(const std::vector<std::optional<Job>>& records, const std::vector<JobId>& ids,
                     JobId id) {
  const auto place = std::lower_bound(ids.begin(), ids.end(), id) - ids.begin();
  const auto& record = records[static_cast<std::size_t>(place)];
  return record ? &*record : nullptr;
}

void sort_out(std::vector<JobId>& ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

}  // namespace

JobWebhooks::JobWebhooks(asio::any_io_executor executor, Store& store, EventFeed& feed, WebhookSender& sender,
                         WebhookNotes& notes, TaskGroup& tasks, std::uint64_t position, std::uint64_t seed)
    : store_(store),
      feed_(feed),
      sender_(sender),
      notes_(notes),
      tasks_(tasks),
      tail_(store, feed, "webhooks of jobs", position),
      noted_(position),
      random_(seed),
      wakeup_(std::move(executor)) {}

std::size_t JobWebhooks::owed() const {
  std::size_t count = 0;
  for (const auto& [name, target] : targets_) count += target.owed.size();
  return count;
}

Task<Result<>> JobWebhooks::resume(std::map<std::string, WebhookProgress> noted) {
  std::vector<JobId> ids;
  for (const auto& [name, progress] : noted) {
    if (const auto target = parse_job_note(name)) ids.push_back(target->job);
  }
  sort_out(ids);
  for (std::size_t at = 0; at < ids.size(); at += limits::max_batch) {
    const auto first = ids.begin() + static_cast<std::ptrdiff_t>(at);
    const auto size = std::min<std::ptrdiff_t>(ids.end() - first, limits::max_batch);
    std::vector<JobId> page(first, first + size);
    const auto read = co_await store_.jobs(std::move(page));
    if (!read) co_return read.error();
    for (const auto& job : *read) {
      if (job) resume_job(*job, noted);
    }
  }
  // Their jobs are gone, too many wait, or they are webhooks of the cluster that aren't in the settings any
  // more.
  std::size_t lost = 0;
  for (const auto& [name, progress] : noted) {
    if (parse_job_note(name)) lost += progress.owed.size();
    notes_.remove(name);
  }
  if (lost > 0) sender_.lose_unknown(lost, "their jobs are gone or can't be read, or too many wait");
  co_return Result<>{};
}

void JobWebhooks::resume_job(const Job& job, std::map<std::string, WebhookProgress>& noted) {
  for (std::size_t i = 0; i < job.definition.webhooks.size(); ++i) {
    const auto name = job_note(job.id, i);
    const auto entry = noted.find(name);
    if (entry == noted.end() || entry->second.owed.empty()) continue;
    const auto target = target_of(name, job.id, job.definition.webhooks[i]);
    if (!target) continue;
    (*target)->owed.assign(entry->second.owed.begin(), entry->second.owed.end());
    noted.erase(entry);
  }
}

Task<> JobWebhooks::follow() {
  for (;;) {
    const auto events = co_await tail_.next();
    std::vector<JobId> ids;
    for (const auto& event : events) {
      if (event.webhooks && event.job) ids.push_back(*event.job);
    }
    if (!ids.empty()) {
      sort_out(ids);
      const auto found = co_await records(ids);
      for (const auto& event : events) {
        if (!event.webhooks || !event.job) continue;
        const Job* job = record_of(found, ids, *event.job);
        if (job != nullptr && !job->definition.webhooks.empty()) {
          file(event, *job);
        } else {
          sender_.lose_unknown(1, "job " + to_string(*event.job) + " is gone, or can't be read");
        }
      }
      wakeup_.notify();
    }
    note_position(events.back().seq, !ids.empty());
  }
}

// Events in which there was nothing to file may be looked at again: so a cluster without such webhooks writes
// hardly anything.
void JobWebhooks::note_position(std::uint64_t seq, bool has_filed) {
  if (!has_filed && seq - noted_ < limits::feed_read) return;
  noted_ = seq;
  WebhookProgress progress;
  progress.position = seq;
  notes_.set(jobs_note, std::move(progress));
}

// Of jobs, as often as it takes: what isn't filed would be lost.
Task<std::vector<std::optional<Job>>> JobWebhooks::records(std::vector<JobId> ids) {
  for (;;) {
    auto found = co_await store_.jobs(ids);
    if (found) co_return std::move(*found);
    co_await sleep_until(deadline_in(limits::webhook_first_retry));
  }
}

void JobWebhooks::file(const Event& event, const Job& job) {
  for (std::size_t i = 0; i < job.definition.webhooks.size(); ++i) {
    const auto& hook = job.definition.webhooks[i];
    if (!is_of_interest(hook.on, event)) continue;
    const auto name = job_note(job.id, i);
    const auto filed = target_of(name, job.id, hook);
    if (!filed) {
      sender_.drop(WebhookKind::job, hook, event.seq, filed.error().message);
      continue;
    }
    auto& target = **filed;
    auto& owed = target.owed;
    if (!owed.empty() && event.seq <= owed.back()) continue;  // it was filed by the leader before
    if (owed.size() == limits::webhook_backlog) {
      const auto oldest = owed.begin() + (target.is_being_tried ? 1 : 0);
      sender_.drop(WebhookKind::job, hook, *oldest, "too many wait behind it");
      owed.erase(oldest);
    }
    owed.push_back(event.seq);
    note(name, target);
  }
}

// The target of that name, made if it isn't there; refused when there are too many. One host that is dead
// must not crowd out the others.
Result<JobWebhooks::Target*> JobWebhooks::target_of(const std::string& name, JobId job, const Webhook& hook) {
  const auto found = targets_.find(name);
  if (found != targets_.end()) return &found->second;
  const auto too_many = [](std::size_t count, const char* where) {
    return Error{ErrorKind::refused,
                 "deliveries to " + std::to_string(count) + " webhooks" + where + " wait already"};
  };
  if (targets_.size() >= limits::webhooks_owed) return too_many(limits::webhooks_owed, "");
  Target target;
  target.job = job;
  target.hook = hook;
  if (const auto url = parse_webhook_url(hook.url)) target.url = *url;  // else the try says what is wrong
  const auto host = hosts_.find(target.url.host);
  if (host != hosts_.end() && host->second.targets >= limits::webhooks_owed_at_a_host) {
    return too_many(limits::webhooks_owed_at_a_host, " at that host");
  }
  schedule(name, loop_now());
  take_host(target.url.host);
  return &targets_.emplace(name, std::move(target)).first->second;
}

void JobWebhooks::note(const std::string& name, const Target& target) {
  WebhookProgress progress;
  progress.owed.assign(target.owed.begin(), target.owed.end());
  notes_.set(name, std::move(progress));
}

void JobWebhooks::schedule(const std::string& name, Monotonic due) {
  due_.emplace(due, name);
  wakeup_.notify();
}

Task<> JobWebhooks::deliver() {
  for (;;) {
    begin_due();
    co_await wakeup_.wait(next_due());
  }
}

Deadline JobWebhooks::next_due() const { return due_.empty() ? no_deadline : due_.begin()->first; }

void JobWebhooks::begin_due() {
  const auto now = loop_now();
  while (!due_.empty() && due_.begin()->first <= now) {
    const auto name = due_.begin()->second;
    due_.erase(due_.begin());
    const auto& host_name = targets_.at(name).url.host;
    hosts_.at(host_name).due.push_back(name);
    line_up(host_name);
  }
  for (auto& lane : lanes_) {
    while (lane.tries < lane.places && !lane.hosts.empty()) begin_next(lane);
  }
}

void JobWebhooks::begin_next(Lane& lane) {
  const auto host_name = std::move(lane.hosts.front());
  lane.hosts.pop_front();
  auto& host = hosts_.at(host_name);
  host.is_in_line = false;
  auto name = std::move(host.due.front());
  host.due.pop_front();
  ++host.tries;
  ++lane.tries;
  targets_.at(name).is_being_tried = true;
  line_up(host_name);
  tasks_.spawn("a delivery to a job's webhook", attempt(std::move(name), lane));
}

Task<> JobWebhooks::attempt(std::string name, Lane& lane) {
  auto& target = targets_.at(name);  // it stays while it is being tried
  const auto host_name = target.url.host;
  const auto verdict = co_await try_first(target);
  --lane.tries;
  --hosts_.at(host_name).tries;
  line_up(host_name);
  settle(name, target, verdict);
  wakeup_.notify();
}

void JobWebhooks::line_up(const std::string& host_name) {
  auto& host = hosts_.at(host_name);
  if (host.is_in_line || host.due.empty() || host.tries >= host.room) return;
  host.is_in_line = true;
  lane_of(host).hosts.push_back(host_name);
}

void JobWebhooks::take_host(const std::string& host_name) {
  const auto [host, is_new] = hosts_.try_emplace(host_name);
  if (!is_new && host->second.targets == 0) --idle_hosts_;
  ++host->second.targets;
}

// How it stands is remembered for its next job, but not of all the hosts that there ever were.
void JobWebhooks::leave_host(const std::string& host_name) {
  if (--hosts_.at(host_name).targets > 0) return;
  if (++idle_hosts_ <= limits::webhook_hosts_remembered) return;
  std::erase_if(hosts_, [](const auto& entry) { return entry.second.targets == 0; });
  idle_hosts_ = 0;
}

void JobWebhooks::judge_host(const std::string& host_name, Milliseconds took) {
  auto& host = hosts_.at(host_name);
  if (host.is_in_line) std::erase(lane_of(host).hosts, host_name);
  host.is_in_line = false;
  const bool is_slow = took > limits::webhook_prompt;
  host.standing = is_slow ? Standing::slow : Standing::prompt;
  host.room = is_slow ? 1 : std::min(host.room + 1, limits::webhook_tries_at_a_host);
  line_up(host_name);
}

Task<std::optional<WebhookVerdict>> JobWebhooks::try_first(const Target& target) {
  const auto seq = target.owed.front();
  auto event = co_await event_at(seq);
  if (!event) co_return std::nullopt;
  if (!*event || (*event)->job != target.job) {
    sender_.drop(WebhookKind::job, target.hook, seq, "the store doesn't have it any more");
    co_return WebhookVerdict::drop;
  }
  const auto client = sender_.client_for(target.url, WebhookKind::job);
  const auto began = loop_now();
  const auto verdict = co_await sender_.post(client, WebhookKind::job, target.hook, std::move(**event));
  judge_host(target.url.host, std::chrono::duration_cast<Milliseconds>(loop_now() - began));
  co_return verdict;
}

Task<Result<std::optional<Event>>> JobWebhooks::event_at(std::uint64_t seq) {
  auto events = feed_.recent(seq - 1, 1);
  if (!events || events->empty()) {  // the feed has forgotten it, or hasn't come to it yet
    auto stored = co_await store_.read_events(seq - 1, 1, deadline_in(Milliseconds{0}));
    if (!stored) co_return stored.error();
    events = std::move(*stored);
  }
  std::optional<Event> found;
  if (!events->empty() && events->front().seq == seq) found = std::move(events->front());
  co_return found;
}

void JobWebhooks::settle(const std::string& name, Target& target, std::optional<WebhookVerdict> verdict) {
  target.is_being_tried = false;
  if (!verdict) {
    schedule(name, loop_now() + limits::webhook_first_retry);
    return;
  }
  if (verdict == WebhookVerdict::retry) {
    schedule(name, loop_now() + webhook_wait(++target.failures, random_));
    return;
  }
  target.failures = 0;
  target.owed.pop_front();
  if (target.owed.empty()) {
    notes_.remove(name);
    leave_host(target.url.host);
    targets_.erase(name);
    return;
  }
  note(name, target);
  schedule(name, loop_now());
}

}  // namespace berth
