// Wakes those who follow a job's output when a piece was appended, by Redis Pub/Sub on a connection of its
// own. A hint: the stream has the truth.
//
// Nothing that was published while a watch lived is missed as long as the connection holds, and when it comes
// back every watch is woken, because then something may have been.
#pragma once

#include "shared/base/ids.hpp"
#include "shared/redis/keys.hpp"
#include "shared/redis/sentinel.hpp"
#include "shared/store/store.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace berth::redis {

class LogHints {
 public:
  LogHints(asio::any_io_executor executor, RedisUrl url, std::string client_name, Keys keys);

  // Connects once somebody watches, and again when the connection is lost. Ends by close() or cancellation.
  Task<> run();
  // Wakes every watch.
  void close();

  // The watch must not outlive this.
  std::unique_ptr<LogWatch> watch(JobId job);

 private:
  class Watch;

  Task<> serve(std::shared_ptr<Link> link);
  Task<> write_commands(std::shared_ptr<Link> link);
  Task<> read_messages(std::shared_ptr<Link> link);
  void take_in(const Reply& message);
  void enlist(const std::string& channel, Watch* watch);
  void dismiss(const std::string& channel, Watch* watch);
  std::string subscribe_to_all() const;

  asio::any_io_executor executor_;
  RedisUrl url_;
  std::string client_name_;
  Keys keys_;
  std::multimap<std::string, Watch*, std::less<>> watches_;  // by channel
  std::string unsent_;
  std::shared_ptr<Link> link_;  // while connected
  Wakeup to_write_;
  bool is_closed_ = false;
};

}  // namespace berth::redis
