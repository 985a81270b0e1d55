// The HTTP client against a server that speaks TLS: OpenSSL's own, with certificates of our own authority.
#include "shared/http/client.hpp"
#include "tests/shared/runtime/loop.hpp"
#include "tests/support/tls_files.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <utility>

namespace berth::test {
namespace {

using asio::ip::tcp;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

// Answers every request of every connection, until it is cancelled.
Task<> serve_tls(tcp::socket socket, asio::ssl::context& context) {
  asio::ssl::stream<tcp::socket> stream(std::move(socket), context);
  const auto [failure] = co_await stream.async_handshake(asio::ssl::stream_base::server, use_tuple);
  if (failure) co_return;
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret";
  for (;;) {
    std::string received;
    auto buffer = asio::dynamic_buffer(received);
    const auto [error, size] = co_await asio::async_read_until(stream, buffer, "\r\n\r\n", use_tuple);
    if (error) co_return;
    const auto [broken, sent] = co_await asio::async_write(stream, asio::buffer(answer), use_tuple);
    if (broken) co_return;
  }
}

class HttpsClient : public ::testing::Test {
 protected:
  HttpsClient() : acceptor_(loop_.executor(), tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    context_.use_certificate_chain_file(files_.cert("server"));
    context_.use_private_key_file(files_.key("server"), asio::ssl::context::pem);
    asio::co_spawn(loop_.executor(), accept(), asio::detached);
  }
  ~HttpsClient() override {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    loop_.drain();
  }

  Task<> accept() {
    for (;;) {
      auto [error, socket] = co_await acceptor_.async_accept(use_tuple);
      if (error) co_return;
      ++connections_;
      asio::co_spawn(loop_.executor(), serve_tls(std::move(socket), context_), asio::detached);
    }
  }

  http::Address address(std::string host) const {
    http::Address made;
    made.host = std::move(host);
    made.port = std::to_string(acceptor_.local_endpoint().port());
    made.is_secure = true;
    return made;
  }
  http::ClientOptions trusting(std::string file) const {
    http::ClientOptions options;
    options.tls.ca_file = std::move(file);
    return options;
  }
  Result<http::Response> get(http::Client& client) {
    return loop_.run(client.call(http::Request(), deadline_in(30s)));
  }

  TlsFiles files_;
  Loop loop_;
  asio::ssl::context context_{asio::ssl::context::tls_server};
  tcp::acceptor acceptor_;
  int connections_ = 0;
};

TEST_F(HttpsClient, ReadsOfAServerWhoseAuthorityItTrustsAndKeepsTheConnection) {
  http::Client client(loop_.executor(), address("127.0.0.1"), trusting(files_.ca()));
  for (int i = 0; i < 3; ++i) {
    const auto answer = get(client);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body, "secret");
  }
  EXPECT_EQ(connections_, 1);
}

TEST_F(HttpsClient, SaysWhyItTrustsAServerNot) {
  http::Client stranger(loop_.executor(), address("127.0.0.1"));
  const auto unknown = get(stranger);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, ErrorKind::unavailable);
  EXPECT_THAT(unknown.error().message, HasSubstr("TLS failed: the server's certificate isn't accepted"));
  http::Client misled(loop_.executor(), address("localhost"), trusting(files_.ca()));
  const auto other_name = get(misled);
  ASSERT_FALSE(other_name) << "the certificate is one for 127.0.0.1";
  EXPECT_THAT(other_name.error().message, HasSubstr("the server's certificate isn't accepted"));
  http::Client lost(loop_.executor(), address("127.0.0.1"), trusting("/nowhere/ca.pem"));
  const auto no_file = get(lost);
  ASSERT_FALSE(no_file);
  EXPECT_EQ(no_file.error().kind, ErrorKind::unavailable) << "it may be there again soon";
  EXPECT_THAT(no_file.error().message,
              HasSubstr("the certificate authority in /nowhere/ca.pem can't be used"));
}

TEST_F(HttpsClient, TrustsTheSystemsAuthoritiesBesideItsOwnIfItIsToldTo) {
  // OpenSSL takes the system's from there.
  ::setenv("SSL_CERT_FILE", files_.ca().c_str(), 1);
  const auto another = files_.cert("client");  // it has signed nothing
  auto both = trusting(another);
  both.tls.trusts_system = true;
  http::Client client(loop_.executor(), address("127.0.0.1"), both);
  const auto by_the_system = get(client);
  http::Client strict(loop_.executor(), address("127.0.0.1"), trusting(another));
  const auto by_the_file_alone = get(strict);
  ::setenv("SSL_CERT_FILE", another.c_str(), 1);
  auto the_other_way = trusting(files_.ca());
  the_other_way.tls.trusts_system = true;
  http::Client own(loop_.executor(), address("127.0.0.1"), the_other_way);
  const auto by_the_file = get(own);
  ::unsetenv("SSL_CERT_FILE");
  EXPECT_TRUE(by_the_system) << by_the_system.error().message;
  EXPECT_FALSE(by_the_file_alone);
  EXPECT_TRUE(by_the_file) << by_the_file.error().message;
}

}  // namespace
}  // namespace berth::test
