#include "scheduler/api/event_reader.hpp"
#include "tests/scheduler/api/fixture.hpp"

namespace berth {
namespace {

using test::ApiTest;
using test::Frame;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ApiEvents : public ApiTest {
 protected:
  // The numbers of what a page shows.
  static std::vector<std::int64_t> seqs(const json::value& page) {
    std::vector<std::int64_t> result;
    for (const auto& event : page.at("events").as_array()) result.push_back(event.at("seq").as_int64());
    return result;
  }
  // Frames until one that has data.
  Frame next_event(test::Frames& frames) {
    for (;;) {
      auto frame = next(frames);
      if (frame.fields.contains("data")) return frame;
    }
  }
};

TEST_F(ApiEvents, CarryNumberTypeAndTheWholeEvent) {
  auto frames = open_events("");
  EXPECT_EQ(http::find_header(frames.head().headers, "Content-Type"), "text/event-stream");
  const auto opening = next(frames);
  EXPECT_EQ(opening.text("id"), std::to_string(last_event())) << "a client knows where it is from the start";
  const auto id = admit(1).front();
  const auto frame = next_event(frames);
  EXPECT_EQ(frame.text("event"), "job.submitted");
  const auto event = from_json<Event>(parse_json(frame.text("data")).value()).value();
  EXPECT_EQ(std::to_string(event.seq), frame.text("id"));
  EXPECT_EQ(event.job, id);
  EXPECT_EQ(event.status, JobStatus::pending);
  EXPECT_EQ(event.actor, "test");
}

TEST_F(ApiEvents, ResumeBehindTheLastOneThatWasSeen) {
  const auto before = last_event();
  const auto ids = admit(5);
  http::Headers headers{{"Last-Event-ID", std::to_string(before + 2)}};
  auto frames = open_events("?after=0", std::move(headers));
  EXPECT_EQ(next_event(frames).text("id"), std::to_string(before + 3)) << "the header is the later word";
  EXPECT_EQ(next_event(frames).text("id"), std::to_string(before + 4));
  EXPECT_EQ(next_event(frames).text("id"), std::to_string(before + 5));
  abort(ids.front());
  EXPECT_EQ(next_event(frames).text("id"), std::to_string(before + 6))
      << "and what comes follows without a seam";
}

TEST_F(ApiEvents, ComeFromTheStoreWhenTheFeedHasForgottenThem) {
  const auto before = last_event();
  admit(limits::events_remembered + 10);
  auto frames = open_events("?after=" + std::to_string(before));
  for (std::uint64_t seq = before + 1; seq <= last_event(); ++seq) {
    ASSERT_EQ(next_event(frames).text("id"), std::to_string(seq));
  }
}

TEST_F(ApiEvents, FilterByJobsAndStatus) {
  const auto before = last_event();
  const auto ids = admit(6);
  abort(ids[1]);
  abort(ids[4]);
  const auto after = "&follow=false&after=" + std::to_string(before);
  EXPECT_EQ(seqs(get("/v1/events?job=2-3,6" + after)).size(), 4u) << "three submits and an abort";
  EXPECT_EQ(seqs(get("/v1/events?job=2-3,6&status=aborted" + after)).size(), 1u);
  EXPECT_EQ(seqs(get("/v1/events?status=ABORTED" + after)).size(), 2u);
  EXPECT_EQ(ask("GET", "/v1/events?job=3-2").status, 400u);
  EXPECT_EQ(ask("GET", "/v1/events?job=all").status, 400u);
  EXPECT_EQ(ask("GET", "/v1/events?status=DONE").status, 400u);
  EXPECT_EQ(ask("GET", "/v1/events?stauts=FAILED").status, 400u) << "a misspelt filter isn't ignored";
}

TEST_F(ApiEvents, ComeInPagesToo) {
  const auto before = last_event();
  admit(5);
  auto page = get("/v1/events?follow=false&limit=3&after=" + std::to_string(before));
  EXPECT_EQ(seqs(page).size(), 3u);
  const auto next = std::string(page.at("next").as_string());
  EXPECT_EQ(next, std::to_string(before + 3));
  page = get("/v1/events?follow=false&limit=3&after=" + next);
  EXPECT_EQ(seqs(page).size(), 2u);
  EXPECT_TRUE(page.at("next").is_null());
  EXPECT_EQ(page.at("last").as_int64(), static_cast<std::int64_t>(before + 5));
}

TEST_F(ApiEvents, BeginAtAnInstant) {
  admit(3);
  const auto seen = last_event();
  const auto all = get("/v1/events?follow=false").at("events").as_array();
  ASSERT_EQ(all.size(), seen);
  const auto newest_at = parse_wall_time(all.back().at("at").as_string()).value();
  const auto later = to_string(newest_at + std::chrono::milliseconds{1});
  const auto epoch = std::string("2001-01-01T00:00:00Z");
  EXPECT_EQ(seqs(get("/v1/events?follow=false&since=" + epoch)).size(), seen);
  EXPECT_TRUE(seqs(get("/v1/events?follow=false&since=" + later)).empty());
}

TEST_F(ApiEvents, SayWhenWhatWasAskedForIsGone) {
  admit(20);
  // A scheduler that starts now has seen none of them, and must ask the store.
  restart();
  store.forget_events(10);
  auto frames = open_events("?after=4");
  const auto gap = next_event(frames);
  EXPECT_EQ(gap.text("event"), "gap");
  EXPECT_EQ(gap.text("data"), R"({"type":"gap","after":4,"next":11})");
  EXPECT_EQ(next_event(frames).text("id"), "11");
  const auto page = get("/v1/events?follow=false&after=4");
  EXPECT_EQ(json::serialize(page.at("gap")), R"({"after":4,"next":11})");
  EXPECT_EQ(seqs(page).front(), 11);
  // From the oldest that is kept: nothing is missing there.
  EXPECT_TRUE(get("/v1/events?follow=false&after=0").at("gap").is_null());
}

TEST_F(ApiEvents, SayWhenTheStoreWasSetBack) {
  const auto last = last_event();
  auto frames = open_events("?after=500");
  const auto gap = next_event(frames);
  EXPECT_EQ(gap.text("event"), "gap");
  EXPECT_EQ(gap.text("id"), std::to_string(last));
  admit(1);
  EXPECT_EQ(next_event(frames).text("id"), std::to_string(last + 1)) << "and go on with what comes";
}

TEST_F(ApiEvents, AreRefusedWhenTheStoreDoesNotAnswer) {
  admit(3);
  restart();
  store.break_down(unavailable("Redis is away"));
  EXPECT_EQ(ask("GET", "/v1/events?after=1").status, 503u);
  store.repair();
}

// A client that the test plays: it takes answers, or lets them wait.
class SlowClient final : public http::Responder {
 public:
  Task<Result<>> send(http::Response) override { co_return Result<>{}; }
  Task<Result<>> begin(http::Response) override { co_return Result<>{}; }
  Task<Result<>> write(std::string_view piece, Deadline deadline) override {
    pieces.emplace_back(piece);
    if (pieces.size() <= takes) co_return Result<>{};
    waits_until = deadline;
    co_return Error{ErrorKind::timeout, "the client takes nothing of the answer any more"};
  }
  Task<Result<>> finish() override { co_return Result<>{}; }

