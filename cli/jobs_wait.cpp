#include "cli/jobs_wait.hpp"

#include "cli/await_end.hpp"

#include <algorithm>
#include <utility>

namespace berth::cli {
namespace {

// How often the line is drawn anew, and so the longest single poll where there is one.
constexpr Milliseconds look_period{1'000};
constexpr Milliseconds first_look_period{200};  // while there are jobs that weren't looked at

}  // namespace

JobsWait::JobsWait(Session session, std::vector<JobId> ids, Deadline deadline, OnEnded on_ended,
                   OnMissing on_missing)
    : session_(session),
      ids_(std::move(ids)),
      deadline_(deadline),
      on_ended_(std::move(on_ended)),
      on_missing_(std::move(on_missing)),
      progress_(!session.context.quiet && !session.context.json) {
  if (progress_.enabled() && !ids_.empty()) overview_.emplace(session_.client, ids_);
}

Task<Result<std::optional<JobRecord>>> JobsWait::run() {
  began_ = std::chrono::steady_clock::now();
  while (next_ < ids_.size()) {
    auto alive = co_await go_on();
    if (!alive) co_return alive.error();
    if (!*alive) continue;
    const auto id = (*alive)->job.id;
    auto ended = co_await await_one(std::move(**alive));
    progress_.hide();
    if (!ended && ended.error().kind == ErrorKind::not_found) {
      pass_over(id);
      continue;
    }
    if (!ended) co_return ended.error();
    if (!is_terminal(ended->job.status)) co_return std::optional<JobRecord>(std::move(*ended));
    tell(std::move(*ended));
  }
  co_return std::optional<JobRecord>{};
}

// Tells of those that come next and have ended, as many as are read at once; returns the first that hasn't.
// Where they end one after the other, one is read at a time.
Task<Result<std::optional<JobRecord>>> JobsWait::go_on() {
  const auto count = std::min(stride_, ids_.size() - next_);
  const auto begin = ids_.begin() + static_cast<std::ptrdiff_t>(next_);
  std::vector<JobId> ids(begin, begin + static_cast<std::ptrdiff_t>(count));
  auto records = co_await read(ids);
  progress_.hide();
  if (!records) co_return records.error();
  for (std::size_t i = 0; i < count; ++i) {
    auto& record = (*records)[i];
    if (!record) {
      pass_over(ids[i]);
      continue;
    }
    if (!is_terminal(record->job.status)) {
      stride_ = 1;
      co_return std::move(record);
    }
    tell(std::move(*record));
  }
  stride_ = std::min(2 * stride_, records_at_once);
  co_return std::optional<JobRecord>{};
}

// A server that isn't there in the beginning may be none at all; one that was comes back.
Task<Result<JobsWait::Records>> JobsWait::read(std::vector<JobId> ids) {
  const auto give_up = deadline_in(has_answered_ ? EndWait::patience : Milliseconds{0});
  for (;;) {
    auto records = co_await read_records(session_.client, ids);
    if (records) {
      has_answered_ = true;
      co_return records;
    }
    const auto now = std::chrono::steady_clock::now();
    if (!is_transient(records.error()) || now >= give_up || now >= deadline_) co_return records.error();
    co_await sleep_until(std::min(deadline_, deadline_in(retry_pause)));
  }
}

// Until it has ended, or the deadline. Where progress is shown, with a look at all of them in between.
Task<Result<JobRecord>> JobsWait::await_one(JobRecord record) {
  auto give_up = deadline_in(EndWait::patience);
  for (;;) {
    co_await look_around();
    int records_seen = 0;
    EndWait wait{.job = record.job.id, .known = std::move(record), .deadline = deadline_};
    wait.give_up = give_up;
    wait.on_record = [&records_seen](const JobRecord&) { ++records_seen; };
    if (overview_) {
      const auto period = overview_->is_complete() ? look_period : first_look_period;
      wait.deadline = std::min(deadline_, deadline_in(period));
    }
    auto seen = co_await await_end(session_.client, std::move(wait));
    if (!seen) co_return seen.error();
    if (is_terminal(seen->job.status) || std::chrono::steady_clock::now() >= deadline_) co_return seen;
    if (records_seen > 1) give_up = deadline_in(EndWait::patience);  // the first is what was known before
    record = std::move(*seen);
  }
}

Task<> JobsWait::look_around() {
  if (!overview_ || std::chrono::steady_clock::now() >= deadline_) co_return;
  co_await overview_->refresh();
  const auto watched = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - began_);
  const auto text = wait_text(overview_->board().counts(), watched);
  progress_.show(text);
}

void JobsWait::tell(JobRecord&& record) {
  ++next_;
  if (overview_) overview_->board().note(record.job.id, record.job.status);
  on_ended_(std::move(record));
}

void JobsWait::pass_over(JobId id) {
  ++next_;
  if (overview_) overview_->board().note_gone(id);
  on_missing_(id);
}

}  // namespace berth::cli
