// Client and server talk to each other, over TCP and over a Unix socket.
#include "tests/shared/http/http_fixture.hpp"

#include <gmock/gmock.h>

namespace berth::http::test {
namespace {

// A name for it: gcc 12 miscompiles an aggregate temporary beside co_await.
const Response plain;

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 7 + i / 251);
  return text;
}

Task<> echo(const Request& asked, Responder& responder) {
  Response response;
  response.headers = {{"X-Method", asked.method}, {"X-Target", asked.target}};
  response.body = asked.body;
  co_await responder.send(std::move(response));
}

// Answers with as many chunks as the body says, each 10,000 bytes.
Task<> stream_chunks(const Request& asked, Responder& responder) {
  Response head;
  head.headers = {{"Content-Type", "application/octet-stream"}};
  co_await responder.begin(std::move(head));
  const int count = std::stoi(asked.body);
  for (int i = 0; i < count; ++i) {
    const std::string chunk(10'000, static_cast<char>('a' + i % 26));
    co_await responder.write(chunk, patience());
  }
  co_await responder.finish();
}

class HttpClientAndServer : public ::testing::TestWithParam<Over> {};
INSTANTIATE_TEST_SUITE_P(Sockets, HttpClientAndServer, ::testing::Values(Over::tcp, Over::unix_socket),
                         [](const auto& info) { return info.param == Over::tcp ? "Tcp" : "Unix"; });

TEST_P(HttpClientAndServer, ARequestArrivesAsItWasSentAndSoDoesItsAnswer) {
  HttpFixture http(echo, GetParam());
  const auto response = http.call(request("POST", "/v1/jobs?a=b%20c", "hello"));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200u);
  EXPECT_EQ(response->body, "hello");
  EXPECT_EQ(find_header(response->headers, "X-Method"), "POST");
  EXPECT_EQ(find_header(response->headers, "X-Target"), "/v1/jobs?a=b%20c");
  EXPECT_TRUE(find_header(response->headers, "Date"));
}

TEST_P(HttpClientAndServer, LargeBodiesTravelBothWays) {
  HttpFixture http(echo, GetParam());
  const auto body = pattern(20u << 20);
  const auto response = http.call(request("PUT", "/", body));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_TRUE(response->body == body);
}

