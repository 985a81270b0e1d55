#include "shared/runtime/tls.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include <openssl/err.h>

#include <chrono>
#include <map>
#include <openssl/x509.h>
#include <utility>

namespace berth {
namespace {

using boost::system::error_code;
using TlsContext = std::shared_ptr<asio::ssl::context>;

class OpenSslSession final : public TlsSession {
 public:
  OpenSslSession(Socket& socket, TlsContext context)
      : context_(std::move(context)), stream_(socket, *context_) {}

  Task<error_code> shake_hands(std::string host) override {
    error_code error;
    if (host.ends_with('.')) host.pop_back();  // certificates and name indication are without it
    // Server name indication is for names only.
    asio::ip::make_address(host, error);
    if (error) SSL_set_tlsext_host_name(stream_.native_handle(), host.c_str());
    stream_.set_verify_callback(asio::ssl::host_name_verification(host), error);
    if (error) co_return error;
    auto [failure] = co_await stream_.async_handshake(asio::ssl::stream_base::client, use_tuple);
    co_return failure;
  }

  Task<Transferred> write(asio::const_buffer bytes) override {
    auto [error, size] = co_await asio::async_write(stream_, bytes, use_tuple);
    co_return Transferred{error, size};
  }

  Task<Transferred> read_some(asio::mutable_buffer space) override {
    auto [error, size] = co_await stream_.async_read_some(space, use_tuple);
    // A server that goes away needn't say good-bye: RESP and HTTP know by themselves where an answer ends.
    if (error == asio::ssl::error::stream_truncated) error = asio::error::eof;
    co_return Transferred{error, size};
  }

  std::string explain(const error_code& error) const override {
    if (error.category() != asio::error::get_ssl_category()) return {};
    const auto verdict = SSL_get_verify_result(const_cast<Stream&>(stream_).native_handle());
    if (verdict == X509_V_OK) return reason(error) + "; does this port speak TLS, and to whom?";
    const std::string why = X509_verify_cert_error_string(verdict);
    return "the server's certificate isn't accepted: " + why;
  }

 private:
  using Stream = asio::ssl::stream<Socket&>;

  static std::string reason(const error_code& error) {
    const char* text = ERR_reason_error_string(static_cast<unsigned long>(error.value()));
    return text == nullptr ? error.message() : text;
  }

  TlsContext context_;
  Stream stream_;
};

Error unusable_file(const std::string& what, const std::string& file, const error_code& error) {
  return {ErrorKind::refused, "the " + what + " in " + file + " can't be used: " + error.message()};
}

Result<TlsContext> read_tls_files(const TlsOptions& options) {
  const auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  error_code error;
  context->set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1, error);
  context->set_verify_mode(asio::ssl::verify_peer, error);
  if (options.ca_file.empty() || options.trusts_system) {
    context->set_default_verify_paths(error);
    if (error) return unusable_file("certificate authorities", "the system's folder", error);
  }
  if (!options.ca_file.empty()) {
    context->load_verify_file(options.ca_file, error);
    if (error) return unusable_file("certificate authority", options.ca_file, error);
  }
  if (!options.cert_file.empty()) {
    context->use_certificate_chain_file(options.cert_file, error);
    if (error) return unusable_file("certificate", options.cert_file, error);
    context->use_private_key_file(options.key_file, asio::ssl::context::pem, error);
    if (error) return unusable_file("private key", options.key_file, error);
  }
  return context;
}

// To read the system's authorities takes tens of milliseconds, in which the loop stands still. So what was
// read serves all sessions for a minute; then files that were replaced are seen.
Result<TlsContext> tls_context_for(const TlsOptions& options) {
  struct Kept {
    Monotonic until;
    TlsContext context;
  };
  thread_local std::map<TlsOptions, Kept> kept;
  const auto now = std::chrono::steady_clock::now();
  std::erase_if(kept, [&](const auto& entry) { return entry.second.until <= now; });
  if (const auto found = kept.find(options); found != kept.end()) return found->second.context;
  auto context = read_tls_files(options);
  if (context) kept.emplace(options, Kept{now + std::chrono::minutes{1}, *context});
  return context;
}

}  // namespace

Result<std::unique_ptr<TlsSession>> TlsSession::make(Socket& socket, const TlsOptions& options) {
  const auto context = tls_context_for(options);
  if (!context) return context.error();
  return std::unique_ptr<TlsSession>(std::make_unique<OpenSslSession>(socket, *context));
}

Result<> TlsSession::check(const TlsOptions& options) {
  const auto context = tls_context_for(options);
  if (!context) return context.error();
  return {};
}

}  // namespace berth
