// Deliveries to real receivers that fail, hang and redirect, and over a change of leader.
#include "scheduler/loops/webhooks.hpp"

#include "shared/base/limits.hpp"
#include "shared/codec/json.hpp"
#include "shared/http/server.hpp"
#include "shared/runtime/task_group.hpp"
#include "tests/shared/runtime/loop.hpp"
#include "tests/support/memory_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace berth::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What hooks are sent to.
class HookReceiver {
 public:
  explicit HookReceiver(Loop& loop, const std::string& listens_on = "127.0.0.1")
      : loop_(loop),
        server_(loop.executor(), [this](const http::Request& request,
                                        http::Responder& responder) { return take(request, responder); }),
        tasks_(loop.executor()) {
    address_ = server_.listen(listens_on, "0").value();
    tasks_.spawn("a receiver of webhooks", server_.run());
  }
  ~HookReceiver() {
    loop_.run(server_.stop());
    tasks_.cancel();
    loop_.run(tasks_.join());
  }
  HookReceiver(const HookReceiver&) = delete;
  HookReceiver& operator=(const HookReceiver&) = delete;

  std::string url() const { return "http://" + address_ + "/hook?from=berth"; }
  std::string port() const { return address_.substr(address_.rfind(':') + 1); }

  // The numbers of the events, as they came.
  std::vector<std::string> numbers() const {
    std::vector<std::string> found;
    for (const auto& request : requests) found.emplace_back(header(request, "Berth-Delivery"));
    return found;
  }
  static std::string header(const http::Request& request, std::string_view name) {
    return std::string(http::find_header(request.headers, name).value_or("(none)"));
  }

  std::deque<http::Response> answers;  // of the next requests; then 204
  bool hangs = false;
  Milliseconds delay{0};  // before it answers
  std::vector<http::Request> requests;
  std::size_t most_at_once = 0;

 private:
  Task<> take(const http::Request& request, http::Responder& responder) {
    requests.push_back(request);
    most_at_once = std::max(most_at_once, ++at_once_);
    if (hangs) co_await sleep_until(no_deadline);
    if (delay > 0ms) co_await sleep_until(deadline_in(delay));
    --at_once_;
    http::Response answer;
    answer.status = 204;
    if (!answers.empty()) {
      answer = std::move(answers.front());
      answers.pop_front();
    }
    co_await responder.send(std::move(answer));
  }

  Loop& loop_;
  http::Server server_;
  TaskGroup tasks_;
  std::string address_;
  std::size_t at_once_ = 0;
};

http::Response status_answer(unsigned status) {
  http::Response answer;
  answer.status = status;
  return answer;
}

// What a scheduler has of this, leading from its construction to its end.
class WebhookLeader {
 public:
  WebhookLeader(Loop& loop, Store& store, const Clock& clock, WebhookSettings settings)
      : loop_(loop),
        feed_(loop.executor(), store, 1),
        leadership_(loop.executor(), store, clock, "s1", true, [this] { webhooks.on_change(); }),
        webhooks(loop.executor(), store, clock, leadership_, feed_, std::move(settings), 1),
        tasks_(loop.executor()) {
    loop_.run(feed_.start());
    tasks_.spawn("event feed", feed_.run());
    tasks_.spawn("leadership", leadership_.run());
    tasks_.spawn("webhooks", webhooks.run());
    loop_.run_until([this] { return webhooks.is_serving(); });
  }
  ~WebhookLeader() {
    tasks_.cancel();
    loop_.run(tasks_.join());
    loop_.run(webhooks.stop());
  }
  WebhookLeader(const WebhookLeader&) = delete;
  WebhookLeader& operator=(const WebhookLeader&) = delete;

 private:
  Loop& loop_;
  EventFeed feed_;
  Leadership leadership_;

 public:
  Webhooks webhooks;

 private:
  TaskGroup tasks_;
};

