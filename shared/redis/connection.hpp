// A pipelined connection to Redis that comes back by itself: calls made in one tick of the loop leave in one
// write, and answers are matched to calls by their order.
//
// A call made while Redis can't be reached waits for it until the call's deadline, and is then forgotten;
// where too much waits already it fails with `unavailable` at once. A call that was sent when the connection
// broke fails with `unavailable`: whether it took effect is unknown, and it is never sent twice. The late
// answer to a call whose deadline has passed is dropped in its turn.
#pragma once

#include "shared/redis/sentinel.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace berth::redis {

class Connection {
 public:
  // What to do when the first attempt to connect fails: fail the calls that wait at once, or go on trying.
  // Once it was connected it always goes on.
  enum class AtStart { give_up, go_on };

  // `client_name` is what CLIENT LIST shows.
  Connection(asio::any_io_executor executor, RedisUrl url, std::string client_name,
             AtStart at_start = AtStart::go_on);

  // `listener` is called whenever a connection was made; set before run().
  void on_connected(std::function<void()> listener) { on_connected_ = std::move(listener); }

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
  void note_server(const std::string& server);
  Error overdue(const Call& call);
  void abandon(const std::shared_ptr<Call>& call);

  asio::any_io_executor executor_;
  RedisUrl url_;
  std::string shown_url_;
  std::string client_name_;
  AtStart at_start_;
  std::function<void()> on_connected_;
  std::string server_;          // the last one that it was connected to
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
