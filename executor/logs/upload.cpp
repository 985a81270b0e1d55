#include "executor/logs/upload.hpp"

#include "executor/link/retry.hpp"
#include "shared/runtime/log_subject.hpp"

#include <optional>
#include <utility>

namespace berth {

LogUpload::LogUpload(asio::any_io_executor executor, Store& store, Clock& clock, TaskGroup& tasks,
                     AttemptKey attempt, LogLimit limit)
    : store_(store),
      clock_(clock),
      tasks_(tasks),
      attempt_(attempt),
      capture_(limit),
      room_(executor),
      sent_(executor) {}

Task<Result<>> LogUpload::resume() {
  const auto resumed = co_await read_stored();
  if (resumed || is_transient(resumed.error())) {
    refused_since_.reset();
  } else if (!refused_since_) {
    refused_since_ = clock_.monotonic();
  }
  co_return resumed;
}

bool LogUpload::is_resume_hopeless() const {
  return refused_since_ && clock_.monotonic() - *refused_since_ >= limits::log_refused_for;
}

Task<Result<>> LogUpload::read_stored() {
  while (true) {
    auto after = stored_ = capture_.end();
    if (capture_.needs_only_the_end()) {
      const auto size = co_await store_.log_size(attempt_.job, attempt_.number);
      if (!size) co_return size.error();
      if (size->both > after) after = size->both - 1;
    }
    const auto page = co_await store_.read_log(attempt_.job, attempt_.number, after);
    if (!page) co_return page.error();
    if (page->empty()) co_return Result<>{};
    capture_.resume(*page);
  }
}

Task<Result<>> LogUpload::write(LogStream stream, std::string_view bytes) {
  while (!bytes.empty()) {
    while (capture_.pending() >= limits::log_buffer) co_await room_.wait();
    const auto part = bytes.substr(0, limits::log_buffer - capture_.pending());
    capture_.add(static_cast<std::uint8_t>(stream), part, clock_.wall());
    bytes.remove_prefix(part.size());
    if (std::exchange(is_sending_, true)) continue;
    tasks_.spawn("upload of the output of " + to_string(attempt_), send_all());
  }
  co_return Result<>{};
}

void LogUpload::leave_out(std::uint64_t out, std::uint64_t err) {
  capture_.leave_out(out, err);
  stored_ = capture_.end();
}

Task<Result<>> LogUpload::flush() {
  while (is_sending_) co_await sent_.wait();
  if (lost_ > 0)
    co_return Error{ErrorKind::refused,
                    std::to_string(lost_) + " bytes were declined by the store: " + refusal_};
  co_return Result<>{};
}

Task<> LogUpload::send_all() {
  while (capture_.pending() > 0) {
    auto batch = capture_.take();
    const auto end = capture_.end();
    room_.notify();
    co_await send(std::move(batch));
    stored_ = end;
  }
  is_sending_ = false;
  sent_.notify();
}

// Repeating a call is safe: a piece that is stored already is skipped.
Task<> LogUpload::send(LogCapture::Batch batch) {
  StoreRetry retry;
  std::optional<Monotonic> refused_since;  // without a break: an outage is no refusal
  while (true) {
    const auto result = co_await store_.append_log(attempt_.job, attempt_.number, batch.pieces, batch.drop);
    co_await throw_if_cancelled();
    if (result) co_return;
    const auto& error = result.error();
    if (!retry.has_failed())
      log_about({"", attempt_.job, attempt_.number}, spdlog::level::warn, "{}: can't store its output: {}",
                to_string(attempt_), error.message);
    if (is_transient(error)) {
      refused_since.reset();
    } else {
      const auto now = clock_.monotonic();
      if (!refused_since) refused_since = now;
      if (now - *refused_since >= limits::log_refused_for) {
        for (const auto& piece : batch.pieces) lost_ += piece.bytes.size();
        refusal_ = error.message;
        co_return;
      }
    }
    co_await retry.pause();
  }
}

}  // namespace berth
