#include "shared/redis/connection.hpp"

#include "shared/base/backoff.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/multiple_exceptions.hpp>
#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace berth::redis {
namespace {

using namespace std::chrono_literals;

// A server that has sent nothing for so long while a call waited is taken for gone: only a new connection can
// tell a slow one from a dead one, whose packets nobody answers any more.
constexpr Milliseconds longest_silence = 2s;
// Bounds on what waits to be sent: an outage must not fill this process's memory.
constexpr std::size_t max_queued_calls = 10'000;
constexpr std::size_t max_queued_bytes = 256u << 20;
constexpr std::size_t write_size = 1u << 20;

// A failover has made it a replica, or taken its replicas away: the Sentinels know who follows it.
bool is_from_former_master(const Reply& reply) {
  const auto* failure = reply.failure();
  return failure != nullptr &&
         (failure->text.starts_with("READONLY") || failure->text.starts_with("NOREPLICAS"));
}

}  // namespace

Connection::Connection(asio::any_io_executor executor, RedisUrl url, std::string client_name,
                       AtStart at_start)
    : executor_(executor),
      url_(std::move(url)),
      shown_url_(to_string(url_)),
      client_name_(std::move(client_name)),
      at_start_(at_start),
      to_write_(executor) {}

Task<> Connection::run() {
  // Whoever waits for an answer must not wait for a run() that has ended, however it ended.
  struct CloseOnExit {
    Connection& connection;
    ~CloseOnExit() { connection.close(); }
  };
  const CloseOnExit close_on_exit{*this};
  Backoff backoff(20ms, 2s);
  while (!is_closed_) {
    auto opened = co_await open_link(url_, client_name_, deadline_in(connect_timeout));
    if (is_closed_) break;
    if (opened) {
      backoff.reset();
      was_connected_ = true;
      link_ = *opened;
      note_server(link_->server());
      if (on_connected_) on_connected_();
      co_await serve(link_);
      link_.reset();
    } else {
      note_failure(opened.error());
    }
    if (!is_closed_) co_await sleep_until(deadline_in(backoff.next()));
  }
}

void Connection::close() {
  if (is_closed_) return;
  is_closed_ = true;
  if (link_) link_->close("closed by Berth");
  const Error error{ErrorKind::cancelled, "The connection to Redis at " + shown_url_ + " was closed."};
  fail(in_flight_, error);
  fail(queue_, error);
  queued_bytes_ = 0;
  to_write_.notify();
}

Task<> Connection::serve(std::shared_ptr<Link> link) {
  using namespace asio::experimental::awaitable_operators;
  try {
    // Each returns when the link fails, and so ends the other.
    co_await (read_replies(link) || write_calls(link));
  } catch (const asio::multiple_exceptions& both) {
    std::rethrow_exception(both.first_exception());  // cancelled
  }
  if (is_closed_) co_return;
  co_await throw_if_cancelled();  // then it's not the link that failed
  spdlog::warn("Redis at {}: the connection is lost ({}); connecting again", shown_url_, last_failure_);
  const Error lost = unavailable("Redis at " + shown_url_ + " went away (" + last_failure_ +
                                 ") before it answered: whether the call took effect is unknown.");
  fail(in_flight_, lost);
}

Task<> Connection::write_calls(std::shared_ptr<Link> link) {
  std::string bytes;
  to_write_.notify();  // for what has waited for the connection
  for (;;) {
    co_await to_write_.wait();
    co_await asio::post(executor_, asio::use_awaitable);  // the rest of this tick's calls come along
    while (!queue_.empty()) {
      bytes.clear();
      while (!queue_.empty() && bytes.size() < write_size) {
        auto call = std::move(queue_.front());
        queue_.pop_front();
        queued_bytes_ -= call->bytes.size();
        bytes += call->bytes;
        call->bytes = {};
        call->is_sent = true;
        call->sent_at = std::chrono::steady_clock::now();
        in_flight_.push_back(std::move(call));
      }
      if (bytes.empty()) break;
      auto sent = co_await link->send(bytes);
      if (!sent) {
        last_failure_ = sent.error().message;
        co_return;
      }
    }
  }
}

Task<> Connection::read_replies(std::shared_ptr<Link> link) {
  for (;;) {
    auto received = co_await link->receive();
    if (!received) {
      last_failure_ = received.error().message;
      co_return;
    }
    for (;;) {
      auto reply = link->next();
      if (!reply) {
        last_failure_ = reply.error().message;
        co_return;
      }
      if (!*reply) break;
      if (in_flight_.empty()) {
        last_failure_ = "it answered what nobody had asked";
        co_return;
      }
      take_in(std::move(**reply));
    }
  }
}

