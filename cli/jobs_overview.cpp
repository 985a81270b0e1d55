#include "cli/jobs_overview.hpp"

#include "cli/job_records.hpp"
#include "shared/model/event.hpp"

#include <utility>

namespace berth::cli {
namespace {

// Later than anything: behind the newest event, whatever the clocks say.
constexpr const char* end_of_time = "9999-12-31T23:59:59Z";

}  // namespace

Task<> JobsOverview::refresh() {
  Result<> done;
  if (!position_) done = co_await find_position();
  if (done && looked_at_ < board_.size()) {
    done = co_await look_at_jobs();
  } else if (done) {
    done = co_await read_events();
  }
  // An answer that isn't what it should be won't be better behind the same position.
  if (!done && !is_transient(done.error())) start_over();
}

// Before the jobs are looked at, so that nothing falls between.
Task<Result<>> JobsOverview::find_position() {
  EventQuery query;
  query.since = end_of_time;
  const auto page = co_await client_.event_page(std::move(query));
  if (!page) co_return page.error();
  position_ = std::to_string(page->last);
  looked_at_ = 0;
  co_return Result<>{};
}

Task<Result<>> JobsOverview::look_at_jobs() {
  auto count = records_at_once;
  auto ids = board_.alive(looked_at_, count);
  while (ids.empty() && looked_at_ + count < board_.size()) {
    looked_at_ += count;
    ids = board_.alive(looked_at_, count);
  }
  if (cost_of_reading(ids) > calls_a_look) {
    count = calls_a_look;
    ids = board_.alive(looked_at_, count);
  }
  const auto records = co_await read_records(client_, ids);
  if (!records) co_return records.error();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto& record = (*records)[i];
    if (record) {
      board_.note(ids[i], record->job.status);
    } else {
      board_.note_gone(ids[i]);
    }
  }
  looked_at_ += count;
  co_return Result<>{};
}

Task<Result<>> JobsOverview::read_events() {
  for (std::size_t pages = 0; pages < event_pages_a_look; ++pages) {
    EventQuery query;
    query.jobs = to_string(board_.first()) + "-" + to_string(board_.last());
    query.after = position_;
    const auto page = co_await client_.event_page(std::move(query));
    if (!page) co_return page.error();
    if (page->gap) {
      start_over();
      co_return Result<>{};
    }
    for (const auto& raw : page->events) {
      const auto event = from_json<Event>(raw);
      if (event && event->job && event->status) board_.note(*event->job, *event->status);
    }
    position_ = page->next ? *page->next : std::to_string(page->last);
    if (!page->next) break;
  }
  co_return Result<>{};
}

}  // namespace berth::cli
