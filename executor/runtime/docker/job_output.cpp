#include "executor/runtime/docker/job_output.hpp"

#include "executor/host/files.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <spdlog/spdlog.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>

namespace berth::docker {
namespace {

namespace fs = std::filesystem;

// A job may open its stdout again by its name in /proc, and make that its own, whoever its user is. Nobody
// but the executor gets to the directory.
constexpr mode_t pipe_mode = 0666;
constexpr mode_t directory_mode = 0700;
// A disk that is full says nothing when it has room again.
constexpr Milliseconds retry_disk = std::chrono::seconds{1};

// Error refused: it will never be possible.
Result<FileDescriptor> open_pipe(const fs::path& path) {
  const bool is_new = ::mkfifo(path.c_str(), pipe_mode) == 0;
  if (!is_new && errno != EEXIST) return file_trouble("can't make", path);
  const bool is_open_to_all = ::chmod(path.c_str(), pipe_mode) == 0;
  if (is_new && !is_open_to_all) return file_trouble("can't make", path);
  FileDescriptor end(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!end.is_open()) {
    // The job has changed its mode and its owner, and won't change them back.
    const bool is_barred = errno == EACCES;
    auto error = file_trouble("can't open", path);
    if (is_barred) error.kind = ErrorKind::refused;
    return error;
  }
  // A pipe that has had no writer since it was opened doesn't tell that it has none: one comes and goes.
  const FileDescriptor passing(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  if (!passing.is_open()) return file_trouble("can't open", path);
  return end;
}

std::string this_boot() { return read_line("/proc/sys/kernel/random/boot_id"); }

Result<> mark_boot(const fs::path& directory) {
  std::ofstream file(directory / "boot");
  file << this_boot() << '\n';
  if (!file.flush()) return file_trouble("can't write", directory / "boot");
  return {};
}

// Whether it was of another boot: then it has nothing any more.
Result<bool> take_directory(const fs::path& directory) {
  if (::mkdir(directory.c_str(), directory_mode) != 0 && errno != EEXIST)
    return file_trouble("can't make", directory);
  const auto boot = read_line(directory / "boot");
  if (boot == this_boot()) return false;
  if (boot.empty()) {
    const auto marked = mark_boot(directory);
    if (!marked) return marked.error();
    return false;
  }
  std::error_code failure;
  fs::directory_iterator entry(directory, failure);
  for (; !failure && entry != fs::directory_iterator(); entry.increment(failure)) {
    if (entry->path().filename() != "boot") fs::remove(entry->path(), failure);
    if (failure) break;
  }
  if (failure) return unavailable("can't empty " + directory.string() + ": " + failure.message());
  return true;
}

}  // namespace

Result<std::shared_ptr<JobOutput>> JobOutput::open(asio::any_io_executor executor, fs::path directory) {
  const auto has_dropped = take_directory(directory);
  if (!has_dropped) return has_dropped.error();
  auto out = open_pipe(directory / "out");
  if (!out) return out.error();
  auto err = open_pipe(directory / "err");
  if (!err) return err.error();
  auto spool = Spool::open(directory);
  if (!spool) return spool.error();
  std::shared_ptr<JobOutput> made(new JobOutput(std::move(executor), std::move(directory), out->release(),
                                                err->release(), std::move(*spool)));
  if (*has_dropped) made->say_missing("the machine was started again before the rest of it was stored");
  return made;
}

JobOutput::JobOutput(asio::any_io_executor executor, fs::path directory, int out, int err, Spool spool)
    : executor_(executor),
      directory_(std::move(directory)),
      spool_(std::move(spool)),
      out_(executor, LogStream::out, out),
      err_(executor, LogStream::err, err),
      news_(executor) {}

void JobOutput::say_missing(std::string why) { missing_ = Error{ErrorKind::refused, std::move(why)}; }

Result<> JobOutput::open_ends(Given& given) {
  const auto open = [&](std::size_t which, const char* name, int how) {
    given[which] = FileDescriptor(::open((directory_ / name).c_str(), how | O_CLOEXEC));
    return given[which].is_open();
  };
  // There is a reader already, so none of these waits for one.
  const bool are_open = open(berth_out, "out", O_WRONLY) && open(berth_err, "err", O_WRONLY) &&
                        open(berth_out_kept, "out", O_RDONLY | O_NONBLOCK) &&
                        open(berth_err_kept, "err", O_RDONLY | O_NONBLOCK);
  if (!are_open) return file_trouble("can't open a pipe in", directory_);
  missing_.reset();  // it hasn't begun
  return mark_boot(directory_);
}

void JobOutput::begin() {
  if (std::exchange(has_begun_, true)) return;
  asio::co_spawn(executor_, empty(shared_from_this(), out_), asio::detached);
  asio::co_spawn(executor_, empty(shared_from_this(), err_), asio::detached);
}

void JobOutput::close() {
  is_closed_ = true;
  boost::system::error_code ignored;
  for (auto* side : {&out_, &err_}) {
    side->end.close(ignored);
    side->room.notify();
  }
}

Task<> JobOutput::empty(std::shared_ptr<JobOutput> self, Side& side) {
  while (!self->is_closed_) {
    if (self->spool_.is_full()) {
      co_await side.room.wait();
      continue;
    }
    const auto taken = self->spool_.take(side.end.native_handle(), side.stream);
    if (taken && *taken == Spool::Taken::nothing_ever) break;
    if (taken) side.has_seen_writers = true;
    if (taken && *taken == Spool::Taken::some) self->news_.notify();
    co_await self->await_change(side, taken);
  }
  side.is_over = true;
  self->news_.notify();
}

Task<> JobOutput::await_change(Side& side, const Result<Spool::Taken>& taken) {
  if (!taken) {
    if (!std::exchange(is_in_trouble_, true))
      spdlog::warn("{}; the job waits when it puts out more, and this is tried again", taken.error().message);
    co_await sleep_until(deadline_in(retry_disk));
    co_return;
  }
  is_in_trouble_ = false;
  // Also with more to take: others have their turn first.
  co_await side.end.async_wait(asio::posix::stream_descriptor::wait_read, use_tuple);
}

Task<Result<>> JobOutput::copy(std::uint64_t skip, LogSink& sink, std::optional<Milliseconds> patience) {
  const auto begin = spool_.begin();
  if (skip < begin.both) {
    say_missing(std::to_string(begin.both - skip) + " bytes that the store had taken are gone from it");
    sink.leave_out(begin.out, begin.err);
    skip = begin.both;
  }
  if (skip > spool_.end().both && !missing_) say_missing("the executor's files of it are gone");
  Spool::Reader reader(spool_, skip);
  free_up_to(sink.stored());
  while (true) {
    if (is_closed_) co_return unavailable("the output of the job isn't read any more");
    const bool is_last_look = is_over();
    auto piece = reader.next();
    if (!piece) co_return piece.error();
    if (*piece) {
      const auto written = co_await sink.write((*piece)->stream, (*piece)->bytes);
      if (!written) co_return written.error();
      free_up_to(sink.stored());
      continue;
    }
    if (is_last_look && missing_) co_return *missing_;
    if (is_last_look) co_return Result<>{};
    const auto deadline = patience ? deadline_in(*patience) : no_deadline;
    const bool has_changed = co_await news_.wait(deadline);
    if (!has_changed) co_return Error{ErrorKind::timeout, "the pipes of the job's output don't close"};
  }
}

void JobOutput::free_up_to(std::uint64_t stored) {
  spool_.free_up_to(stored);
  for (auto* side : {&out_, &err_}) side->room.notify();
}

}  // namespace berth::docker