void Connection::take_in(Reply reply) {
  if (!url_.sentinels.empty() && is_from_former_master(reply)) link_->close("it isn't the master any more");
  const auto& call = in_flight_.front();
  call->answers.push_back(std::move(reply));
  if (call->answers.size() < call->expected) return;
  call->done.set(Answers(std::move(call->answers)));
  in_flight_.pop_front();
}

void Connection::fail(std::deque<std::shared_ptr<Call>>& calls, const Error& error) {
  for (const auto& call : calls) call->done.set(Answers(error));
  calls.clear();
}

void Connection::note_failure(const Error& error) {
  const bool is_refused = error.kind == ErrorKind::refused;
  const Error shown =
      is_refused ? error : unavailable("Redis at " + shown_url_ + " doesn't answer: " + error.message + ".");
  if (last_failure_ != error.message) {
    // Before the first contact whoever starts the store is told, and says it if it doesn't pass.
    const auto level = was_connected_ ? spdlog::level::warn : spdlog::level::debug;
    spdlog::log(level, "{} Trying again.", shown.message);
  }
  last_failure_ = error.message;
  // A login that was refused won't be accepted a second later, and an operator who starts a service wants to
  // know at once: nobody should wait for that.
  const bool gives_up = !was_connected_ && at_start_ == AtStart::give_up;
  if (!is_refused && !gives_up) return;
  fail(queue_, shown);
  queued_bytes_ = 0;
}

void Connection::note_server(const std::string& server) {
  if (!server_.empty() && server != server_) {
    spdlog::warn("Redis at {}: the master is {} now; it was {}", shown_url_, server, server_);
  }
  server_ = server;
}

Task<Result<std::vector<Reply>>> Connection::pipeline(std::vector<Command> commands, Deadline deadline) {
  if (commands.empty()) co_return std::vector<Reply>();
  if (is_closed_) {
    co_return Error{ErrorKind::cancelled, "The connection to Redis at " + shown_url_ + " is closed."};
  }
  if (queue_.size() >= max_queued_calls || queued_bytes_ >= max_queued_bytes) {
    co_return unavailable("Too many calls wait for Redis at " + shown_url_ + "; it is too slow or down (" +
                          last_failure_ + ").");
  }
  // The caller may leave by its deadline, with the answer, or cancelled.
  struct AbandonOnExit {
    Connection& connection;
    std::shared_ptr<Call> call;
    ~AbandonOnExit() { connection.abandon(call); }
  };
  const auto call = std::make_shared<Call>(executor_);
  const AbandonOnExit abandon_on_exit{*this, call};
  for (const Command& command : commands) call->bytes += command.encode();
  call->expected = commands.size();
  call->answers.reserve(commands.size());
  queued_bytes_ += call->bytes.size();
  queue_.push_back(call);
  to_write_.notify();
  auto answers = co_await call->done.wait(deadline);
  if (answers) co_return std::move(*answers);
  co_return overdue(*call);
}

Task<Result<Reply>> Connection::call(Command command, Deadline deadline) {
  std::vector<Command> commands;
  commands.push_back(std::move(command));
  auto answers = co_await pipeline(std::move(commands), deadline);
  if (!answers) co_return answers.error();
  Reply& reply = answers->front();
  if (const auto* failure = reply.failure()) co_return to_error(*failure, shown_url_);
  co_return std::move(reply);
}

// What was sent keeps its place among the answers to come; what wasn't must not fill the queue of an outage.
void Connection::abandon(const std::shared_ptr<Call>& call) {
  if (call->is_sent) return;
  const auto at = std::find(queue_.begin(), queue_.end(), call);
  if (at == queue_.end()) return;
  queued_bytes_ -= call->bytes.size();
  queue_.erase(at);
}

Error Connection::overdue(const Call& call) {
  if (!call.is_sent) {
    return unavailable("Redis at " + shown_url_ + " doesn't answer: " +
                       (link_ ? std::string("it doesn't take what it is sent") : last_failure_) + ".");
  }
  const auto quiet_since = link_ ? std::max(call.sent_at, link_->last_received()) : call.sent_at;
  if (link_ && std::chrono::steady_clock::now() - quiet_since >= longest_silence) {
    link_->close("it has been silent for too long");
  }
  return {ErrorKind::timeout,
          "Redis at " + shown_url_ + " didn't answer in time: whether the call took effect is unknown."};
}

}  // namespace berth::redis