  std::size_t takes = 0;
  std::vector<std::string> pieces;
  Deadline waits_until = no_deadline;
};

TEST_F(ApiEvents, DropAReaderThatTakesNothingAndKeepNothingForIt) {
  EventFeed feed(loop.executor(), store);
  loop.run(feed.start());
  tasks.spawn("feed", feed.run());
  const auto before = feed.position();
  admit(3 * limits::feed_read);
  api::EventReader reader(store, feed, {});
  SlowClient client;
  client.takes = 1;
  const api::EventStart start{before, std::nullopt};
  ASSERT_TRUE(loop.run(reader.start(start)));
  const auto done = loop.run(reader.stream(client));
  ASSERT_TRUE(done.has_error());
  EXPECT_LE(client.waits_until, deadline_in(limits::event_reader_patience)) << "it doesn't wait for ever";
  ASSERT_EQ(client.pieces.size(), 2u) << "one batch was under way, and no more was read for it";
  const auto count = [](const std::string& text) {
    std::size_t events = 0;
    for (auto at = text.find("data:"); at != std::string::npos; at = text.find("data:", at + 1)) ++events;
    return events;
  };
  EXPECT_GT(count(client.pieces[1]), 0u);
  EXPECT_LE(count(client.pieces[1]), limits::feed_read);
  tasks.cancel();
  loop.run(tasks.join());
}

TEST_F(ApiEvents, ShowAQuietStreamIsAlive) {
  EventFeed feed(loop.executor(), store);
  loop.run(feed.start());
  api::EventReader reader(store, feed, {});
  SlowClient client;
  client.takes = 2;
  ASSERT_TRUE(loop.run(reader.start({})));
  const auto done = loop.run(reader.stream(client, Milliseconds{1}));
  ASSERT_TRUE(done.has_error());
  const auto position = "id: " + std::to_string(feed.position()) + "\n\n";
  EXPECT_THAT(client.pieces, ElementsAre("retry: 1000\n" + position, ": heartbeat\n" + position,
                                         ": heartbeat\n" + position));
}

}  // namespace
}  // namespace berth