// What goes to the log while it lives.
class LogLines {
 public:
  LogLines() : before_(spdlog::default_logger()) {
    auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(text_);
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", std::move(sink)));
  }
  ~LogLines() { spdlog::set_default_logger(before_); }
  LogLines(const LogLines&) = delete;
  LogLines& operator=(const LogLines&) = delete;

  std::vector<std::string> with(std::string_view words) const {
    std::vector<std::string> found;
    std::istringstream lines(text_.str());
    for (std::string line; std::getline(lines, line);) {
      if (line.find(words) != std::string::npos) found.push_back(line);
    }
    return found;
  }

 private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::logger> before_;
};

class WebhookLoops : public testing::Test {
 protected:
  WebhookLoops() {
    // The receivers are on this machine.
    settings_.policy = WebhookPolicy::parse({"127.0.0.0/8"}).value();
  }

  void lead() { leader_ = std::make_unique<WebhookLeader>(loop_, store_, clock_, settings_); }
  // It stops in order, and notes where it was.
  void step_down() { leader_.reset(); }
  // It can write nothing down any more.
  void die() {
    store_.break_down(unavailable("this process is dead"));
    leader_.reset();
    store_.repair();
  }
  const WebhookCounts& counts(WebhookKind kind) const { return leader_->webhooks.counts(kind); }

  JobId submit(std::vector<Webhook> hooks = {}) {
    std::vector<JobDefinition> one(1);
    one[0].image = "x";
    one[0].webhooks = std::move(hooks);
    return loop_.run(store_.admit(std::move(one), std::nullopt, "test")).value().ids.at(0);
  }
  static Webhook hook(const std::string& url) {
    Webhook made;
    made.url = url;
    return made;
  }
  void end(JobId id, JobStatus status = JobStatus::succeeded) {
    std::vector<JobId> ids{id};
    const auto before = loop_.run(store_.jobs(std::move(ids))).value().front().value();
    auto after = before;
    after.status = status;
    after.reason = std::nullopt;
    const auto type = status == JobStatus::succeeded ? "job.succeeded" : "job.failed";
    std::vector<Change> changes{{before, std::move(after), type, "test"}};
    loop_.run(store_.transition(std::move(changes), std::nullopt)).value();
  }
  // As retention does, while nobody leads.
  void forget(JobId id) {
    const auto epoch = loop_.run(store_.take_leadership("s2", loop_.run(store_.leader()).value())).value();
    std::vector<JobId> ids{id};
    std::vector<Job> jobs{loop_.run(store_.jobs(std::move(ids))).value().front().value()};
    EXPECT_EQ(loop_.run(store_.forget_jobs(std::move(jobs), epoch)).value(), 1u);
    loop_.run(store_.resign_leadership("s2", epoch)).value();
  }
  std::string newest() { return std::to_string(loop_.run(store_.last_event()).value()); }
  std::vector<std::string> noted() {
    std::vector<std::string> names;
    for (const auto& [name, progress] : loop_.run(store_.webhook_progress()).value()) names.push_back(name);
    return names;
  }
  void until_it_has(const HookReceiver& receiver, std::size_t count) {
    loop_.run_until([&] { return receiver.requests.size() >= count; });
  }
  void a_while() { loop_.run(sleep_until(deadline_in(300ms))); }

  Loop loop_;
  SystemClock clock_;
  MemoryStore store_{loop_.executor(), clock_};
  WebhookSettings settings_;
  HookReceiver receiver_{loop_};
  HookReceiver other_{loop_};
  std::unique_ptr<WebhookLeader> leader_;  // it ends first
};

