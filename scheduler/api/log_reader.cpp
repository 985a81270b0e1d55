#include "scheduler/api/log_reader.hpp"

#include "scheduler/api/last_lines.hpp"
#include "scheduler/api/reply.hpp"
#include "shared/base/limits.hpp"
#include "shared/http/multiplexed.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace berth::api {
namespace {

using namespace std::chrono_literals;

constexpr Milliseconds client_patience =
    60s;                                 // a client that reads nothing for so long is dropped; it can resume
constexpr Milliseconds look_again = 5s;  // hints can be lost
// Where the last lines are looked for first, and how much further back then, up to limits::tail_window.
constexpr std::uint64_t first_window = 512u << 10;
constexpr std::uint64_t window_growth = 8;

std::uint64_t start_of(const LogPiece& piece) { return piece.end - piece.bytes.size(); }

// The offset of a piece in what was chosen: its own stream, or both together.
std::uint64_t offset_of(const LogPiece& piece, bool in_own_stream) {
  return in_own_stream ? piece.stream_start : start_of(piece);
}

const Attempt* attempt_of(const Job& job, std::uint32_t number) {
  const auto found = std::find_if(job.attempts.begin(), job.attempts.end(),
                                  [=](const Attempt& attempt) { return attempt.number == number; });
  return found == job.attempts.end() ? nullptr : &*found;
}

// True when something happened to the job; false when only its log may have grown, or nothing happened for a
// while.
Task<bool> wait_either(EventFeed::JobWatch& job, LogWatch& log, Deadline deadline) {
  using namespace asio::experimental::awaitable_operators;
  auto first = job.wait(deadline);
  auto second = log.wait(deadline);
  const auto outcome = co_await (std::move(first) || std::move(second));
  const auto* job_changed = std::get_if<0>(&outcome);
  // A job's event may have been lost with the connection too: at the deadline look at both.
  co_return job_changed != nullptr || loop_now() >= deadline;
}

}  // namespace

Task<Result<>> LogReader::run(Job job) {
  // The first attempt may not be placed yet: following begins with it all the same.
  auto attempt = request_.attempt.value_or(std::max(job.attempt, 1u));
  note_length(job, attempt);
  auto in_range = co_await check_offset(attempt);
  if (!in_range) co_return in_range;
  auto found = co_await find_start(attempt);
  if (found) found = co_await read_ahead(attempt);
  if (!found) {
    co_await refuse(responder_, found.error());
    co_return found;
  }
  auto head = head_of(job, attempt);
  auto begun = co_await responder_.begin(std::move(head));
  if (!begun) co_return begun;
  for (;;) {
    auto copied = co_await copy_attempt(attempt);
    if (!copied) co_return copied;
    if (!request_.follow || request_.attempt) break;
    const auto now = co_await jobs_.get(request_.job);
    if (!now) co_return now.error();
    if (is_terminal(now->status) && now->attempt <= attempt) break;
    ++attempt;
    end_ = at_ = from_ = gone_ = 0;
    told_at_.reset();
    length_.reset();
  }
  auto finished = co_await responder_.finish();
  co_return finished;
}

http::Response LogReader::head_of(const Job& job, std::uint32_t attempt) const {
  http::Response head;
  head.headers.emplace_back("Content-Type", request_.framed ? "application/vnd.docker.multiplexed-stream"
                                                            : "application/octet-stream");
  head.headers.emplace_back("Cache-Control", "no-store");
  head.headers.emplace_back("Berth-Attempt", std::to_string(attempt));
  head.headers.emplace_back("Berth-Offset", std::to_string(from_));
  const auto* known = attempt_of(job, attempt);
  if (known == nullptr || !known->output || request_.stream) return head;
  head.headers.emplace_back("Berth-Length", std::to_string(known->output->bytes));
  if (known->output->sha256) head.headers.emplace_back("Berth-Sha256", *known->output->sha256);
  return head;
}

void LogReader::note_length(const Job& job, std::uint32_t attempt) {
  const auto* known = attempt_of(job, attempt);
  if (known != nullptr && known->output) length_ = known->output->bytes;
}

