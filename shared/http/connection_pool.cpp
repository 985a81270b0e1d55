#include "shared/http/connection_pool.hpp"

namespace berth::http {
namespace {

constexpr std::size_t max_idle_connections = 128;
constexpr Milliseconds idle_limit = std::chrono::seconds{60};

}  // namespace

std::shared_ptr<Transport> ConnectionPool::take() {
  while (!idle_.empty()) {
    auto transport = std::move(idle_.back().transport);
    idle_.pop_back();
    if (transport->is_quiet()) return transport;
  }
  return nullptr;
}

void ConnectionPool::give_back(std::shared_ptr<Transport> transport) {
  if (closed_ || idle_.size() >= max_idle_connections) return;
  transport->set_deadline(no_deadline);
  idle_.push_back({std::move(transport), std::chrono::steady_clock::now()});
  if (!sweeping_) schedule_sweep();
}

void ConnectionPool::schedule_sweep() {
  sweeping_ = true;
  sweep_.expires_at(idle_.front().since + idle_limit);
  auto on_fire = [weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self) self->close_old();
  };
  sweep_.async_wait(std::move(on_fire));
}

void ConnectionPool::close_old() {
  sweeping_ = false;
  const auto limit = std::chrono::steady_clock::now() - idle_limit;
  std::erase_if(idle_, [&](const Idle& entry) { return entry.since <= limit; });
  if (!idle_.empty()) schedule_sweep();
}

void ConnectionPool::close() {
  closed_ = true;
  idle_.clear();
  sweep_.cancel();
}

}  // namespace berth::http
