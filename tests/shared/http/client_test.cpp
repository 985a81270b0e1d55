// The client against servers that close, break off and lie. Each server here is a script over raw sockets.
#include "shared/http/client.hpp"

#include "tests/shared/http/http_fixture.hpp"

#include <boost/asio/read_until.hpp>
#include <gmock/gmock.h>

#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace berth::http::test {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// For each connection that it accepts, the answers to the requests that come over it; then it closes the
// connection.
using Script = std::deque<std::vector<std::string>>;

Task<> play(tcp::acceptor& acceptor, Script script, int& requests) {
  for (const auto& answers : script) {
    auto socket = co_await acceptor.async_accept(asio::use_awaitable);
    for (const auto& answer : answers) {
      std::string received;
      auto buffer = asio::dynamic_buffer(received);
      co_await asio::async_read_until(socket, buffer, "\r\n\r\n", asio::use_awaitable);
      ++requests;
      co_await asio::async_write(socket, asio::buffer(answer), asio::use_awaitable);
    }
  }
}

Task<Result<std::vector<std::string>>> resolved_to(std::vector<std::string> addresses) {
  co_return addresses;
}

class ScriptedServer {
 public:
  explicit ScriptedServer(Script script)
      : acceptor_(loop.executor(), tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        tasks_(loop.executor()) {
    Address address;
    address.host = "127.0.0.1";
    address.port = std::to_string(acceptor_.local_endpoint().port());
    client = std::make_unique<Client>(loop.executor(), address);
    tasks_.spawn("script", play(acceptor_, std::move(script), requests));
  }
  ~ScriptedServer() {
    client.reset();
    tasks_.cancel();
    loop.run(tasks_.join());
    loop.drain();
  }

  Result<Response> call(std::string method) {
    return loop.run(client->call(request(std::move(method), "/"), patience()));
  }

  Loop loop;
  std::unique_ptr<Client> client;
  int requests = 0;

 private:
  tcp::acceptor acceptor_;
  TaskGroup tasks_;
};

TEST(HttpClient, RepeatsAnIdempotentRequestWhoseReusedConnectionWasClosed) {
  ScriptedServer server({{std::string(ok), ""}, {std::string(ok)}});
  ASSERT_TRUE(server.call("GET"));
  const auto second = server.call("GET");
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->body, "ok");
  EXPECT_EQ(server.requests, 3) << "the second request went out twice";
}

TEST(HttpClient, NeverRepeatsWhatIsNotIdempotent) {
  ScriptedServer server({{std::string(ok), ""}, {std::string(ok)}});
  ASSERT_TRUE(server.call("POST"));
  const auto second = server.call("POST");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(server.requests, 2);
}

TEST(HttpClient, NeverRepeatsWhenAnAnswerHadBegun) {
  ScriptedServer server({{std::string(ok), "HTTP/1.1 200 OK\r\n"}, {std::string(ok)}});
  ASSERT_TRUE(server.call("GET"));
  EXPECT_FALSE(server.call("GET"));
  EXPECT_EQ(server.requests, 2);
}

TEST(HttpClient, DoesNotUseAConnectionThatTheServerHasClosedWhileItWasIdle) {
  ScriptedServer server({{std::string(ok)}, {std::string(ok)}});
  ASSERT_TRUE(server.call("POST"));
  server.loop.run(sleep_until(deadline_in(5ms)));  // the close is on its way
  EXPECT_TRUE(server.call("POST")) << "not even a request that may not be repeated suffers";
}