TEST_P(HttpClientAndServer, AChunkedBodyComesPieceByPieceAndEnds) {
  HttpFixture http(stream_chunks, GetParam());
  auto stream = http.loop.run(http.client->open(request("POST", "/", "40"), patience()));
  ASSERT_TRUE(stream) << stream.error().message;
  EXPECT_EQ((*stream)->head().status, 200u);
  EXPECT_EQ(find_header((*stream)->head().headers, "Content-Type"), "application/octet-stream");
  std::string all;
  while (true) {
    const auto piece = http.loop.run((*stream)->read(patience()));
    ASSERT_TRUE(piece) << piece.error().message;
    if (piece->empty()) break;
    EXPECT_LE(piece->size(), 64u << 10);
    all += *piece;
  }
  EXPECT_EQ(all.size(), 400'000u);
  EXPECT_EQ(all.back(), 'a' + 39 % 26);
  EXPECT_EQ(http.loop.run((*stream)->read(patience())).value(), "") << "the end stays the end";
}

TEST_P(HttpClientAndServer, HeadHasHeadersAndNoBody) {
  HttpFixture http(echo, GetParam());
  for (int i = 0; i < 2; ++i) {
    const auto response = http.call(request("HEAD", "/", "five!"));
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(find_header(response->headers, "Content-Length"), "5");
    EXPECT_EQ(response->body, "");
  }
  EXPECT_EQ(http.server.connections(), 1u);
}

TEST_P(HttpClientAndServer, TenThousandRequestsUseOneConnection) {
  HttpFixture http(echo, GetParam());
  for (int i = 0; i < 10'000; ++i) {
    const auto response = http.call(request("POST", "/", std::to_string(i)));
    ASSERT_TRUE(response) << response.error().message;
    ASSERT_EQ(response->body, std::to_string(i));
  }
  EXPECT_EQ(http.server.connections(), 1u);
}

Task<> note_answer(Client& client, Request asked, std::vector<std::string>& answers) {
  const auto response = co_await client.call(std::move(asked), patience());
  answers.push_back(response ? response->body : response.error().message);
}

// Answers "slow" only once "fast" has been answered.
struct FastReleasesSlow {
  explicit FastReleasesSlow(asio::any_io_executor executor) : released(std::move(executor)) {}
  Task<> handle(const Request& asked, Responder& responder) {
    if (asked.target == "/slow") co_await released.wait();
    Response response;
    response.body = asked.target;
    co_await responder.send(std::move(response));
    if (asked.target == "/fast") released.notify();
  }
  Wakeup released;
};

TEST_P(HttpClientAndServer, AStuckRequestHoldsUpNoOther) {
  std::unique_ptr<FastReleasesSlow> handler;
  HttpFixture http(
      [&](const Request& asked, Responder& responder) { return handler->handle(asked, responder); },
      GetParam());
  handler = std::make_unique<FastReleasesSlow>(http.loop.executor());
  std::vector<std::string> answers;
  http.tasks.spawn("slow", note_answer(*http.client, request("GET", "/slow"), answers));
  http.loop.run_until([&] { return http.server.connections() == 1; });
  http.tasks.spawn("fast", note_answer(*http.client, request("GET", "/fast"), answers));
  http.loop.run_until([&] { return answers.size() == 2; });
  EXPECT_THAT(answers, ::testing::ElementsAre("/fast", "/slow"));
  handler.reset();  // its timer belongs to the loop
}

// Works until it is cancelled; says how it ended.
struct Endless {
  Task<> handle(const Request& asked, Responder& responder) {
    ++begun;
    const Ending ending{*this};
    if (asked.target == "/stream") {
      co_await responder.begin(plain);
      co_await responder.write("beginning", patience());
    }
    co_await sleep_until(deadline_in(1h));
  }
  struct Ending {
    Endless& owner;
    ~Ending() { ++owner.ended; }
  };
  Handler handler() {
    return [this](const Request& asked, Responder& responder) { return handle(asked, responder); };
  }
  int begun = 0;
  int ended = 0;
};

TEST_P(HttpClientAndServer, ADeadlineEndsACallThatIsNeverAnswered) {
  Endless endless;
  HttpFixture http(endless.handler(), GetParam());
  const auto response = http.call(request("GET", "/v1/jobs/1"), deadline_in(30ms));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::timeout);
  EXPECT_THAT(response.error().message,
              ::testing::HasSubstr("GET /v1/jobs/1 at " + http.client->address().text()));
  // … and the server notices that nobody waits any more.
  http.loop.run_until([&] { return endless.ended == 1; });
}

TEST_P(HttpClientAndServer, ADeadlineEndsAStreamThatStalls) {
  Endless endless;
  HttpFixture http(endless.handler(), GetParam());
  auto stream = http.loop.run(http.client->open(request("GET", "/stream"), deadline_in(10s)));
  ASSERT_TRUE(stream) << stream.error().message;
  EXPECT_EQ(http.loop.run((*stream)->read(patience())).value(), "beginning");
  const auto more = http.loop.run((*stream)->read(deadline_in(20ms)));
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().kind, ErrorKind::timeout);
}

TEST_P(HttpClientAndServer, AClientThatLeavesCancelsTheHandler) {
  Endless endless;
  HttpFixture http(endless.handler(), GetParam());
  {
    auto stream = http.loop.run(http.client->open(request("GET", "/stream"), patience()));
    ASSERT_TRUE(stream) << stream.error().message;
    EXPECT_EQ(endless.ended, 0);
  }
  http.loop.run_until([&] { return endless.ended == 1 && http.server.connections() == 0; });
}