// An error when there is no such offset, or that can't be told; the answer was given then.
Task<Result<>> LogReader::check_offset(std::uint32_t attempt) {
  if (request_.offset == 0) co_return Result<>{};
  const auto size = co_await store_.log_size(request_.job, attempt);
  if (!size) {
    co_await refuse(responder_, size.error());
    co_return size.error();
  }
  auto end = std::max(size->both, length_.value_or(0));
  if (request_.stream) end = *request_.stream == http::stdout_stream ? size->out : size->err;
  if (request_.offset <= end) co_return Result<>{};
  if (request_.follow) {
    const auto over = co_await is_over(attempt);
    if (!over) {
      co_await refuse(responder_, over.error());
      co_return over.error();
    }
    if (!*over) co_return Result<>{};
  }
  co_await refuse_offset(attempt, end);
  co_return invalid("an offset behind the end");
}

Task<> LogReader::refuse_offset(std::uint32_t attempt, std::uint64_t end) {
  http::Problem problem;
  problem.status = 416;
  problem.detail = "attempt " + std::to_string(attempt) + " of job " + to_string(request_.job) +
                   " has put out " + std::to_string(end) + " bytes";
  if (request_.stream)
    problem.detail += *request_.stream == http::stdout_stream ? " on stdout" : " on stderr";
  problem.detail += ": nothing is at offset " + std::to_string(request_.offset);
  problem.field = "offset";
  problem.kind = http::name_of(ErrorKind::invalid);
  auto response = http::problem_response(problem);
  response.headers.emplace_back("Content-Range", "bytes */" + std::to_string(end));
  response.headers.emplace_back("Berth-Attempt", std::to_string(attempt));
  co_await responder_.send(std::move(response));
}

Task<Result<>> LogReader::find_start(std::uint32_t attempt) {
  from_ = request_.offset;
  Result<> found;
  if (request_.since) found = co_await find_instant(attempt);
  if (found && request_.tail && !is_all_earlier_) found = co_await find_last_lines(attempt);
  if (!found) co_return found;
  at_ = from_;
  if (!request_.stream) end_ = from_;
  if (!request_.stream || request_.since || request_.tail || from_ == 0) co_return Result<>{};
  const auto near = co_await seek(attempt);
  if (!near) co_return near.error();
  end_ = *near;
  co_return Result<>{};
}

// Where what is wanted begins, or before.
Task<Result<std::uint64_t>> LogReader::seek(std::uint32_t attempt) {
  LogStart start;
  start.stream = request_.stream;
  start.offset = from_;
  start.since = request_.since;
  auto found = co_await store_.seek_log(request_.job, attempt, start);
  co_return found;
}

// The first piece that isn't too early. Where there is none yet, the end of what is there now: what comes may
// be too early, too.
Task<Result<>> LogReader::find_instant(std::uint32_t attempt) {
  const auto size = co_await store_.log_size(request_.job, attempt);
  if (!size) co_return size.error();
  const auto near = co_await seek(attempt);
  if (!near) co_return near.error();
  LogSize seen;
  for (auto after = *near; after < size->both;) {
    const auto pieces = co_await read(attempt, after, limits::log_page);
    if (!pieces) co_return pieces.error();
    if (pieces->empty()) break;
    for (const auto& piece : *pieces) {
      seen = size_up_to(piece);
      if (piece.at < *request_.since || (request_.stream && piece.stream != *request_.stream)) continue;
      begin_at(piece, 0);
      co_return Result<>{};
    }
    after = seen.both;
  }
  is_all_earlier_ = true;
  begin_behind(seen);
  co_return Result<>{};
}

