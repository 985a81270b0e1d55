#include "shared/redis/log_hints.hpp"

#include "shared/base/backoff.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/multiple_exceptions.hpp>

namespace berth::redis {
namespace {

using namespace std::chrono_literals;

constexpr Milliseconds ping_period = 5s;  // a half-open connection shows itself after two of these

}  // namespace

class LogHints::Watch final : public LogWatch {
 public:
  Watch(LogHints& hints, std::string channel)
      : hints_(hints), channel_(std::move(channel)), hinted_(hints.executor_) {
    hints_.enlist(channel_, this);
  }
  ~Watch() override { hints_.dismiss(channel_, this); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  void notify() { hinted_.notify(); }
  Task<> wait(Deadline deadline) override { co_await hinted_.wait(deadline); }

 private:
  LogHints& hints_;
  std::string channel_;
  Wakeup hinted_;
};

LogHints::LogHints(asio::any_io_executor executor, RedisUrl url, std::string client_name, Keys keys)
    : executor_(executor),
      url_(std::move(url)),
      client_name_(std::move(client_name)),
      keys_(std::move(keys)),
      to_write_(executor) {}

Task<> LogHints::run() {
  Backoff backoff(20ms, 2s);
  while (!is_closed_) {
    if (watches_.empty()) {
      co_await to_write_.wait();
      continue;
    }
    auto opened = co_await open_link(url_, client_name_, deadline_in(connect_timeout));
    if (is_closed_) break;
    if (opened) {
      backoff.reset();
      link_ = *opened;
      co_await serve(link_);
      link_.reset();
    }
    if (!is_closed_) co_await sleep_until(deadline_in(backoff.next()));
  }
}

void LogHints::close() {
  is_closed_ = true;
  if (link_) link_->close("closed by Berth");
  to_write_.notify();
  for (const auto& [channel, watch] : watches_) watch->notify();
}

Task<> LogHints::serve(std::shared_ptr<Link> link) {
  using namespace asio::experimental::awaitable_operators;
  unsent_ = subscribe_to_all();
  to_write_.notify();
  try {
    // Each returns when the link fails, and so ends the other.
    co_await (read_messages(link) || write_commands(link));
  } catch (const asio::multiple_exceptions& both) {
    std::rethrow_exception(both.first_exception());  // cancelled
  }
}

std::string LogHints::subscribe_to_all() const {
  if (watches_.empty()) return {};
  Command subscribe("SUBSCRIBE");
  for (auto entry = watches_.begin(); entry != watches_.end(); entry = watches_.upper_bound(entry->first)) {
    subscribe.add(entry->first);
  }
  return subscribe.encode();
}

Task<> LogHints::write_commands(std::shared_ptr<Link> link) {
  const std::string ping = Command("PING").encode();
  for (;;) {
    const bool notified = co_await to_write_.wait(deadline_in(ping_period));
    if (!notified) {
      if (std::chrono::steady_clock::now() - link->last_received() > 2 * ping_period) {
        link->close("it has been silent for too long");
      }
      unsent_ += ping;
    }
    const std::string bytes = std::exchange(unsent_, {});
    auto sent = co_await link->send(bytes);
    if (!sent) co_return;
  }
}

Task<> LogHints::read_messages(std::shared_ptr<Link> link) {
  for (;;) {
    auto received = co_await link->receive();
    if (!received) co_return;
    for (;;) {
      auto message = link->next();
      if (!message) co_return;
      if (!*message) break;
      take_in(**message);
    }
  }
}

// ["message", channel, payload] is a hint. So is ["subscribe", channel, count]: what was appended before it,
// but after the watch began, was told to nobody.
void LogHints::take_in(const Reply& message) {
  const auto& parts = message.items();
  if (parts.size() != 3 || (parts[0].text() != "message" && parts[0].text() != "subscribe")) return;
  const auto [first, last] = watches_.equal_range(parts[1].text());
  for (auto entry = first; entry != last; ++entry) entry->second->notify();
}

std::unique_ptr<LogWatch> LogHints::watch(JobId job) {
  return std::make_unique<Watch>(*this, keys_.log_channel(job));
}

void LogHints::enlist(const std::string& channel, Watch* watch) {
  const bool is_first = !watches_.contains(channel);
  watches_.emplace(channel, watch);
  if (is_closed_) watch->notify();
  if (!is_first) return;
  if (link_) unsent_ += Command("SUBSCRIBE", channel).encode();
  to_write_.notify();
}

void LogHints::dismiss(const std::string& channel, Watch* watch) {
  const auto [first, last] = watches_.equal_range(channel);
  for (auto entry = first; entry != last; ++entry) {
    if (entry->second != watch) continue;
    watches_.erase(entry);
    break;
  }
  if (watches_.contains(channel) || !link_) return;
  unsent_ += Command("UNSUBSCRIBE", channel).encode();
  to_write_.notify();
}

}  // namespace berth::redis
