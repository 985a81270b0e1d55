#include "berth/backup_verbs.hpp"

#include "berth/parts.hpp"
#include "cli/exit_code.hpp"
#include "shared/backup/restoration.hpp"
#include "shared/backup/snapshot.hpp"
#include "shared/runtime/logging.hpp"
#include "shared/runtime/shutdown.hpp"

#include <cstdio>

namespace berth {
namespace {

using namespace std::chrono_literals;

constexpr Milliseconds connect_patience = 10s;

int fail_backup(const Error& error) {
  complain(error);
  return error.kind == ErrorKind::invalid ? cli::exit_code::usage : cli::exit_code_for(error);
}

// Runs `work` on a connected store, until it ends or a signal comes.
template <class Work>
Task<Result<>> with_store(asio::any_io_executor executor, RedisOptions redis, Work& work) {
  Signals signals(executor);
  SystemClock clock;
  RedisStore store(executor, std::move(redis), clock);
  auto connecting = store.start(deadline_in(connect_patience));
  auto outcome = co_await signals.unless_asked_to_end(std::move(connecting));
  if (outcome) {
    auto working = work.run(store, clock);
    outcome = co_await signals.unless_asked_to_end(std::move(working));
  }
  co_await store.close();
  co_return outcome;
}

template <class Work>
int run(RedisOptions redis, Work& work) {
  asio::io_context loop(1);
  const auto to_end = [](asio::any_io_executor executor, RedisOptions options, Work& what) -> Task<int> {
    auto outcome = co_await with_store(executor, std::move(options), what);
    co_return outcome ? 0 : fail_backup(outcome.error());
  };
  return run_to_end(loop, to_end(loop.get_executor(), std::move(redis), work));
}

struct TakeBackup {
  backup::Writer writer;
  std::string cluster;
  backup::End end;

  Task<Result<>> run(RedisStore& store, const Clock& clock) {
    backup::Snapshot snapshot(store, writer, clock);
    backup::Header header{BERTH_VERSION, cluster, clock.wall()};
    auto taken = co_await snapshot.take(std::move(header));
    if (!taken) co_return taken.error();
    end = std::move(*taken);
    co_return Result<>();
  }
};

int run_backup(const std::string& file, const RedisOptions& redis) {
  auto writer = backup::Writer::open(file);
  if (!writer) return fail_backup(writer.error());
  TakeBackup work{std::move(*writer), redis.cluster, {}};
  const int code = run(redis, work);
  if (code != 0) return code;
  std::fprintf(file == "-" ? stderr : stdout, "%llu jobs, as they were at %s (event %llu)\n",
               static_cast<unsigned long long>(work.end.jobs), to_string(work.end.at).c_str(),
               static_cast<unsigned long long>(work.end.seq));
  return 0;
}

// What a person can do about a cluster that isn't empty.
std::string make_room(const std::string& why, const std::string& cluster) {
  return "cluster \"" + cluster + "\" isn't empty: " + why +
         ". A backup goes into an empty one.\n"
         "  Into another one?    --cluster NAME, and the same for schedulers and executors\n"
         "  In place of this?    stop all schedulers and executors, and then, for ever:\n"
         "                       redis-cli --scan --pattern '{berth:" +
         cluster + "}:*' | xargs redis-cli unlink";
}

struct PutBack {
  backup::Reader reader;
  backup::Contents contents;
  std::uint64_t ids_above;
  std::string cluster;
  std::uint64_t interrupted = 0;

  Task<Result<>> run(RedisStore& store, const Clock&) {
    backup::Restoration restoration(store, reader, ids_above);
    auto done = co_await restoration.put_back(contents);
    interrupted = restoration.interrupted();
    if (done) co_return done;
    Error error = std::move(done.error());
    if (error.kind == ErrorKind::conflict) error.message = make_room(error.message, cluster);
    if (is_transient(error) || error.kind == ErrorKind::refused || error.kind == ErrorKind::cancelled)
      error.message += "\nThe cluster stays closed until the restore has been repeated to its end.";
    co_return error;
  }
};

int run_restore(const RestoreFlags& flags, const RedisOptions& redis) {
  auto reader = backup::Reader::open(flags.file);
  if (!reader) return fail_backup(reader.error());
  auto contents = reader->check();
  if (!contents) return fail_backup(contents.error());
  const auto end = contents->end;
  PutBack work{std::move(*reader), std::move(*contents), flags.ids_above, redis.cluster};
  const int code = run(redis, work);
  if (code != 0) return code;
  std::printf(
      "%llu jobs are back, as they were at %s. %llu of them were running then and wait again, or have "
      "ended.\n",
      static_cast<unsigned long long>(end.jobs), to_string(end.at).c_str(),
      static_cast<unsigned long long>(work.interrupted));
  return 0;
}

}  // namespace

Result<Service> prepare_backup(const BackupFlags& flags) {
  if (auto logging = setup_logging(flags.log.level, flags.log.format); !logging) return logging.error();
  auto redis = redis_options(flags.redis, "berth-backup");
  if (!redis) return redis.error();
  return Service([file = flags.file, redis = *redis] { return run_backup(file, redis); });
}

Result<Service> prepare_restore(const RestoreFlags& flags) {
  if (auto logging = setup_logging(flags.log.level, flags.log.format); !logging) return logging.error();
  auto redis = redis_options(flags.redis, "berth-restore");
  if (!redis) return redis.error();
  if (flags.ids_above >= max_job_id) return invalid("must be below 2^53", "--ids-above");
  redis->accept_unfinished_restore = true;
  return Service([flags, redis = *redis] { return run_restore(flags, redis); });
}

}  // namespace berth
