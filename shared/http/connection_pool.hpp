// Connections of a client that wait for their next request. Part of the client.
#pragma once

#include "shared/http/client.hpp"
#include "shared/http/transport.hpp"

#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <vector>

namespace berth::http {

// Keeps at most 128 of them, for at most 60 s each. Shared by a client and what it has opened, which may
// outlive it.
class ConnectionPool : public std::enable_shared_from_this<ConnectionPool> {
 public:
  ConnectionPool(asio::any_io_executor executor, Address address, ClientOptions options)
      : executor_(std::move(executor)),
        address_(std::move(address)),
        options_(std::move(options)),
        sweep_(executor_) {}

  // The one that was used last and is still open, or none.
  std::shared_ptr<Transport> take();
  void give_back(std::shared_ptr<Transport> transport);
  // Keeps none from now on.
  void close();

  const asio::any_io_executor& executor() const { return executor_; }
  const Address& address() const { return address_; }
  const ClientOptions& options() const { return options_; }

 private:
  struct Idle {
    std::shared_ptr<Transport> transport;
    Monotonic since;
  };
  void schedule_sweep();
  void close_old();

  asio::any_io_executor executor_;
  Address address_;
  ClientOptions options_;
  std::vector<Idle> idle_;  // in the order in which they came back
  asio::steady_timer sweep_;
  bool sweeping_ = false;
  bool closed_ = false;
};

}  // namespace berth::http
