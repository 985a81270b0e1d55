// DockerRuntime's half about output: of the job's pipes, or of a container that an older executor began, out
// of Docker's log, byte by byte, whatever ends the stream early.
#include "executor/runtime/docker/docker_runtime.hpp"
#include "executor/runtime/docker/replies.hpp"
#include "shared/http/multiplexed.hpp"

#include <algorithm>
#include <utility>

namespace berth {
namespace {

// Streams that end early without a single new byte, one after the other, before it counts as out of reach.
constexpr int fruitless_streams = 3;
constexpr Milliseconds pause_before_reopening{200};

// At the end the log is read once more, without following: a follower races with the closing of the file, and
// only a plain read of a closed one is sure to reach its end. Up to this size the whole of it, which is all
// that Berth keeps unless it is told otherwise. Of a longer one only the end, and the whole if that isn't
// what the follower had (an end that repeats itself, as that of `yes`, may hide a loss).
constexpr std::uint64_t reread_limit = limits::log_head + limits::log_tail;
constexpr std::size_t compared_at_end = 64u << 10;  // bytes
constexpr std::string_view compared_entries = "1000";

class NoSink final : public LogSink {
 public:
  Task<Result<>> write(LogStream, std::string_view) override { co_return Result<>{}; }
};

// Passes on what lies beyond `delivered`, the position up to which the sink has it already.
class Skipper {
 public:
  explicit Skipper(std::uint64_t skip) : left_(skip) {}
  std::string_view rest_of(std::string_view bytes) {
    const auto skipped = std::min<std::uint64_t>(left_, bytes.size());
    left_ -= skipped;
    return bytes.substr(static_cast<std::size_t>(skipped));
  }