// Most last lines are near the end. Where they aren't, or the stream says little, all of the log is read.
Task<Result<>> LogReader::find_last_lines(std::uint32_t attempt) {
  const auto size = co_await store_.log_size(request_.job, attempt);
  if (!size) co_return size.error();
  if (*request_.tail == 0) {
    begin_behind(*size);
    co_return Result<>{};
  }
  const auto first = end_;  // nothing before it is wanted
  for (auto window = first_window;; window *= window_growth) {
    auto begin = window <= limits::tail_window ? size->both - std::min(size->both, window) : 0;
    begin = std::max(begin, first);
    LastLines last(request_.stream, *request_.tail);
    for (auto after = begin; after < size->both;) {
      const auto pieces = co_await read(attempt, after, limits::log_page);
      if (!pieces) co_return pieces.error();
      if (pieces->empty()) break;
      last.take(after, *pieces);
      after = pieces->back().end;
    }
    if (begin > first && !last.has_enough()) continue;
    if (last.is_empty()) co_return Result<>{};
    auto begun = co_await begin_with(attempt, last);
    co_return begun;
  }
}

Task<Result<>> LogReader::begin_with(std::uint32_t attempt, const LastLines& last) {
  const auto place = last.place();
  std::vector<LogPiece> part;
  for (auto after = place.after; after < place.end;) {
    auto pieces = co_await read(attempt, after, limits::log_page);
    if (!pieces) co_return pieces.error();
    if (pieces->empty()) break;
    after = pieces->back().end;
    std::move(pieces->begin(), pieces->end(), std::back_inserter(part));
  }
  if (const auto found = last.find(part)) {
    begin_at(part[found->first], found->second);
  } else {
    end_ = place.after;  // they have been dropped meanwhile
    if (!request_.stream) from_ = std::max(from_, end_);
  }
  co_return Result<>{};
}

void LogReader::begin_at(const LogPiece& piece, std::size_t byte) {
  from_ = std::max(from_, offset_of(piece, request_.stream.has_value()) + byte);
  end_ = start_of(piece);
}

void LogReader::begin_behind(const LogSize& size) {
  from_ = std::max(from_, chosen_of(size, request_.stream));
  end_ = size.both;
}

Task<Result<>> LogReader::copy_attempt(std::uint32_t attempt) {
  Result<> copied;
  if (request_.follow) {
    copied = co_await follow_attempt(attempt);
  } else {
    copied = co_await copy_all(attempt);
  }
  if (copied && length_ && *length_ > end_) {
    gone_ += *length_ - end_;
    if (!request_.stream) at_ = *length_;
  }
  // Of the chosen stream or of the other: nothing came after it that would tell.
  if (copied && gone_ > 0) copied = co_await write_notice(gone_);
  co_return copied;
}

Task<Result<>> LogReader::copy_all(std::uint32_t attempt) {
  for (;;) {
    const auto more = co_await copy_new(attempt);
    if (!more) co_return more.error();
    if (!*more) co_return Result<>{};
  }
}

Task<Result<>> LogReader::follow_attempt(std::uint32_t attempt) {
  // Watch first, then read, so that nothing falls between. Output is stored before an ending is recorded:
  // once the attempt is over, one more look finds the rest of it.
  EventFeed::JobWatch job_watch(feed_, request_.job);
  const auto log_watch = store_.watch_log(request_.job);
  bool over = false;
  bool look_at_job = true;
  for (;;) {
    if (look_at_job) {
      const auto now_over = co_await is_over(attempt);
      if (!now_over) co_return now_over.error();
      over = *now_over;
      look_at_job = false;
    }
    const auto more = co_await copy_new(attempt);
    if (!more) co_return more.error();
    if (*more) continue;
    if (over) co_return Result<>{};
    auto alive = co_await write_sign_of_life();
    if (!alive) co_return alive;
    const auto deadline = deadline_in(std::min(look_again, request_.keep_alive));
    look_at_job = co_await wait_either(job_watch, *log_watch, deadline);
  }
}

Task<Result<>> LogReader::write_sign_of_life() {
  if (!request_.framed || written_at_ + request_.keep_alive > loop_now()) co_return Result<>{};
  std::string nothing;
  auto written = co_await write_bytes(http::stdout_stream, std::move(nothing));
  co_return written;
}

Task<Result<bool>> LogReader::is_over(std::uint32_t attempt) {
  const auto job = co_await jobs_.get(request_.job);
  if (!job) co_return job.error();
  note_length(*job, attempt);
  co_return is_terminal(job->status) || job->attempt > attempt ||
      (job->attempt == attempt && !holds_resources(*job));
}

