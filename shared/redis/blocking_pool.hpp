// Connections for reads that block in Redis: such a read holds up whatever is sent behind it, so each has a
// connection to itself while it lasts.
#pragma once

#include "shared/redis/connection.hpp"
#include "shared/runtime/task_group.hpp"

#include <memory>
#include <string>
#include <vector>

namespace berth::redis {

class BlockingPool {
 public:
  // Its connections run in `tasks`, which joins them before the pool goes.
  BlockingPool(asio::any_io_executor executor, TaskGroup& tasks, RedisUrl url, std::string client_name)
      : executor_(std::move(executor)),
        tasks_(tasks),
        url_(std::move(url)),
        client_name_(std::move(client_name)) {}

  // Like Connection::pipeline. A read that fails or is cancelled takes its connection along: nobody else
  // should wait for the answer that may still come.
  Task<Result<std::vector<Reply>>> pipeline(std::vector<Command> commands, Deadline deadline);

  void close();

 private:
  std::shared_ptr<Connection> take();

  asio::any_io_executor executor_;
  TaskGroup& tasks_;
  RedisUrl url_;
  std::string client_name_;
  std::vector<std::shared_ptr<Connection>> idle_;
  bool is_closed_ = false;
};

}  // namespace berth::redis
