// Schedulers on a store in memory, asked over HTTP; the executors are the test itself.
#pragma once

#include "scheduler/app.hpp"
#include "shared/codec/json.hpp"
#include "shared/http/client.hpp"
#include "shared/model/job_lifecycle.hpp"
#include "shared/runtime/task_group.hpp"
#include "tests/shared/runtime/loop.hpp"
#include "tests/support/memory_store.hpp"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace berth::test {

using namespace std::chrono_literals;

// One scheduler and a client of its API.
class Scheduler {
 public:
  Scheduler(Loop& loop, Store& store, const Clock& clock, SchedulerSettings settings)
      : loop_(loop), app_(loop.executor(), store, clock, std::move(settings)) {
    loop_.run(app_.start()).value();
    client_ = std::make_unique<http::Client>(loop.executor(),
                                             http::parse_address("http://" + app_.address(), "").value());
  }
  ~Scheduler() { stop(); }
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  void stop() {
    client_.reset();
    loop_.run(app_.stop());
  }

  http::Response ask(http::Request request) {
    return loop_.run(client_->call(std::move(request), deadline_in(40s))).value();
  }
  http::Response ask(std::string method, std::string target, std::string body = {}) {
    http::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.body = std::move(body);
    return ask(std::move(request));
  }
  json::value get(std::string target) {
    const auto response = ask("GET", target);
    EXPECT_EQ(response.status, 200u) << target << ": " << response.body;
    return parse_json(response.body).value();
  }
  http::Client& client() { return *client_; }
  const std::string& address() const { return app_.address(); }

 private:
  Loop& loop_;
  SchedulerApp app_;
  std::unique_ptr<http::Client> client_;
};

class Schedulers : public testing::Test {
 protected:
  std::unique_ptr<Scheduler> start(const std::string& name, bool alone = true) {
    SchedulerSettings settings;
    settings.name = name;
    settings.port = "0";
    settings.alone = alone;
    return std::make_unique<Scheduler>(loop_, store_, clock_, std::move(settings));
  }

  // An executor that is there, and does what the test says.
  void executor(const std::string& name, int cores = 4) {
    ExecutorInfo info;
    info.name = name;
    info.capacity = {Millicores{1000 * cores}, 8_GiB, {}};
    const auto incarnation = loop_.run(store_.register_executor(std::move(info), 0)).value();
    beats_.spawn("heartbeat", beat(name, incarnation));
  }

  // Jobs are placed only where the beat was seen to move.
  Task<> beat(std::string name, std::uint64_t incarnation) {
    const RuntimeInfo healthy;
    for (;;) {
      co_await store_.heartbeat(name, incarnation, healthy, std::nullopt);
      co_await sleep_until(deadline_in(std::chrono::milliseconds{100}));
    }
  }

  Job record(std::uint64_t id) { return *loop_.run(store_.jobs({JobId{id}})).value().front(); }

  // What the executor of a job tells the store.
  void tell(std::uint64_t id, const lifecycle::Event& event) {
    auto before = record(id);
    auto after = lifecycle::apply(before, event, clock_.wall()).value();
    auto type = lifecycle::feed_type(event, after);
    std::vector<Change> changes;
    changes.push_back({std::move(before), std::move(after), std::move(type), "test"});
    const auto results = loop_.run(store_.transition(std::move(changes), std::nullopt)).value();
    ASSERT_EQ(results.front().outcome, Changed::Outcome::done);
  }
  void run_on_executor(std::uint64_t id) {
    tell(id, lifecycle::Starting{});
    tell(id, lifecycle::Started{clock_.wall()});
  }
  void exit_with(std::uint64_t id, int code) {
    lifecycle::Outcome outcome;
    outcome.cause = Cause::exit;
    outcome.exit_code = code;
    outcome.finished_at = clock_.wall();
    tell(id, lifecycle::AttemptEnded{outcome});
  }

  // Until the job is where it shall be; wakes with every change, as a client's long poll does.
  template <class Condition>
  Job await(Scheduler& scheduler, std::uint64_t id, Condition condition) {
    const auto limit = deadline_in(30s);
    auto job = record(id);
    while (!condition(job)) {
      if (std::chrono::steady_clock::now() > limit) throw std::runtime_error("the job never got there");
      scheduler.get("/v1/jobs/" + std::to_string(id) + "?wait=10s&version=" + std::to_string(job.version));
      job = record(id);
    }
    return job;
  }
  Job await_assigned(Scheduler& scheduler, std::uint64_t id) {
    return await(scheduler, id, [](const Job& job) { return job.reason == Reason::assigned; });
  }

  Loop loop_;
  SystemClock clock_;
  MemoryStore store_{loop_.executor(), clock_};
  TaskGroup beats_{loop_.executor()};

  void TearDown() override {
    beats_.cancel();
    loop_.run(beats_.join());
  }
};

}  // namespace berth::test