TEST_F(WebhookLoops, TheClustersGetsTheEndingsOfAllJobsSignedAndInOrder) {
  settings_.urls.push_back(receiver_.url());
  settings_.secret = "hush";
  lead();
  std::vector<std::string> endings;
  for (int i = 0; i < 3; ++i) {
    const auto id = submit();
    end(id, i == 1 ? JobStatus::failed : JobStatus::succeeded);
    endings.push_back(newest());
  }
  until_it_has(receiver_, 3);
  EXPECT_EQ(receiver_.numbers(), endings);
  const auto& second = receiver_.requests[1];
  EXPECT_EQ(second.method, "POST");
  EXPECT_EQ(second.target, "/hook?from=berth");
  EXPECT_EQ(HookReceiver::header(second, "Berth-Event"), "job.failed");
  EXPECT_EQ(HookReceiver::header(second, "Content-Type"), "application/json");
  const auto event = from_json<Event>(parse_json(second.body).value()).value();
  EXPECT_EQ(event.job, JobId{2});
  EXPECT_EQ(event.status, JobStatus::failed);
  const auto signature = HookReceiver::header(second, "Berth-Signature");
  const auto seconds = parse_integer<std::int64_t>(signature.substr(2, signature.find(',') - 2)).value();
  EXPECT_EQ(signature, webhook_signature("hush", WallTime{seconds * 1000}, second.body));
  EXPECT_LT(clock_.wall() - WallTime{seconds * 1000}, 60s);
}

TEST_F(WebhookLoops, WhatIsNotTakenIsTriedAgainAndNothingOvertakesIt) {
  settings_.urls.push_back(receiver_.url());
  lead();
  receiver_.answers.push_back(status_answer(503));
  receiver_.answers.push_back(status_answer(429));
  end(submit());
  const auto first = newest();
  end(submit());
  const auto second = newest();
  until_it_has(receiver_, 4);
  EXPECT_THAT(receiver_.numbers(), ElementsAre(first, first, first, second));
  EXPECT_EQ(counts(WebhookKind::cluster).retried, 2u);
  EXPECT_EQ(HookReceiver::header(receiver_.requests[0], "Berth-Signature"), "(none)") << "there is no secret";
}

TEST_F(WebhookLoops, ARedirectIsNotFollowedAndWhatIsRefusedIsGivenUp) {
  settings_.urls.push_back(receiver_.url());
  lead();
  auto redirect = status_answer(307);
  redirect.headers.emplace_back("Location", other_.url());
  receiver_.answers.push_back(std::move(redirect));
  receiver_.answers.push_back(status_answer(410));
  for (int i = 0; i < 3; ++i) end(submit());
  until_it_has(receiver_, 3);
  loop_.run_until([&] { return counts(WebhookKind::cluster).delivered == 1; });
  EXPECT_EQ(counts(WebhookKind::cluster).dropped, 2u);
  EXPECT_EQ(counts(WebhookKind::cluster).retried, 0u);
  EXPECT_TRUE(other_.requests.empty());
}

TEST_F(WebhookLoops, AJobsOwnGetWhatTheyAskForAndNothingOfOtherJobs) {
  lead();
  auto everything = hook(other_.url());
  everything.on = {"*"};
  everything.secret = "its own";
  const auto id = submit({hook(receiver_.url()), everything});
  const auto submitted = newest();
  end(submit());
  end(id);
  const auto ended = newest();
  until_it_has(receiver_, 1);
  until_it_has(other_, 2);
  a_while();
  EXPECT_THAT(receiver_.numbers(), ElementsAre(ended));
  EXPECT_THAT(other_.numbers(), ElementsAre(submitted, ended));
  EXPECT_EQ(HookReceiver::header(receiver_.requests[0], "Berth-Signature"), "(none)");
  EXPECT_NE(HookReceiver::header(other_.requests[0], "Berth-Signature"), "(none)");
  EXPECT_EQ(leader_->webhooks.owed_to_jobs(), 0u);
  step_down();
  EXPECT_THAT(noted(), ElementsAre("jobs")) << "nothing stays of what was delivered";
}

// The name is a good one; what it stands for counts.
TEST_F(WebhookLoops, ANameThatStandsForThisMachineIsNotConnectedTo) {
  settings_.policy = WebhookPolicy();
  lead();
  end(submit({hook("http://localhost:" + receiver_.port() + "/"), hook(receiver_.url())}));
  loop_.run_until([&] { return counts(WebhookKind::job).dropped == 2; });
  EXPECT_TRUE(receiver_.requests.empty());
}

