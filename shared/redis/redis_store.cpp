#include "shared/redis/redis_store.hpp"

#include "shared/redis/functions.hpp"

#include <spdlog/spdlog.h>

#include <array>
#include <utility>

namespace berth {
namespace {

using redis::Command;
using redis::Reply;

struct Setting {
  std::string_view name;
  std::string_view value;
};
// Without these Redis may forget what it has acknowledged.
constexpr std::array<Setting, 3> durable{
    {{"appendonly", "yes"}, {"appendfsync", "always"}, {"maxmemory-policy", "noeviction"}}};

bool lacks_function(const Reply& reply) {
  return reply.failure() != nullptr && reply.failure()->text.starts_with("ERR Function not found");
}

std::string_view info_line(std::string_view info, std::string_view name) {
  const auto start = info.find(std::string(name) + ":");
  if (start == std::string_view::npos) return {};
  const auto value = info.substr(start + name.size() + 1);
  return value.substr(0, value.find_first_of("\r\n"));
}

// The lines of redis.conf that are missing, with what stands there now.
std::string missing_lines(const std::vector<Reply>& pairs) {
  std::string lines;
  for (const auto& [name, wanted] : durable) {
    std::string_view found = "(unknown)";
    for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
      if (pairs[i].text() == name) found = pairs[i + 1].text();
    }
    if (found == wanted) continue;
    lines += "\n  " + std::string(name) + " " + std::string(wanted) + "   # now: " + std::string(found);
  }
  return lines;
}

}  // namespace

RedisStore::RedisStore(asio::any_io_executor executor, RedisOptions options, const Clock& clock)
    : executor_(executor),
      options_(std::move(options)),
      clock_(clock),
      keys_(options_.cluster),
      tasks_(executor),
      calls_(
          executor, options_.url, options_.client_name,
          options_.wait_for_server ? redis::Connection::AtStart::go_on : redis::Connection::AtStart::give_up),
      blocking_(executor, tasks_, options_.url, options_.client_name + "/blocking"),
      log_hints_(executor, options_.url, options_.client_name + "/hints", keys_),
      reconnected_(executor) {
  if (!options_.log_dir.empty())
    files_ = std::make_unique<redis::LogDirectory>(executor, options_.log_dir, options_.cluster);
  calls_.on_connected([this] {
    ++connections_;
    reconnected_.notify();
  });
}

Task<Result<>> RedisStore::start(Deadline deadline) {
  if (files_) {
    auto seen = co_await files_->check();
    if (!seen) co_return seen;
  }
  tasks_.spawn("the Redis connection", calls_.run());
  tasks_.spawn("log hints", log_hints_.run());
  tasks_.spawn("Redis history", watch_history());
  if (files_ && options_.sweeps_log_dir) tasks_.spawn("sweep of the log directory", sweep_again_and_again());
  auto checked = co_await check_server(deadline);
  if (!checked) co_return checked.error();
  auto loaded = co_await load_functions(deadline);
  if (!loaded || options_.accept_unfinished_restore) co_return loaded;
  auto restored = co_await check_restore();
  if (!restored) co_return restored;
  auto understood = co_await check_leader();
  co_return understood;
}

Task<> RedisStore::close() {
  calls_.close();
  blocking_.close();
  log_hints_.close();
  tasks_.cancel();
  co_await tasks_.join();
}

Task<Result<>> RedisStore::check_server(Deadline deadline) {
  Command ask("INFO", "server");
  auto info = co_await calls_.call(std::move(ask), deadline);
  if (!info) co_return info.error();
  const std::string version(info_line(info->text(), "redis_version"));
  const auto major = parse_integer<int>(std::string_view(version).substr(0, version.find('.')));
  if (major.value_or(0) < 7) {
    co_return Error{ErrorKind::refused, "Redis at " + calls_.url() + " is version " + version +
                                            "; Berth needs 7.0 or later, which has functions."};
  }
  Command get("CONFIG", "GET");
  for (const auto& setting : durable) get.add(setting.name);
  auto settings = co_await calls_.call(std::move(get), deadline);
  if (!settings && is_transient(settings.error())) co_return settings.error();
  const std::string lines = settings ? missing_lines(settings->items())
                                     : "\n  (they can't be read: " + settings.error().message + ")";
  if (lines.empty()) co_return Result<>();
  const std::string problem = "Redis at " + calls_.url() + " may lose what it has acknowledged.";
  if (options_.accept_unsafe) {
    spdlog::warn("{} Going on all the same, as told. For promises to hold, redis.conf needs:{}", problem,
                 lines);
    co_return Result<>();
  }
  co_return Error{ErrorKind::refused, problem + " Put this into its redis.conf and restart it:" + lines +
                                          "\nor pass --accept-unsafe-redis to do without Berth's promises."};
}

