// TLS on a connected socket, from the client's side. OpenSSL is seen by tls.cpp alone.
#pragma once

#include "shared/base/result.hpp"
#include "shared/runtime/async.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include <compare>
#include <cstddef>
#include <memory>
#include <string>

namespace berth {

// PEM files.
struct TlsOptions {
  std::string ca_file{};       // whom to trust; empty: the system's authorities
  std::string cert_file{};     // shown to the server; empty: none
  std::string key_file{};      // of cert_file
  bool trusts_system = false;  // the system's authorities beside those of ca_file
  auto operator<=>(const TlsOptions&) const = default;
};

class TlsSession {
 public:
  using Socket = asio::generic::stream_protocol::socket;

  struct Transferred {
    boost::system::error_code error;
    std::size_t bytes = 0;
  };

  // Takes authorities, certificate and key from files, as they were at some instant of the last minute.
  // refused: one can't be used. The socket must outlive the session.
  static Result<std::unique_ptr<TlsSession>> make(Socket& socket, const TlsOptions& options);
  // Whether the files can be used; refused says which can't.
  static Result<> check(const TlsOptions& options);

  virtual ~TlsSession() = default;

  // The server must show a certificate for `host` (a name or an address) that a trusted authority has signed;
  // if not, explain() says why.
  virtual Task<boost::system::error_code> shake_hands(std::string host) = 0;
  // All of it. `bytes` must stay where they are until this returns.
  virtual Task<Transferred> write(asio::const_buffer bytes) = 0;
  virtual Task<Transferred> read_some(asio::mutable_buffer space) = 0;

  // What an error of this session means, when TLS itself is the reason; else nothing.
  virtual std::string explain(const boost::system::error_code& error) const = 0;
};

}  // namespace berth