TEST_F(WebhookLoops, WhereTheOperatorSendsToHeNeedNotAllow) {
  settings_.policy = WebhookPolicy();
  settings_.urls.push_back("http://localhost:" + receiver_.port() + "/");
  lead();
  end(submit());
  until_it_has(receiver_, 1);
}

// Each resolves its name at the same instant as the others.
TEST_F(WebhookLoops, ManyNamesAtOnceAreNoReasonToWait) {
  for (std::size_t i = 0; i < limits::max_cluster_webhooks; ++i)
    settings_.urls.push_back("http://localhost:" + receiver_.port() + '/' + std::to_string(i));
  lead();
  end(submit());
  until_it_has(receiver_, limits::max_cluster_webhooks);
  EXPECT_EQ(counts(WebhookKind::cluster).retried, 0u);
}

TEST_F(WebhookLoops, OneThatHangsHoldsUpNothingButItself) {
  settings_.urls = {receiver_.url(), other_.url()};
  receiver_.hangs = true;
  lead();
  const auto began = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < 3 * limits::webhook_tries_at_a_host; ++i) {
    auto its = hook(receiver_.url());
    end(submit({its}));
  }
  // The same machine, and another host to whoever counts.
  auto elsewhere = hook("http://localhost:" + other_.port() + "/own");
  end(submit({elsewhere}));
  const auto last = newest();
  const auto all_ended = 3 * limits::webhook_tries_at_a_host + 1;
  until_it_has(other_, all_ended + 1);  // the cluster's, and that job's own
  EXPECT_EQ(other_.numbers().back(), last);
  until_it_has(receiver_, 2);
  a_while();
  EXPECT_EQ(receiver_.requests.size(), 2u) << "one is the cluster's, and a host that is new has one";
  EXPECT_LT(std::chrono::steady_clock::now() - began, limits::webhook_call);
}

TEST_F(WebhookLoops, HoweverManyHostsHangThoseThatAnswerDoNotWait) {
  HookReceiver hanging(loop_, "0.0.0.0");
  hanging.hangs = true;
  lead();
  end(submit({hook(other_.url())}));
  until_it_has(other_, 1);
  loop_.run_until([&] { return counts(WebhookKind::job).delivered == 1; });
  const auto began = std::chrono::steady_clock::now();
  const auto many = 2 * limits::webhook_tries_at_once;
  for (std::size_t i = 0; i < many; ++i) {
    const auto host = "http://127.0.1." + std::to_string(i + 1) + ':';  // all of them are this machine
    end(submit({hook(host + hanging.port() + "/")}));
  }
  until_it_has(hanging, limits::webhook_tries_at_new_hosts);
  end(submit({hook(other_.url())}));
  until_it_has(other_, 2);
  EXPECT_LT(std::chrono::steady_clock::now() - began, limits::webhook_call);
  EXPECT_EQ(hanging.requests.size(), limits::webhook_tries_at_new_hosts);
  step_down();  // before the receiver ends
}

TEST_F(WebhookLoops, AHostThatIsDeadDoesNotCrowdOutTheOthers) {
  receiver_.hangs = true;
  lead();
  const auto jobs = limits::webhooks_owed_at_a_host / limits::max_webhooks;
  const std::vector<Webhook> full(limits::max_webhooks, hook(receiver_.url()));
  for (std::size_t i = 0; i < jobs; ++i) end(submit(full));
  end(submit({hook(receiver_.url()), hook("http://localhost:" + other_.port() + "/")}));
  until_it_has(other_, 1);
  EXPECT_EQ(counts(WebhookKind::job).dropped, 1u) << "one too many for that host";
  EXPECT_EQ(leader_->webhooks.owed_to_jobs() + counts(WebhookKind::job).delivered,
            limits::webhooks_owed_at_a_host + 1);
}