Task<Result<std::vector<LogPiece>>> LogReader::read(std::uint32_t attempt, std::uint64_t after,
                                                    std::size_t most) {
  const auto slot = co_await room_.reads().acquire(deadline_in(limits::store_call));
  if (!slot) co_return slot.error();
  auto pieces = co_await store_.read_log_page(request_.job, attempt, after, most);
  co_return pieces;
}

// Once the answer has begun, what can't be read can't be said any more.
Task<Result<>> LogReader::read_ahead(std::uint32_t attempt) {
  auto pieces = co_await read(attempt, end_, page_.size());
  if (!pieces) co_return pieces.error();
  page_.fill(std::move(*pieces));
  is_ahead_ = true;
  co_return Result<>{};
}

// False when there was nothing new. What was read ahead may be old by now: then it looks again.
Task<Result<bool>> LogReader::copy_new(std::uint32_t attempt) {
  bool is_new = std::exchange(is_ahead_, false);
  if (!is_new) {
    auto pieces = co_await read(attempt, end_, page_.size());
    if (!pieces) co_return pieces.error();
    is_new = !pieces->empty();
    page_.fill(std::move(*pieces));
  }
  for (auto piece = page_.next(); piece; piece = page_.next()) {
    auto written = co_await write_piece(std::move(*piece));
    if (!written) co_return written.error();
  }
  co_return is_new;
}

Task<Result<>> LogReader::write_piece(LogPiece piece) {
  if (start_of(piece) > end_) gone_ += start_of(piece) - end_;
  end_ = piece.end;
  if (request_.stream && piece.stream != *request_.stream) co_return Result<>{};
  gone_ = 0;
  auto offset = offset_of(piece, request_.stream.has_value());
  if (is_all_earlier_ && piece.at < *request_.since) {
    at_ = std::max(at_, offset + piece.bytes.size());
    co_return Result<>{};
  }
  is_all_earlier_ = false;
  // From before the start, or sent already as a part of this piece.
  const auto unwanted = std::max(offset, at_) - offset;
  if (unwanted >= piece.bytes.size()) co_return Result<>{};
  piece.bytes.erase(0, unwanted);
  offset += unwanted;
  if (offset > at_) {
    const auto left_out = offset - std::exchange(at_, offset);
    auto noted = co_await write_notice(left_out);
    if (!noted) co_return noted;
  }
  auto told = co_await write_time(piece.at);
  if (!told) co_return told;
  at_ += piece.bytes.size();
  auto written = co_await write_bytes(piece.stream, std::move(piece.bytes));
  co_return written;
}

Task<Result<>> LogReader::write_notice(std::uint64_t left_out) {
  if (!request_.framed) co_return Result<>{};
  json::object notice;
  notice.emplace("offset", at_);
  notice.emplace("left_out", left_out);
  auto written = co_await write_bytes(http::error_stream, json::serialize(notice));
  co_return written;
}

Task<Result<>> LogReader::write_time(WallTime at) {
  if (!request_.timestamps || told_at_ == at) co_return Result<>{};
  told_at_ = at;
  json::object notice;
  notice.emplace("offset", at_);
  notice.emplace("at", to_string(at));
  auto written = co_await write_bytes(http::error_stream, json::serialize(notice));
  co_return written;
}

Task<Result<>> LogReader::write_bytes(std::uint8_t stream, std::string bytes) {
  if (request_.framed) {
    // Put together in a new string: one that grows takes twice what it needs, and a slow client holds it.
    const auto header = http::encode_frame_header(stream, static_cast<std::uint32_t>(bytes.size()));
    std::string frame;
    frame.reserve(header.size() + bytes.size());
    frame += header;
    frame += bytes;
    bytes = std::move(frame);
  }
  auto written = co_await responder_.write(bytes, deadline_in(client_patience));
  written_at_ = deadline_in(0ms);
  co_return written;
}

}  // namespace berth::api
