#include "executor/link/reporter.hpp"

#include "shared/runtime/log_subject.hpp"

#include <algorithm>
#include <utility>

namespace berth {
namespace {

bool is_progress(const lifecycle::Event& event) {
  return std::holds_alternative<lifecycle::Pulling>(event) ||
         std::holds_alternative<lifecycle::Starting>(event) ||
         std::holds_alternative<lifecycle::Noted>(event);
}

// A note only changes the message: it doesn't make up for a state that wasn't told.
bool supersedes(const lifecycle::Event& next, const lifecycle::Event& queued) {
  return is_progress(queued) && (!std::holds_alternative<lifecycle::Noted>(next) ||
                                 std::holds_alternative<lifecycle::Noted>(queued));
}

bool is_ending(const lifecycle::Event& event) {
  return std::holds_alternative<lifecycle::AttemptEnded>(event);
}

// Whether the attempt's ending in the record is the one that this outcome describes: then it was ours, and
// only the answer was lost.
bool is_recorded(const Job& record, std::uint32_t attempt, const lifecycle::Outcome& outcome) {
  if (attempt == 0 || record.attempts.size() < attempt) return false;
  const auto& entry = record.attempts[attempt - 1];
  return entry.number == attempt && entry.cause == outcome.cause &&
         entry.finished_at == outcome.finished_at && entry.exit_code == outcome.exit_code;
}

}  // namespace

Reporter::Reporter(asio::any_io_executor executor, Store& store, Clock& clock, std::string executor_name)
    : store_(store),
      clock_(clock),
      name_(std::move(executor_name)),
      actor_("executor/" + name_),
      work_(executor),
      idle_(executor) {}

Reporter::Tracked* Reporter::find(AttemptKey key) {
  const auto found = tracked_.find(key);
  return found == tracked_.end() ? nullptr : &found->second;
}

void Reporter::track(Job record, ReportListener& listener) {
  const AttemptKey key{record.id, record.attempt};
  Tracked tracked;
  if (record.status == JobStatus::running && record.started_at)
    tracked.started = lifecycle::Started{*record.started_at, record.attempts.back().steps};
  tracked.record = std::move(record);
  tracked.listener = &listener;
  // Nobody waits for what was to be told of an attempt that had this key.
  std::erase(ready_, key);
  std::erase(doubtful_, key);
  tracked_.insert_or_assign(key, std::move(tracked));
}

void Reporter::forget(AttemptKey key, const ReportListener& listener) {
  const auto* tracked = find(key);
  if (tracked && tracked->listener == &listener) tracked_.erase(key);
}

void Reporter::report(AttemptKey key, lifecycle::Event event) {
  auto* tracked = find(key);
  if (!tracked) return;
  if (const auto* started = std::get_if<lifecycle::Started>(&event)) tracked->started = *started;
  auto& queue = tracked->queue;
  const bool is_under_way = tracked->written && queue.size() == 1;
  if (!queue.empty() && !is_under_way && supersedes(event, queue.back())) {
    queue.back() = std::move(event);
  } else {
    queue.push_back(std::move(event));
  }
  enqueue(key, *tracked);
}

void Reporter::refresh(const Job& record) {
  auto* tracked = find({record.id, record.attempt});
  // With a change under way the store's answer decides which of the two came first.
  if (!tracked || tracked->written) return;
  if (record.version > tracked->record.version) {
    tracked->record = record;
  } else if (record != tracked->record) {
    verify({record.id, record.attempt});
  }
}

void Reporter::verify(AttemptKey key) {
  auto* tracked = find(key);
  if (tracked && !tracked->is_queued && is_live_here(tracked->record, tracked->record)) doubt(key, *tracked);
}

bool Reporter::has_told(AttemptKey key) {
  const auto* tracked = find(key);
  return !tracked || !tracked->is_queued;
}

void Reporter::enqueue(AttemptKey key, Tracked& tracked) {
  if (std::exchange(tracked.is_queued, true)) return;
  ready_.push_back(key);
  work_.notify();
}

void Reporter::doubt(AttemptKey key, Tracked& tracked) {
  tracked.is_queued = true;
  if (std::exchange(tracked.is_doubtful, true)) return;
  doubtful_.push_back(key);
  work_.notify();
}

Task<> Reporter::run() {
  while (true) {
    co_await work_.wait();
    while (!ready_.empty() || !doubtful_.empty()) {
      if (!doubtful_.empty()) {
        const bool was_read = co_await read_doubtful();
        if (!was_read) continue;
      }
      if (!ready_.empty()) co_await write_batch();
    }
    idle_.notify();
  }
}

Task<bool> Reporter::drain(Deadline deadline) {
  while (!ready_.empty() || !doubtful_.empty() || writing_ > 0) {
    const bool is_notified = co_await idle_.wait(deadline);
    if (!is_notified) co_return false;
  }
  co_return true;
}

// --- writing ---

Task<bool> Reporter::write_batch() {
  Keys keys;
  auto changes = next_changes(keys);
  if (changes.empty()) co_return true;
  writing_ = keys.size();
  const auto result = co_await store_.transition(std::move(changes), std::nullopt);
  writing_ = 0;
  if (result && result->size() == keys.size()) {
    retry_.succeeded();
    for (std::size_t i = 0; i < keys.size(); ++i) settle(keys[i], (*result)[i]);
    co_return true;
  }
  for (const auto key : keys) {
    if (auto* tracked = find(key)) doubt(key, *tracked);
  }
  const auto error =
      result ? internal_error("the store answered fewer changes than were asked for") : result.error();
  co_await back_off(error);
  co_return false;
}

std::vector<Change> Reporter::next_changes(Keys& keys) {
  std::vector<Change> changes;
  while (!ready_.empty() && changes.size() < limits::max_batch) {
    const auto key = ready_.front();
    ready_.pop_front();
    auto* tracked = find(key);
    if (!tracked) continue;
    if (compose(*tracked, changes)) {
      keys.push_back(key);
    } else if (tracked->is_queued && !tracked->queue.empty()) {
      doubt(key, *tracked);  // its ending isn't legal on the record we know: look at the real one
    } else {
      release(key, *tracked);
    }
  }
  return changes;
}

// The change that the first legal event of the queue makes; events that aren't legal any more are dropped,
// except an ending. Returns false when there is none.
bool Reporter::compose(Tracked& tracked, std::vector<Change>& changes) {
  while (!tracked.queue.empty()) {
    const auto& event = tracked.queue.front();
    auto after = lifecycle::apply(tracked.record, event, clock_.wall());
    if (after) {
      tracked.written = *after;
      changes.push_back({tracked.record, *after, lifecycle::feed_type(event, *after), actor_});
      return true;
    }
    if (is_ending(event)) return false;
    log_about({name_, tracked.record.id, tracked.record.attempt}, spdlog::level::debug, "{}: {}", name_,
              after.error().message);
    tracked.queue.pop_front();
  }
  return false;
}

void Reporter::settle(AttemptKey key, const Changed& changed) {
  auto* tracked = find(key);
  if (!tracked || !tracked->written) return;  // tracked anew meanwhile
  if (changed.outcome == Changed::Outcome::conflict) {
    tracked->written.reset();
    return doubt(key, *tracked);
  }
  tracked->record = std::move(*tracked->written);
  tracked->record.version = changed.version;
  recorded(key, *tracked);
}

void Reporter::recorded(AttemptKey key, Tracked& tracked) {
  const bool has_ended = is_ending(tracked.queue.front());
  tracked.queue.pop_front();
  tracked.written.reset();
  release(key, tracked);
  if (has_ended) tracked.listener->on_ending_recorded();
}

void Reporter::release(AttemptKey key, Tracked& tracked) {
  tracked.is_queued = false;
  if (!tracked.queue.empty()) return enqueue(key, tracked);
  tracked.listener->on_all_told();
}

// --- reading again ---

Task<bool> Reporter::read_doubtful() {
  Keys keys;
  std::vector<JobId> ids;
  while (!doubtful_.empty() && keys.size() < limits::max_batch) {
    const auto key = doubtful_.front();
    doubtful_.pop_front();
    auto* tracked = find(key);
    if (!tracked) continue;
    tracked->is_doubtful = false;
    keys.push_back(key);
    ids.push_back(key.job);
  }
  if (keys.empty()) co_return true;
  writing_ = keys.size();
  const auto records = co_await store_.jobs(std::move(ids));
  writing_ = 0;
  if (records && records->size() == keys.size()) {
    retry_.succeeded();
    for (std::size_t i = 0; i < keys.size(); ++i) reread(keys[i], (*records)[i]);
    co_return true;
  }
  for (const auto key : keys) {
    if (auto* tracked = find(key)) doubt(key, *tracked);
  }
  const auto error =
      records ? internal_error("the store answered fewer jobs than were asked for") : records.error();
  co_await back_off(error);
  co_return false;
}

bool Reporter::is_live_here(const Job& known, const Job& record) const {
  return holds_resources(record) && record.attempt == known.attempt && record.executor == name_ &&
         record.scheduled_at == known.scheduled_at;
}

void Reporter::reread(AttemptKey key, const std::optional<Job>& record) {
  auto* tracked = find(key);
  if (!tracked) return;
  tracked->written.reset();
  auto* listener = tracked->listener;
  if (record && is_live_here(tracked->record, *record)) {
    const bool is_new_abort = record->abort_requested_at && !tracked->record.abort_requested_at;
    tracked->record = *record;
    tell_start_again(*tracked);
    release(key, *tracked);
    if (is_new_abort) listener->on_abort(record->message);
    return;
  }
  const auto* ending =
      tracked->queue.empty() ? nullptr : std::get_if<lifecycle::AttemptEnded>(&tracked->queue.back());
  const bool was_ours = record && ending && is_recorded(*record, key.number, ending->outcome);
  tracked->queue.clear();
  tracked->is_queued = false;
  if (was_ours) return listener->on_ending_recorded();
  const std::string why = record ? "its record has moved on" : "its record is gone";
  log_about({name_, key.job, key.number}, spdlog::level::info, "{}: {} is fenced off: {}", name_,
            to_string(key), why);
  listener->on_fenced_off(why);
}

// Of a store that went back in time: what runs would be called STARTING until it ends.
void Reporter::tell_start_again(Tracked& tracked) {
  const auto is_start = [](const auto& event) { return std::holds_alternative<lifecycle::Started>(event); };
  const auto& queue = tracked.queue;
  const bool is_due = tracked.started && tracked.record.status != JobStatus::running &&
                      std::none_of(queue.begin(), queue.end(), is_start);
  if (is_due) tracked.queue.emplace_front(*tracked.started);
}

Task<> Reporter::back_off(Error error) {
  if (!retry_.has_failed())
    log_about({name_}, spdlog::level::warn, "{}: can't report to the store, trying again: {}", name_,
              error.message);
  co_await retry_.pause();
}

}  // namespace berth