TEST_F(WebhookLoops, AHostHasMoreTriesAtOnceWhileItIsPrompt) {
  receiver_.delay = 50ms;
  const auto few = 3 * limits::webhook_tries_at_a_host;
  for (std::size_t i = 0; i < few; ++i) end(submit({hook(receiver_.url())}));
  lead();  // and finds all of them at once
  loop_.run_until([&] { return counts(WebhookKind::job).delivered == few; });
  EXPECT_EQ(receiver_.most_at_once, limits::webhook_tries_at_a_host);
  receiver_.delay = limits::webhook_prompt + 100ms;
  end(submit({hook(receiver_.url())}));
  loop_.run_until([&] { return counts(WebhookKind::job).delivered == few + 1; });
  receiver_.most_at_once = 0;
  for (int i = 0; i < 2; ++i) end(submit({hook(receiver_.url())}));
  loop_.run_until([&] { return counts(WebhookKind::job).delivered == few + 3; });
  EXPECT_EQ(receiver_.most_at_once, 1u);
}

TEST_F(WebhookLoops, TheNextLeaderGoesOnWhereTheOneBeforeWas) {
  settings_.urls.push_back(other_.url());
  lead();
  receiver_.answers.push_back(status_answer(503));
  end(submit({hook(receiver_.url())}));
  const auto first = newest();
  until_it_has(receiver_, 1);
  until_it_has(other_, 1);
  loop_.run_until([&] { return counts(WebhookKind::job).retried == 1; });
  loop_.run_until([&] { return counts(WebhookKind::cluster).delivered == 1; });
  step_down();
  end(submit());  // while nobody leads
  const auto second = newest();
  lead();
  until_it_has(receiver_, 2);
  until_it_has(other_, 2);
  a_while();
  EXPECT_THAT(receiver_.numbers(), ElementsAre(first, first)) << "what failed is still owed";
  EXPECT_THAT(other_.numbers(), ElementsAre(first, second)) << "nothing is lost, and nothing comes twice";
}

TEST_F(WebhookLoops, OneThatDiesLosesNothing) {
  settings_.urls.push_back(other_.url());
  lead();
  step_down();  // so that something is noted
  lead();
  receiver_.hangs = true;
  other_.hangs = true;
  end(submit({hook(receiver_.url())}));
  const auto ending = newest();
  until_it_has(receiver_, 1);
  until_it_has(other_, 1);
  die();
  receiver_.hangs = false;
  other_.hangs = false;
  lead();
  until_it_has(receiver_, 2);
  until_it_has(other_, 2);
  EXPECT_THAT(receiver_.numbers(), ElementsAre(ending, ending));
  EXPECT_THAT(other_.numbers(), ElementsAre(ending, ending));
}

// The event is in the store alone: the next leader has seen none of it.
TEST_F(WebhookLoops, AStoreThatIsAwayIsNoFaultOfTheReceiver) {
  lead();
  receiver_.answers.push_back(status_answer(503));
  end(submit({hook(receiver_.url())}));
  const auto ending = newest();
  loop_.run_until([&] { return counts(WebhookKind::job).retried == 1; });
  step_down();
  lead();
  store_.break_down(unavailable("it is away"));
  loop_.run(sleep_until(deadline_in(3 * limits::webhook_first_retry + 200ms)));
  EXPECT_EQ(receiver_.requests.size(), 1u);
  store_.repair();
  const auto began = std::chrono::steady_clock::now();
  until_it_has(receiver_, 2);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 2 * limits::webhook_first_retry);
  EXPECT_THAT(receiver_.numbers(), ElementsAre(ending, ending));
}

TEST_F(WebhookLoops, WhatTheStoreDroppedBeforeTheClustersCameToItCountsAsGivenUp) {
  settings_.urls.push_back(receiver_.url());
  lead();
  step_down();
  const auto reached =
      loop_.run(store_.webhook_progress()).value().at(cluster_note(receiver_.url())).position;
  for (int i = 0; i < 3; ++i) end(submit());
  const auto dropped = loop_.run(store_.last_event()).value();
  store_.forget_events(dropped);
  lead();
  end(submit());
  until_it_has(receiver_, 1);
  EXPECT_GE(dropped, reached + 6);
  EXPECT_EQ(counts(WebhookKind::cluster).dropped, dropped - reached);
}