 private:
  std::uint64_t left_;
};

// Behind so much, what is to be skipped is counted from a beginning that Docker may have dropped: then as
// much of what is new is skipped instead.
Result<> judge_skip(std::uint64_t skip) {
  if (skip <= docker::exact_log) return {};
  return Error{
      ErrorKind::refused,
      "more than Docker surely keeps had been put out when its log was opened again, so some of what "
      "followed may be missing"};
}

}  // namespace

Task<Result<>> DockerRuntime::copy_logs(ContainerIdentity identity, std::uint64_t skip, LogSink& sink) {
  std::string name = container_name(identity);
  if (files_.record(name).is_piped) co_return co_await copy_output(std::move(name), skip, sink, std::nullopt);
  co_return co_await follow_docker_log(std::move(name), skip, sink);
}

Task<Result<>> DockerRuntime::copy_ended_logs(ContainerIdentity identity, std::uint64_t skip, LogSink& sink) {
  std::string name = container_name(identity);
  if (files_.record(name).is_piped)
    co_return co_await copy_output(std::move(name), skip, sink, read_deadline);
  co_return co_await read_docker_log(std::move(name), skip, sink);
}

// --- the job's pipes ---

Result<std::shared_ptr<docker::JobOutput>> DockerRuntime::output_of(const std::string& name) {
  auto& output = outputs_[name];
  if (!output) {
    auto opened = docker::JobOutput::open(executor_, files_.output_directory(name));
    if (!opened) {
      outputs_.erase(name);
      return opened.error();
    }
    output = std::move(*opened);
  }
  output->begin();
  return output;
}

void DockerRuntime::forget_output(const std::string& name) {
  const auto known = outputs_.find(name);
  if (known == outputs_.end()) return;
  known->second->close();
  outputs_.erase(known);
}

Task<Result<>> DockerRuntime::copy_output(std::string name, std::uint64_t skip, LogSink& sink,
                                          std::optional<Milliseconds> patience) {
  const auto output = output_of(name);
  if (!output) co_return output.error();
  const auto kept = *output;
  const auto copied = co_await kept->copy(skip, sink, patience);
  if (!copied) co_return copied.error();
  if (kept->has_seen_writers() || files_.record(name).is_emptied) co_return Result<>{};
  co_return Error{ErrorKind::refused,
                  "no executor was there when its container ended, so the last of it may be lost"};
}

// --- Docker's log ---

Task<Result<>> DockerRuntime::follow_docker_log(std::string name, std::uint64_t skip, LogSink& sink) {
  LogCursor cursor;
  cursor.delivered = skip;
  int fruitless = 0;
  bool is_last_pass = false;
  Result<> all_there;  // in what Docker has
  while (true) {
    const auto before = cursor.delivered;
    if (all_there) all_there = judge_skip(before);
    cursor.broken.reset();
    const auto reading = is_last_pass ? Reading::whole : Reading::follow;
    const auto copied = co_await copy_once(name, reading, cursor, sink);
    if (!copied) co_return copied.error();
    const bool is_broken = cursor.broken.has_value();
    if (is_last_pass && !is_broken) co_return all_there;
    fruitless = cursor.delivered > before ? 0 : fruitless + 1;
    const auto found = co_await look(name);
    if (!found) co_return found.error();
    if (found->state.phase == ContainerPhase::created) {
      co_return Error{ErrorKind::conflict, "The container " + name + " hasn't been started"};
    }
    is_last_pass = found->state.phase == ContainerPhase::exited;
    if (is_last_pass && all_there) all_there = judge_log(*found);
    if (is_last_pass && !is_broken && cursor.delivered > reread_limit) {
      const bool is_complete = co_await ends_with(name, cursor.last);
      if (is_complete) co_return all_there;
    }
    if (fruitless > fruitless_streams) {
      co_return unavailable(
          "Docker can't read the output of the container " + name + ": " +
          (is_broken ? cursor.broken->message : "the stream ends though the container runs"));
    }
    if (fruitless > 0 && !is_last_pass) co_await sleep_until(deadline_in(pause_before_reopening));
  }
}

Task<Result<>> DockerRuntime::read_docker_log(std::string name, std::uint64_t skip, LogSink& sink) {
  LogCursor cursor;
  cursor.delivered = skip;
  const auto copied = co_await copy_once(name, Reading::whole, cursor, sink);
  if (!copied) co_return copied.error();
  if (!cursor.broken) {
    const auto found = co_await look(name);
    if (!found) co_return found.error();
    const auto skipped = judge_skip(skip);
    if (!skipped) co_return skipped;
    co_return judge_log(*found);
  }
  co_return Error{cursor.broken->kind,
                  "Docker can't read the output of the container " + name + ": " + cursor.broken->message};
}

// What a container writes while its daemon is away waits in a pipe, and is lost when the container ends
// before the daemon is back.
Result<> DockerRuntime::judge_log(const docker::Inspection& ended) const {
  const auto now = engine_.incarnation();
  if (ended.incarnation.empty() || now.empty() || ended.incarnation == now) return {};
  const auto known = memory_.find(container_name(ended.state.identity));
  const bool was_seen =
      known != memory_.end() && known->second.was_running && known->second.incarnation == now;
  if (was_seen) return {};
  return Error{ErrorKind::refused, "Docker was away when it ended, so what it wrote meanwhile may be lost"};
}

// Whether the log of an exited container ends with these bytes. False also when that can't be told.
Task<bool> DockerRuntime::ends_with(std::string name, std::string delivered) {
  LogCursor end;
  NoSink sink;
  const auto read = co_await copy_once(std::move(name), Reading::tail, end, sink);
  if (!read || end.broken) co_return false;
  const auto size = std::min(end.last.size(), delivered.size());
  co_return size > 0 && std::equal(end.last.end() - static_cast<std::ptrdiff_t>(size), end.last.end(),
                                   delivered.end() - static_cast<std::ptrdiff_t>(size));
}

// Copies one stream of the log from cursor.delivered on. Errors are those of the sink, and a log that can't
// be opened.
Task<Result<>> DockerRuntime::copy_once(std::string name, Reading reading, LogCursor& cursor, LogSink& sink) {
  std::string path = "/containers/" + http::encode_component(name) + "/logs?stdout=1&stderr=1";
  if (reading == Reading::follow) path += "&follow=1";
  if (reading == Reading::tail) path += "&tail=" + std::string(compared_entries);
  const auto opened = co_await engine_.open("GET", std::move(path), deadline_in(read_deadline));
  if (!opened) co_return opened.error();
  auto& stream = **opened;
  if (const unsigned status = stream.head().status; status != 200) {
    const auto body = co_await docker::read_rest(stream, deadline_in(read_deadline));
    co_return docker::plain_error(status, docker::words_of(status, body));
  }
  http::Demultiplexer demultiplexer;
  Skipper skipper(cursor.delivered);
  while (true) {
    // A container may be silent for days: only the end of the connection ends the wait for its next byte.
    const auto deadline = reading == Reading::follow ? no_deadline : deadline_in(read_deadline);
    const auto piece = co_await stream.read(deadline);
    if (!piece || piece->empty()) {
      if (!piece) cursor.broken = piece.error();
      if (piece && !demultiplexer.at_boundary())
        cursor.broken = unavailable("the stream ends within a frame");
      co_return Result<>{};
    }
    std::string_view input = *piece;
    while (true) {
      const auto payload = demultiplexer.next(input);
      if (!payload) {
        cursor.broken = payload.error();
        co_return Result<>{};
      }
      if (!*payload) break;
      const auto [stream_number, bytes] = **payload;
      if (stream_number == http::error_stream) {
        cursor.broken = unavailable(std::string(bytes));
        co_return Result<>{};
      }
      const auto fresh = skipper.rest_of(bytes);
      if (fresh.empty()) continue;
      const auto target = stream_number == http::stderr_stream ? LogStream::err : LogStream::out;
      const auto written = co_await sink.write(target, fresh);
      if (!written) co_return written.error();
      cursor.delivered += fresh.size();
      cursor.last += fresh;
      if (cursor.last.size() > 2 * compared_at_end) {
        cursor.last.erase(0, cursor.last.size() - compared_at_end);
      }
    }
  }
}

}  // namespace berth