TEST(HttpClient, ABodyThatIsCutOffIsNeverTakenForWhole) {
  ScriptedServer server({{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"},
                         {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"}});
  for (int i = 0; i < 2; ++i) {
    const auto response = server.call("GET");
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().kind, ErrorKind::unavailable);
    EXPECT_THAT(response.error().message, HasSubstr("the connection was closed"));
  }
}

TEST(HttpClient, ABodyWithoutLengthEndsWithItsConnection) {
  ScriptedServer server({{"HTTP/1.0 200 OK\r\n\r\neverything"}});
  const auto response = server.call("GET");
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "everything");
}

TEST(HttpClient, SkipsInterimAnswers) {
  ScriptedServer server({{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", std::string(ok)}});
  EXPECT_EQ(server.call("POST")->status, 204u);
  EXPECT_EQ(server.call("POST")->body, "ok") << "over the same connection";
}

TEST(HttpClient, SaysThatTheOtherSideSpeaksNoHttp) {
  ScriptedServer server({{"-ERR unknown command\r\n\r\n"}});
  const auto response = server.call("GET");
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::internal);
  EXPECT_THAT(response.error().message, HasSubstr("not HTTP"));
}

TEST(HttpClient, RefusesToSendWhatWouldForgeARequest) {
  ScriptedServer server(Script{});
  auto forged = request("GET", "/");
  forged.headers = {{"X-Name", "a\r\n\r\nDELETE / HTTP/1.1"}};
  EXPECT_EQ(server.loop.run(server.client->call(forged, patience())).error().kind, ErrorKind::invalid);
  EXPECT_EQ(server.loop.run(server.client->call(request("GET", "/a b"), patience())).error().kind,
            ErrorKind::invalid);
}

// What a name stood for when somebody looked doesn't matter: the address of the connection does.
TEST(HttpClient, OnlyAddressesThatMayBeConnectedToAre) {
  ScriptedServer server({{std::string(ok)}});
  Address address = server.client->address();
  address.host = "rebound.example";
  std::vector<std::string> answers{"10.0.0.1", "127.0.0.1"};
  ClientOptions options;
  options.resolve = [&answers](std::string, Deadline) { return resolved_to(answers); };
  options.may_connect = [](std::string_view ip) { return ip == "127.0.0.1"; };
  Client allowed(server.loop.executor(), address, options);
  EXPECT_EQ(server.loop.run(allowed.call(request("GET", "/"), patience()))->body, "ok");
  answers = {"10.0.0.1"};
  Client refused(server.loop.executor(), address, options);
  const auto answer = server.loop.run(refused.call(request("GET", "/"), patience()));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::refused);
  EXPECT_THAT(answer.error().message, HasSubstr("its address 10.0.0.1 isn't allowed"));
}

TEST(HttpClient, AnAddressThatSwallowsEverythingLeavesTimeForTheNextOne) {
  ScriptedServer server({{std::string(ok)}});
  Address address = server.client->address();
  address.host = "two.example";
  // Its queue is full and nobody empties it: the kernel answers no further attempt.
  auto& loop = server.loop;
  const auto port = static_cast<std::uint16_t>(std::stoi(address.port));
  const tcp::endpoint full(asio::ip::make_address("127.0.0.2"), port);
  tcp::acceptor deaf(loop.executor(), full.protocol());
  deaf.bind(full);
  deaf.listen(0);
  std::vector<tcp::socket> waiting;
  for (int i = 0; i < 4; ++i) {
    waiting.emplace_back(loop.executor(), full.protocol());
    waiting.back().async_connect(full, [](boost::system::error_code) {});
  }
  ClientOptions options;
  options.resolve = [](std::string, Deadline) { return resolved_to({"127.0.0.2", "127.0.0.1"}); };
  Client client(loop.executor(), address, options);
  const auto answer = loop.run(client.call(request("GET", "/"), deadline_in(4s)));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "ok");
}

TEST(HttpClient, ANameIsResolvedAndADeadlineThatHasPassedEndsTheCall) {
  ScriptedServer server({{std::string(ok)}});
  Address address = server.client->address();
  address.host = "localhost";
  Client by_name(server.loop.executor(), address);
  EXPECT_EQ(server.loop.run(by_name.call(request("GET", "/"), patience()))->body, "ok");
  const auto late = server.loop.run(by_name.call(request("GET", "/"), deadline_in(-1s)));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, ErrorKind::timeout);
}

}  // namespace
}  // namespace berth::http::test
