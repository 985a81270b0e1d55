// The server against clients of every kind: those that break the protocol, hurry, dawdle, or are old.
#include "shared/http/server.hpp"

#include "tests/shared/http/http_fixture.hpp"

#include <boost/asio/local/stream_protocol.hpp>
#include <gmock/gmock.h>

#include <fstream>

namespace berth::http::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// A name for it: gcc 12 miscompiles an aggregate temporary beside co_await.
const Response plain;

Task<> say_target(const Request& asked, Responder& responder) {
  Response response;
  response.body = "[" + asked.target + " " + asked.body + "]";
  co_await responder.send(std::move(response));
}

Task<> say_slowly(const Request& asked, Responder& responder) {
  co_await sleep_until(deadline_in(2ms));
  co_await say_target(asked, responder);
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  for (const auto handler : {say_target, say_slowly}) {
    HttpFixture http(handler);
    std::string requests;
    for (int i = 0; i < 200; ++i)
      requests += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok";
    requests += "GET /end HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    const auto answers = http.exchange(requests);
    EXPECT_EQ(count(answers, "HTTP/1.1 200 OK\r\n"), 201u);
    std::size_t at = 0;
    for (int i = 0; i < 200; ++i) {
      at = answers.find("[/" + std::to_string(i) + " ok]", at);
      ASSERT_NE(at, std::string::npos) << i;
    }
    EXPECT_TRUE(answers.ends_with("[/end ]"));
  }
}

TEST(HttpServer, ReadsAChunkedRequest) {
  HttpFixture http(say_target);
  const auto answer = http.exchange(
      "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
      "5;extension=1\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: x\r\n\r\n");
  EXPECT_TRUE(answer.ends_with("[/a hello world]")) << answer;
}

