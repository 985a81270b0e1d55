// A pipelined connection to Redis that comes back by itself: calls made in one tick of the loop leave in one
// write, and answers are matched to calls by their order.
//
// A call made while Redis can't be reached waits for it until the call's deadline, and is then forgotten;
// where too much waits already it fails with `unavailable` at once. A call that was sent when the connection
// broke fails with `unavailable`: whether it took effect is unknown, and it is never sent twice. The late
// answer to a call whose deadline has passed is dropped in its turn.
#pragma once

#include "shared/redis/link.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace berth::redis {

class Connection {
 public:
  // `client_name` is what CLIENT LIST shows.
  Connection(asio::any_io_executor executor, RedisUrl url, std::string client_name);

  // Connects, serves and reconnects until close() or cancellation. Whoever spawns it joins it before the
  // Connection goes.
  Task<> run();
  // Ends run(); every call under way and to come fails with `cancelled`.
  void close();

  // The answer to one command; a failure that Redis answers is an error.
  Task<Result<Reply>> call(Command command, Deadline deadline);
  // The answers to several, in order, failures among them.
  Task<Result<std::vector<Reply>>> pipeline(std::vector<Command> commands, Deadline deadline);

  const std::string& url() const { return shown_url_; }

 private:
  using Answers = Result<std::vector<Reply>>;

  // One pipeline: in queue_ until it is written or its caller leaves, then in in_flight_ until its last
  // answer has come.
  struct Call {
    explicit Call(asio::any_io_executor executor) : done(std::move(executor)) {}
    std::string bytes;
    std::size_t expected = 0;  // answers
    std::vector<Reply> answers;
    Monotonic sent_at{};
    bool is_sent = false;
    OneShot<Answers> done;
  };

  Task<> serve(std::shared_ptr<Link> link);
  Task<> write_calls(std::shared_ptr<Link> link);
  Task<> read_replies(std::shared_ptr<Link> link);
  void take_in(Reply reply);
  void fail(std::deque<std::shared_ptr<Call>>& calls, const Error& error);
  void note_failure(const Error& error);
  Error overdue(const Call& call);
  void abandon(const std::shared_ptr<Call>& call);

  asio::any_io_executor executor_;
  RedisUrl url_;
  std::string shown_url_;
  std::string client_name_;
  std::shared_ptr<Link> link_;  // while connected
  std::string last_failure_ = "not connected yet";
  bool was_connected_ = false;
  bool is_closed_ = false;
  std::deque<std::shared_ptr<Call>> queue_;
  std::size_t queued_bytes_ = 0;  // of queue_
  std::deque<std::shared_ptr<Call>> in_flight_;
  Wakeup to_write_;
};

}  // namespace berth::redis
