#include "cli/output.hpp"

#include "cli/formatters/terminal.hpp"

#include <algorithm>
#include <utility>

namespace berth::cli {
namespace {

std::optional<std::uint64_t> number_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr) return std::nullopt;
  boost::system::error_code error;
  const auto number = value->to_number<std::uint64_t>(error);
  return error ? std::nullopt : std::optional(number);
}

}  // namespace

Task<Result<>> OutputCopy::run() {
  give_up_ = deadline_in(patience);
  Result<> done;
  if (!query_.follow) {
    done = co_await copy_once();
  } else if (query_.attempt) {
    done = co_await follow_attempt();
  } else {
    done = co_await follow_job();
  }
  end_text();
  co_return done;
}

// Attempt by attempt, because an offset counts within one: the server would go on to the next by itself, but
// after a lost connection nobody could tell which one the offset belongs to.
Task<Result<>> OutputCopy::follow_job() {
  auto record = co_await look(std::nullopt);
  if (!record) co_return record.error();
  auto attempt = std::max(record->job.attempt, 1u);
  for (;;) {
    while (record->job.attempt < attempt) {
      if (is_terminal(record->job.status)) co_return Result<>{};
      auto next = co_await look(record->job.version);
      if (!next) co_return next.error();
      record = std::move(next);
    }
    query_.attempt = std::to_string(attempt);
    auto copied = co_await follow_attempt();
    if (!copied) co_return copied;
    auto next = co_await look(std::nullopt);
    if (!next) co_return next.error();
    record = std::move(next);
    const bool is_over = record->job.attempt > attempt || !holds_resources(record->job);
    if (!is_over) {
      // The server ended the answer before the attempt did, as one that is stopping may: ask for the rest.
      co_await pause();
      continue;
    }
    ++attempt;
    query_.offset = 0;
    query_.tail.reset();
  }
}

Task<Result<>> OutputCopy::follow_attempt() {
  for (;;) {
    const auto before = query_.offset;
    auto copied = co_await copy_once();
    if (query_.offset != before) pause_ = shortest_pause;
    if (copied || !is_worth_another_try(copied.error())) co_return copied;
    co_await pause();
  }
}

// The record, or what it became after the version that was seen; asked again while the server can't be
// reached.
Task<Result<JobRecord>> OutputCopy::look(std::optional<std::uint64_t> seen) {
  for (;;) {
    Result<JobRecord> record = internal_error("");
    if (seen) {
      record = co_await client_.job_after(query_.job, *seen, no_deadline);
    } else {
      record = co_await client_.job(query_.job);
    }
    if (record) {
      give_up_ = deadline_in(patience);
      pause_ = shortest_pause;
      co_return record;
    }
    if (!is_worth_another_try(record.error())) co_return record;
    co_await pause();
  }
}

bool OutputCopy::is_worth_another_try(const Error& error) const {
  return query_.follow && is_transient(error) && std::chrono::steady_clock::now() < give_up_;
}

Task<> OutputCopy::pause() {
  co_await sleep_until(deadline_in(pause_));
  pause_ = std::min(2 * pause_, longest_pause);
}

Task<Result<>> OutputCopy::copy_once() {
  auto stream = co_await client_.logs(query_);
  if (!stream) co_return stream.error();
  begin((*stream)->head());
  http::Demultiplexer frames;
  for (;;) {
    give_up_ = deadline_in(patience + silence);
    auto piece = co_await (*stream)->read(deadline_in(silence));
    if (!piece) co_return piece.error();
    if (piece->empty()) break;
    if (auto delivered = deliver(*piece, frames); !delivered) co_return delivered;
  }
  if (!frames.at_boundary()) co_return unavailable("the connection ended in the middle of the output");
  auto checked = check();
  co_return checked;
}

Result<> OutputCopy::check() const {
  if (!digest_) return {};
  const auto sha256 = digest_->hex();
  if (sha256 == sha256_) return {};
  return internal_error("the output of job " + to_string(query_.job) +
                        " isn't what the job wrote: its SHA-256 is " + sha256 +
                        ", and the job's record says " + sha256_);
}

// Where the answer begins: with a tail only the server knows.
void OutputCopy::begin(const http::Response& head) {
  notice_.clear();
  digest_.reset();
  const auto attempt = http::find_header(head.headers, "Berth-Attempt");
  attempt_ = parse_integer<std::uint32_t>(attempt.value_or("")).value_or(0);
  const auto offset = http::find_header(head.headers, "Berth-Offset");
  if (!offset) return;
  query_.offset = parse_integer<std::uint64_t>(*offset).value_or(query_.offset);
  query_.tail.reset();
  query_.since.reset();
  const auto sha256 = http::find_header(head.headers, "Berth-Sha256");
  if (!sha256 || query_.offset != 0 || query_.stream) return;
  sha256_ = *sha256;
  digest_.emplace();
}

// {"offset": N, "left_out": M}: M bytes of output are gone, the next stands at N.
void OutputCopy::take_notice() {
  const auto notice = parse_json(std::exchange(notice_, {}));
  const auto* object = notice ? notice->if_object() : nullptr;
  if (object == nullptr) return;
  query_.offset = number_at(*object, "offset").value_or(query_.offset);
  if (const auto* at = object->if_contains("at"); at != nullptr && at->is_string()) at_ = at->get_string();
  if (const auto left_out = number_at(*object, "left_out")) {
    if (format_ == OutputFormat::json) return say(left_out_line(place(), *left_out));
    const Bytes bytes{static_cast<std::int64_t>(*left_out)};
    write_all(standard_error, "[berth: " + to_string(bytes) + " of output left out here]\n");
  }
}

Result<> OutputCopy::deliver(std::string_view bytes, http::Demultiplexer& frames) {
  for (;;) {
    const auto piece = frames.next(bytes);
    if (!piece) return piece.error();
    if (!*piece) return {};
    before_output_();
    auto [stream, payload] = **piece;
    if (stream == http::error_stream) {
      notice_ += payload;
      if (frames.at_boundary()) take_notice();
      continue;
    }
    if (auto delivered = deliver_piece(stream, payload); !delivered) return delivered;
    if (digest_) digest_->add(payload);
    query_.offset += payload.size();
  }
}

Result<> OutputCopy::deliver_piece(std::uint8_t stream, std::string_view bytes) {
  const bool is_stderr = stream == http::stderr_stream;
  const bool is_json = format_ == OutputFormat::json;
  const int descriptor = is_stderr && !is_json ? standard_error : standard_output;
  std::string made;
  if (is_json) {
    made = log_line(place(), is_stderr ? "stderr" : "stdout", bytes);
    bytes = made;
  } else {
    auto [place, is_new] = screens_.try_emplace(descriptor);
    auto& screen = place->second;
    if (is_new) screen.is_terminal = format_ == OutputFormat::text && terminal_width(descriptor).has_value();
    if (query_.timestamps) bytes = made = stamped(bytes, at_, screen.is_line_begun);
    if (screen.is_terminal) bytes = made = screen.text.add(bytes);
  }
  if (write_all(descriptor, bytes)) return {};
  return Error{ErrorKind::refused, std::string("can't write the job's output to ") +
                                       (descriptor == standard_error ? "stderr" : "stdout") +
                                       ": is the disk full?"};
}

void OutputCopy::end_text() {
  for (auto& [descriptor, screen] : screens_) {
    if (screen.is_terminal) write_all(descriptor, screen.text.end());
  }
}

}  // namespace berth::cli