TEST(HttpServer, AsksForABodyThatIsHeldBackUntilWanted) {
  HttpFixture http(say_target, Over::tcp, {.max_body = 10});
  const std::string head =
      "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: ";
  EXPECT_THAT(http.exchange(head + "2\r\n\r\nok"),
              StartsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(http.exchange(head + "11\r\n\r\n"), StartsWith("HTTP/1.1 413 "))
      << "and doesn't ask for what it refuses";
}

TEST(HttpServer, RefusesWhatIsNotHttp) {
  HttpFixture http(say_target);
  for (const char* bad :
       {"hello\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"}) {
    const auto answer = http.exchange(bad);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 Bad Request\r\n")) << bad;
    EXPECT_THAT(answer, HasSubstr("application/problem+json")) << bad;
    EXPECT_THAT(answer, HasSubstr("Connection: close")) << bad;
  }
}

TEST(HttpServer, RefusesHeadersThatNeverEnd) {
  HttpFixture http(say_target);
  const auto answer =
      http.exchange("GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + std::string(1u << 20, 'x') + "\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(answer, HasSubstr("application/problem+json"));
}

TEST(HttpServer, RefusesABodyAboveItsLimitSoThatTheClientCanReadWhy) {
  HttpFixture http(say_target, Over::tcp, {.max_body = 1'000});
  EXPECT_EQ(http.call(request("POST", "/", std::string(1'000, 'x')))->status, 200u);
  // Far more than the kernel's buffers hold: the client is still writing when the answer comes.
  const auto response = http.call(request("POST", "/", std::string(30u << 20, 'x')));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 413u);
  EXPECT_THAT(response->body, HasSubstr("1000 bytes"));
  // A client that reads only after it has written everything isn't cut off before.
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 31457280\r\n\r\n";
  EXPECT_THAT(http.exchange(head + std::string(30u << 20, 'x')), StartsWith("HTTP/1.1 413 "));
  const auto chunked =
      http.exchange("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n" +
                    std::string(0xfff, 'x') + "\r\n0\r\n\r\n");
  EXPECT_THAT(chunked, StartsWith("HTTP/1.1 413 "));
}

Task<> stream_two(const Request&, Responder& responder) {
  co_await responder.begin(plain);
  co_await responder.write("one ", patience());
  co_await responder.write("", patience());
  co_await responder.write("two", patience());
  co_await responder.finish();
}

TEST(HttpServer, StreamsChunkedToNewClientsAndPlainToOldOnes) {
  HttpFixture http(stream_two);
  EXPECT_TRUE(http.exchange("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                  .ends_with("\r\n\r\n4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n"));
  const auto old = http.exchange("GET / HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(old.ends_with("\r\n\r\none two")) << old;
  EXPECT_THAT(old, Not(HasSubstr("chunked")));
}

Task<> misbehave(const Request& asked, Responder& responder) {
  if (asked.target == "/throw") throw std::runtime_error("secret detail");
  if (asked.target == "/silent") co_return;
  co_await responder.begin(plain);
  co_await responder.write("half", patience());
  if (asked.target == "/throw-late") throw std::runtime_error("secret detail");
}

TEST(HttpServer, AHandlerWithABugIs500AndHidesItsInsides) {
  HttpFixture http(misbehave);
  for (const char* target : {"/throw", "/silent", "/throw"}) {
    const auto response = http.call(request("GET", target));
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 500u);
    EXPECT_THAT(response->body, Not(HasSubstr("secret")));
  }
  EXPECT_EQ(http.server.connections(), 1u) << "and the connection lives on";
}

TEST(HttpServer, ABodyThatItsHandlerDidNotFinishIsCutOffVisibly) {
  HttpFixture http(misbehave);
  for (const char* target : {"/throw-late", "/unfinished"}) {
    const auto response = http.call(request("GET", target));
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().kind, ErrorKind::unavailable);
  }
}

Task<> forge(const Request&, Responder& responder) {
  Response response;
  response.headers = {{"X-Name", "a\r\nX-Forged: yes"}};
  co_await responder.send(std::move(response));
}

TEST(HttpServer, AHeadersValueCannotForgeAnother) {
  HttpFixture http(forge);
  const auto response = http.call(request("GET", "/"));
  EXPECT_FALSE(find_header(response->headers, "X-Forged"));
}

TEST(HttpServer, ClosesIdleConnectionsAndThoseWhoseRequestNeverComes) {
  HttpFixture http(say_target, Over::tcp, {.idle_timeout = 20ms, .request_timeout = 20ms});
  EXPECT_EQ(http.exchange(""), "");
  EXPECT_EQ(http.exchange("GET / HT"), "");
  EXPECT_EQ(http.exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhell"), "");
  http.loop.run_until([&] { return http.server.connections() == 0; });
}

TEST(HttpServer, TakesNoMoreConnectionsThanItsLimit) {
  HttpFixture http(say_target, Over::tcp, {.max_connections = 1});
  ASSERT_TRUE(http.call(request("GET", "/")));
  EXPECT_EQ(http.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "");
  EXPECT_TRUE(http.call(request("GET", "/"))) << "the one that is there is served";
}

TEST(HttpServer, SaysWhyItCannotListen) {
  HttpFixture http(say_target);
  Server second(http.loop.executor(), say_target);
  const auto listening = second.listen("127.0.0.1", http.client->address().port);
  ASSERT_FALSE(listening);
  EXPECT_EQ(listening.error().message,
            "can't listen on 127.0.0.1:" + http.client->address().port + ": Address already in use");
}

TEST(HttpServer, ReplacesAnAbandonedSocketAndNothingElse) {
  const auto path = testing::TempDir() + "berth-abandoned-" + std::to_string(::getpid()) + ".sock";
  {
    Loop loop;
    asio::local::stream_protocol::acceptor left_behind(loop.executor(),
                                                       asio::local::stream_protocol::endpoint(path));
  }
  Loop loop;
  {
    Server server(loop.executor(), say_target);
    EXPECT_TRUE(server.listen_unix(path)) << "nobody listened there any more";
    Server second(loop.executor(), say_target);
    EXPECT_FALSE(second.listen_unix(path)) << "somebody does";
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  std::ofstream(path) << "precious";
  Server third(loop.executor(), say_target);
  EXPECT_FALSE(third.listen_unix(path));
  EXPECT_TRUE(std::filesystem::remove(path));
}

}  // namespace
}  // namespace berth::http::test