Task<Result<>> RedisStore::load_functions(Deadline deadline) {
  Command load("FUNCTION", "LOAD", "REPLACE", redis::functions_source);
  auto loaded = co_await calls_.call(std::move(load), deadline);
  if (!loaded) co_return loaded.error();
  co_return Result<>();
}

Task<Result<>> RedisStore::check_restore() {
  Command look("HEXISTS", keys_.leader(), "restoring");
  auto reply = co_await send(std::move(look));
  if (!reply) co_return reply.error();
  if (reply->number() != 1u) co_return Result<>();
  co_return Error{ErrorKind::refused, "A backup is being put back into cluster \"" + options_.cluster +
                                          "\", or that was cut off: let `berth restore` end, or repeat it."};
}

void RedisStore::count_failure(const Error& error) {
  if (error.kind != ErrorKind::conflict) ++failed_calls_;
}

Task<RedisStore::Replies> RedisStore::send(std::vector<Command> commands) {
  auto replies = co_await send_loaded(std::move(commands));
  if (!replies) count_failure(replies.error());
  co_return replies;
}

Task<RedisStore::Replies> RedisStore::send_loaded(std::vector<Command> commands) {
  const Deadline deadline = deadline_in(limits::store_call);
  auto replies = co_await calls_.pipeline(commands, deadline);
  if (!replies) co_return replies.error();
  std::vector<Command> again;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < replies->size(); ++i) {
    if (!lacks_function((*replies)[i])) continue;
    places.push_back(i);
    again.push_back(std::move(commands[i]));
  }
  if (!again.empty()) {
    spdlog::warn("Redis at {} has lost Berth's functions; loading them again", calls_.url());
    auto loaded = co_await load_functions(deadline);
    if (!loaded) co_return loaded.error();
    auto repeated = co_await calls_.pipeline(std::move(again), deadline);
    if (!repeated) co_return repeated.error();
    for (std::size_t i = 0; i < places.size(); ++i) (*replies)[places[i]] = std::move((*repeated)[i]);
  }
  if (auto failure = first_failure(*replies)) co_return *failure;
  co_return replies;
}

Task<Result<RedisStore::Reply>> RedisStore::send(Command command) {
  std::vector<Command> commands;
  commands.push_back(std::move(command));
  auto replies = co_await send(std::move(commands));
  if (!replies) co_return replies.error();
  co_return std::move(replies->front());
}

Task<RedisStore::Replies> RedisStore::read_at_once(std::vector<Command> reads) {
  const std::size_t count = reads.size();
  reads.emplace(reads.begin(), "MULTI");
  reads.emplace_back("EXEC");
  auto replies = co_await send(std::move(reads));
  if (!replies) co_return replies.error();
  std::vector<Reply> answers = replies->back().items();
  if (answers.size() != count) co_return broken_contract("the answer of a transaction");
  co_return answers;
}

std::optional<Error> RedisStore::first_failure(const std::vector<Reply>& replies) const {
  for (const Reply& reply : replies) {
    if (const auto* failure = reply.failure()) return redis::to_error(*failure, calls_.url());
  }
  return std::nullopt;
}

Error RedisStore::broken_contract(std::string_view what) const {
  return internal_error("Redis at " + calls_.url() +
                        " holds or answered something that isn't Berth's: " + std::string(what) + ".");
}

}  // namespace berth