TEST_P(HttpClientAndServer, ACancelledCallLeavesNothingBehind) {
  Endless endless;
  HttpFixture http(endless.handler(), GetParam());
  std::vector<std::string> answers;
  TaskGroup callers(http.loop.executor());
  callers.spawn("caller", note_answer(*http.client, request("GET", "/"), answers));
  http.loop.run_until([&] { return endless.begun == 1; });
  callers.cancel();
  http.loop.run(callers.join());
  EXPECT_TRUE(answers.empty()) << "a cancelled task goes no further";
  http.loop.run_until([&] { return endless.ended == 1 && http.server.connections() == 0; });
}

TEST_P(HttpClientAndServer, StopEndsHandlersInFlightAndIdleConnections) {
  Endless endless;
  HttpFixture http(endless.handler(), GetParam());
  std::vector<std::string> answers;
  for (int i = 0; i < 5; ++i)
    http.tasks.spawn("caller", note_answer(*http.client, request("GET", "/"), answers));
  http.loop.run_until([&] { return endless.begun == 5; });
  http.loop.run(http.server.stop());
  EXPECT_EQ(endless.ended, 5);
  EXPECT_EQ(http.server.connections(), 0u);
  http.loop.run_until([&] { return answers.size() == 5; });
  EXPECT_THAT(answers, ::testing::Each(::testing::HasSubstr("the connection was closed")));
  EXPECT_EQ(http.call(request("GET", "/")).error().kind, ErrorKind::unavailable) << "and it listens no more";
}

// Writes as fast as it may, and counts what has left it.
struct Firehose {
  Task<> handle(const Request&, Responder& responder) {
    co_await responder.begin(plain);
    const std::string piece(64u << 10, 'x');
    for (int i = 0; i < 1'000; ++i) {
      const auto sent = co_await responder.write(piece, patience());
      if (!sent) co_return;
      written += piece.size();
    }
    co_await responder.finish();
  }
  std::size_t written = 0;
};

TEST_P(HttpClientAndServer, ASlowReaderHoldsTheWriterBack) {
  Firehose firehose;
  HttpFixture http(
      [&](const Request& asked, Responder& responder) { return firehose.handle(asked, responder); },
      GetParam());
  auto stream = http.loop.run(http.client->open(request("GET", "/"), patience()));
  ASSERT_TRUE(stream) << stream.error().message;
  // Give the writer every chance to run ahead: it stops where the kernel's buffers are full.
  std::size_t before = 0;
  do {
    before = firehose.written;
    http.loop.run(sleep_until(deadline_in(20ms)));
  } while (firehose.written != before);
  EXPECT_LT(firehose.written, 32u << 20);

  std::size_t read = 0;
  while (true) {
    const auto piece = http.loop.run((*stream)->read(patience()));
    ASSERT_TRUE(piece) << piece.error().message;
    if (piece->empty()) break;
    read += piece->size();
  }
  EXPECT_EQ(read, 1'000u * (64u << 10));
}

Task<> stall_noted(Responder& responder, Deadline deadline, std::optional<Error>& stalled) {
  co_await responder.begin(plain);
  const std::string piece(1u << 20, 'x');
  while (!stalled) {
    const auto sent = co_await responder.write(piece, deadline);
    if (!sent) stalled = sent.error();
  }
}

TEST_P(HttpClientAndServer, AWriterGivesUpOnAReaderThatNeverReads) {
  std::optional<Error> stalled;
  HttpFixture http([&](const Request&,
                       Responder& responder) { return stall_noted(responder, deadline_in(50ms), stalled); },
                   GetParam());
  auto stream = http.loop.run(http.client->open(request("GET", "/"), patience()));
  ASSERT_TRUE(stream) << stream.error().message;
  http.loop.run_until([&] { return stalled.has_value() && http.server.connections() == 0; });
  EXPECT_EQ(stalled->kind, ErrorKind::timeout);
}

TEST_P(HttpClientAndServer, NobodyListensThereIsSaidWithTheAddress) {
  HttpFixture http(echo, GetParam());
  const auto text = http.client->address().text();
  http.loop.run(http.server.stop());
  const auto response = http.call(request("GET", "/"));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().kind, ErrorKind::unavailable);
  EXPECT_THAT(response.error().message, ::testing::HasSubstr("can't connect to " + text));
}

}  // namespace
}  // namespace berth::http::test
