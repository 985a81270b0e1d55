#include "shared/redis/blocking_pool.hpp"

namespace berth::redis {
namespace {

constexpr std::size_t max_idle = 8;

// By value: the connection lives as long as it runs.
Task<> run_connection(std::shared_ptr<Connection> connection) { co_await connection->run(); }

// Closes the connection unless it was released.
struct Borrowed {
  std::shared_ptr<Connection> connection;
  ~Borrowed() {
    if (connection) connection->close();
  }
};

}  // namespace

std::shared_ptr<Connection> BlockingPool::take() {
  if (!idle_.empty()) {
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }
  auto connection = std::make_shared<Connection>(executor_, url_, client_name_);
  tasks_.spawn("a blocking Redis connection", run_connection(connection));
  return connection;
}

Task<Result<std::vector<Reply>>> BlockingPool::pipeline(std::vector<Command> commands, Deadline deadline) {
  if (is_closed_) co_return Error{ErrorKind::cancelled, "The connection to Redis is closed."};
  Borrowed borrowed{take()};
  auto answers = co_await borrowed.connection->pipeline(std::move(commands), deadline);
  if (answers && !is_closed_ && idle_.size() < max_idle) idle_.push_back(std::move(borrowed.connection));
  co_return answers;
}

void BlockingPool::close() {
  is_closed_ = true;
  for (const auto& connection : idle_) connection->close();
  idle_.clear();
}

}  // namespace berth::redis