TEST_F(WebhookLoops, WhatIsOwedToAJobThatIsGoneCountsAsGivenUp) {
  lead();
  receiver_.answers.push_back(status_answer(503));
  const auto owed = submit({hook(receiver_.url())});
  end(owed);
  loop_.run_until([&] { return counts(WebhookKind::job).retried == 1; });
  step_down();
  forget(owed);
  lead();
  EXPECT_EQ(counts(WebhookKind::job).dropped, 1u);
  step_down();
  EXPECT_THAT(noted(), ElementsAre("jobs"));
  const auto unfiled = submit({hook(receiver_.url())});
  end(unfiled);
  forget(unfiled);
  lead();
  loop_.run_until([&] { return counts(WebhookKind::job).dropped == 2; });  // that it came, and that it ended
  EXPECT_EQ(receiver_.requests.size(), 1u);
}

TEST_F(WebhookLoops, OneOfTheClusterThatIsNewBeginsWithWhatComes) {
  lead();
  end(submit());
  step_down();
  settings_.urls.push_back(receiver_.url());
  lead();
  end(submit());
  const auto second = newest();
  until_it_has(receiver_, 1);
  EXPECT_THAT(receiver_.numbers(), ElementsAre(second));
  step_down();
  settings_.urls.clear();
  lead();
  step_down();
  EXPECT_THAT(noted(), ::testing::Each("jobs")) << "one that isn't in the settings any more is forgotten";
}

TEST_F(WebhookLoops, AStoreThatWentBackInTimeIsTakenAsItIs) {
  settings_.urls.push_back(receiver_.url());
  lead();
  for (int i = 0; i < 5; ++i) end(submit());
  until_it_has(receiver_, 5);
  step_down();
  store_.go_back(2);
  lead();
  end(submit());
  const auto after = newest();
  until_it_has(receiver_, 6);
  EXPECT_EQ(receiver_.numbers().back(), after);
}

TEST_F(WebhookLoops, AStoreThatGoesBackInTimeWhileItLeadsIsTakenAsItIs) {
  settings_.urls.push_back(receiver_.url());
  lead();
  for (int i = 0; i < 5; ++i) end(submit());
  until_it_has(receiver_, 5);
  store_.go_back(2);
  loop_.run(sleep_until(deadline_in(2 * limits::webhook_note_period)));
  end(submit());
  const auto after = newest();
  until_it_has(receiver_, 6);
  EXPECT_EQ(receiver_.numbers().back(), after);
}

TEST_F(WebhookLoops, WhatIsGivenUpDoesNotFloodTheLogAndCountsToTheLast) {
  const LogLines log;
  WebhookSender sender(loop_.executor(), clock_, settings_);
  for (std::uint64_t seq = 1; seq <= 1000; ++seq) {
    sender.drop(WebhookKind::job, hook("https://one.example/"), seq, "it is full");
    sender.drop(WebhookKind::cluster, hook("https://two.example/"), seq, "it is too late");
  }
  EXPECT_EQ(sender.counts(WebhookKind::job).dropped, 1000u);
  EXPECT_EQ(sender.counts(WebhookKind::cluster).dropped, 1000u);
  EXPECT_THAT(log.with("given up"),
              ElementsAre(HasSubstr("one.example: event 1 is given up: it is full"),
                          HasSubstr("two.example: event 1 is given up: it is too late")));
}

// What lets others in may be in a URL's path, and isn't for those who read logs.
TEST_F(WebhookLoops, AFailureDoesNotTellWhatIsAskedFor) {
  WebhookSender sender(loop_.executor(), clock_, settings_);
  const auto url = parse_webhook_url(receiver_.url()).value();
  const auto client = sender.client_for(url, WebhookKind::job);
  receiver_.hangs = true;
  http::Request request;
  request.method = "POST";
  request.target = url.target;
  const auto answer = loop_.run(client->open(request, deadline_in(50ms)));
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, ::testing::Not(HasSubstr("from=berth")));
}

}  // namespace
}  // namespace berth::test
