// The scheduler as its clients see it: the whole app on a store in memory, asked over HTTP in the same loop.
#pragma once

#include "scheduler/app.hpp"
#include "shared/base/limits.hpp"
#include "shared/codec/json.hpp"
#include "shared/http/client.hpp"
#include "shared/model/job_lifecycle.hpp"
#include "shared/runtime/task_group.hpp"
#include "tests/shared/runtime/loop.hpp"
#include "tests/support/memory_store.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace berth::test {

// One event as it comes over the wire.
struct Frame {
  std::map<std::string, std::string> fields;
  std::vector<std::string> comments;
  std::string text(const std::string& name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? "" : found->second;
  }
};

// Reads a stream of Server-Sent Events frame by frame.
class Frames {
 public:
  explicit Frames(std::unique_ptr<http::ResponseStream> stream) : stream_(std::move(stream)) {}

  const http::Response& head() const { return stream_->head(); }

  Task<Result<Frame>> next() {
    for (;;) {
      const auto end = buffer_.find("\n\n");
      if (end != std::string::npos) {
        auto frame = parse(buffer_.substr(0, end));
        buffer_.erase(0, end + 2);
        co_return frame;
      }
      auto piece = co_await stream_->read(deadline_in(std::chrono::seconds{30}));
      if (!piece) co_return piece.error();
      if (piece->empty()) co_return unavailable("the stream has ended");
      buffer_ += *piece;
    }
  }

 private:
  static Frame parse(const std::string& text) {
    Frame frame;
    for (std::size_t begin = 0; begin < text.size();) {
      const auto end = std::min(text.find('\n', begin), text.size());
      const auto line = text.substr(begin, end - begin);
      const auto colon = line.find(':');
      if (colon == 0) {
        frame.comments.push_back(line.substr(1));
      } else {
        frame.fields[line.substr(0, colon)] = line.substr(colon + 2);
      }
      begin = end + 1;
    }
    return frame;
  }

  std::unique_ptr<http::ResponseStream> stream_;
  std::string buffer_;
};

// Counts how often records are read, and can let something happen while a name is looked for.
class CountedStore final : public MemoryStore {
 public:
  using MemoryStore::MemoryStore;
  std::size_t reads = 0;
  std::vector<Change> meanwhile;  // once
  Task<Result<std::vector<JobId>>> find_jobs(JobQuery query) override {
    if (query.name && !meanwhile.empty()) {
      auto changes = std::exchange(meanwhile, {});
      co_await transition(std::move(changes), std::nullopt);
      co_await sleep_until(deadline_in(std::chrono::milliseconds{50}));  // the schedulers hear of it
    }
    auto found = co_await MemoryStore::find_jobs(std::move(query));
    co_return found;
  }
  Task<Result<std::vector<std::optional<Job>>>> jobs(std::vector<JobId> ids) override {
    ++reads;
    return MemoryStore::jobs(std::move(ids));
  }
};

// Another scheduler leads, so that nothing happens to jobs but what the test does; the one that is asked only
// follows.
class ApiTest : public ::testing::Test {
 protected:
  void SetUp() override {
    epoch = loop.run(store.take_leadership("other", std::nullopt)).value();
    tasks.spawn("the other leader", stay_leader());
    start();
  }
  void TearDown() override {
    if (app) stop();
    tasks.cancel();
    loop.run(tasks.join());
  }

  void start() {
    SchedulerSettings settings;
    settings.name = "s1";
    settings.port = "0";
    app = std::make_unique<SchedulerApp>(loop.executor(), store, clock, settings);
    ASSERT_TRUE(loop.run(app->start()));
    const auto address = http::parse_address("http://" + app->address(), "").value();
    client = std::make_unique<http::Client>(loop.executor(), address);
  }
  void stop() {
    client.reset();
    loop.run(app->stop());
    app.reset();
  }
  // Another scheduler that knows nothing but the store.
  void restart() {
    stop();
    start();
  }

  // The other leader goes, and this scheduler leads.
  void hand_over() {
    loop.run(store.resign_leadership("other", epoch)).value();
    loop.run_until([&] { return get("/v1/stats").at("leader") == "s1"; });
  }

  http::Response ask(std::string method, std::string target, std::string body = {},
                     http::Headers headers = {}) {
    http::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.body = std::move(body);
    request.headers = std::move(headers);
    return loop.run(client->call(std::move(request), deadline_in(std::chrono::seconds{30}))).value();
  }
  json::value get(std::string target) {
    const auto response = ask("GET", target);
    EXPECT_EQ(response.status, 200u) << target << ": " << response.body;
    return parse_json(response.body).value();
  }
  Frames open_events(std::string query, http::Headers headers = {}) {
    http::Request request;
    request.target = "/v1/events" + query;
    request.headers = std::move(headers);
    return Frames(loop.run(client->open(std::move(request), deadline_in(std::chrono::seconds{30}))).value());
  }
  Frame next(Frames& frames) { return loop.run(frames.next()).value(); }

  // The store's own way, so that tests of reading needn't post.
  std::vector<JobId> admit(std::size_t count, JobDefinition definition = {}) {
    if (definition.image.empty()) definition.image = "busybox";
    std::vector<JobDefinition> definitions(count, definition);
    return loop.run(store.admit(std::move(definitions), std::nullopt, "test")).value().ids;
  }
  Job record(JobId id) {
    std::vector<JobId> ids{id};
    return loop.run(store.jobs(std::move(ids))).value().front().value();
  }
  // What an executor or a person would make of it now.
  Change change_of(JobId id, const lifecycle::Event& event) {
    auto before = record(id);
    auto after = lifecycle::apply(before, event, clock.wall()).value();
    auto type = lifecycle::feed_type(event, after);
    return {std::move(before), std::move(after), std::move(type), "test"};
  }
  void change(JobId id, const lifecycle::Event& event) {
    std::vector<Change> changes{change_of(id, event)};
    loop.run(store.transition(std::move(changes), std::nullopt)).value();
  }
  void abort(JobId id) { change(id, lifecycle::AbortRequested{"asked by the test"}); }
  std::uint64_t last_event() { return loop.run(store.last_event()).value(); }

  Loop loop;
  SystemClock clock;
  CountedStore store{loop.executor(), clock};
  TaskGroup tasks{loop.executor()};
  std::unique_ptr<SchedulerApp> app;
  std::unique_ptr<http::Client> client;

 private:
  Task<> stay_leader() {
    for (;;) {
      co_await store.renew_leadership(epoch);
      co_await sleep_until(deadline_in(limits::leader_renewal / 4));
    }
  }

  Epoch epoch;  // of the other leader
};

}  // namespace berth::test
