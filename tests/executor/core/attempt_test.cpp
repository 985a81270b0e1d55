// The attempt's state machine, driven by hand: first the table of every state × event, then its stories.
#include "executor/core/attempt.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>

namespace berth::attempt {
namespace {

using ::testing::HasSubstr;

const Error silence{ErrorKind::timeout, "Docker doesn't answer"};
const Error absent{ErrorKind::not_found, "No such image: nosuch"};

ContainerView container(ContainerView::Phase phase, std::optional<int> exit_code = std::nullopt) {
  ContainerView view;
  view.attempt = {JobId{7}, 1};
  view.phase = phase;
  view.exit_code = exit_code;
  if (phase != ContainerView::Phase::created) view.started_at = WallTime{500};
  if (phase == ContainerView::Phase::exited) view.finished_at = WallTime{2'000};
  return view;
}
ContainerView running() { return container(ContainerView::Phase::running); }
ContainerView exited(std::optional<int> code) { return container(ContainerView::Phase::exited, code); }

// A machine, and what it asked for since the last look.
class Driver {
 public:
  explicit Driver(Plan plan = default_plan()) : machine(std::move(plan)) {}

  static Plan default_plan() {
    Plan plan;
    plan.image = "busybox";
    plan.timeout = std::chrono::minutes{1};
    plan.stop_grace = std::chrono::seconds{10};
    return plan;
  }

  Driver& on(Event event) {
    effects = machine.on(event, now);
    for (const auto& effect : effects) {
      if (const auto* report = std::get_if<effects::Report>(&effect)) reports.push_back(report->event);
    }
    return *this;
  }

  std::string state() const { return std::string(name_of(machine.state())); }

  template <class E>
  const E* asked() const {
    for (const auto& effect : effects) {
      if (const auto* found = std::get_if<E>(&effect)) return found;
    }
    return nullptr;
  }
  template <class E>
  bool told() const {
    return std::any_of(reports.begin(), reports.end(),
                       [](const auto& e) { return std::holds_alternative<E>(e); });
  }
  const lifecycle::Outcome& ending() const {
    return std::get<lifecycle::AttemptEnded>(reports.back()).outcome;
  }

  Machine machine;
  WallTime now{1'000};
  Effects effects;
  std::vector<lifecycle::Event> reports;
};

Driver in_state(std::string_view state) {
  Driver d;
  if (state == "Idle") return d;
  d.on(events::Begin{});
  if (state == "Creating") return d;
  if (state == "Pulling") return d.on(events::Created{absent});
  if (state == "Withdrawing") return d.on(events::StopAsked{{Cause::aborted, "enough"}});
  d.on(events::Created{});
  if (state == "Starting") return d;
  if (state == "Looking") return d.on(events::StartReturned{silence});
  d.on(events::StartReturned{});
  if (state == "Running") return d;
  if (state == "Stopping") return d.on(events::StopAsked{{Cause::aborted, "enough"}});
  d.on(events::WaitReturned{exited(0)});
  if (state == "Draining") return d;
  d.on(events::LogsCopied{});
  if (state == "Reporting") return d;
  d.on(events::EndingRecorded{});
  if (state == "Removing") return d;
  return d.on(events::RemoveReturned{});
}

ContainerView killed() {
  auto view = exited(137);
  view.signal = 9;
  return view;
}

constexpr std::array<std::string_view, 12> all_states{"Idle",      "Creating", "Pulling",     "Starting",
                                                      "Looking",   "Running",  "Stopping",    "Draining",
                                                      "Reporting", "Removing", "Withdrawing", "Finished"};

const std::vector<std::pair<std::string, Event>>& all_events() {
  static const std::vector<std::pair<std::string, Event>> events{
      {"Begin", events::Begin{}},
      {"Found", events::Found{running()}},
      {"Vanished", events::Vanished{}},
      {"Over", events::Over{}},
      {"Refused", events::Refused{"not here"}},
      {"Created", events::Created{}},
      {"Pulled", events::Pulled{}},
      {"PullProgressed", events::PullProgressed{1_MiB, 2_MiB}},
      {"StartReturned", events::StartReturned{}},
      {"Inspected", events::Inspected{running()}},
      {"WaitReturned", events::WaitReturned{exited(0)}},
      {"SeenExited", events::SeenExited{exited(0)}},
      {"LogsSilent", events::LogsSilent{}},
      {"LogsCopied", events::LogsCopied{}},
      {"KillReturned", events::KillReturned{}},
      {"RemoveReturned", events::RemoveReturned{}},
      {"TimerFired", events::TimerFired{Timer::timeout}},
      {"Beginning", events::Beginning{}},
      {"RuntimeBack", events::RuntimeBack{}},
      {"RuntimeSilent", events::RuntimeSilent{}},
      {"StopAsked", events::StopAsked{{Cause::aborted, "enough"}}},
      {"EndingRecorded", events::EndingRecorded{}},
      {"FencedOff", events::FencedOff{}},
  };
  return events;
}

// Where an event leads from a state; what isn't listed changes nothing.
const std::map<std::pair<std::string, std::string>, std::string> moves{
    {{"Idle", "Begin"}, "Creating"},
    {{"Idle", "Found"}, "Running"},
    {{"Idle", "Vanished"}, "Reporting"},
    {{"Idle", "Over"}, "Reporting"},
    {{"Idle", "Refused"}, "Reporting"},
    {{"Idle", "FencedOff"}, "Withdrawing"},
    {{"Creating", "Created"}, "Starting"},
    {{"Creating", "StopAsked"}, "Withdrawing"},
    {{"Creating", "FencedOff"}, "Withdrawing"},
    {{"Pulling", "Pulled"}, "Creating"},
    {{"Pulling", "StopAsked"}, "Withdrawing"},
    {{"Pulling", "FencedOff"}, "Withdrawing"},
    {{"Starting", "StartReturned"}, "Running"},
    {{"Starting", "StopAsked"}, "Withdrawing"},
    {{"Starting", "FencedOff"}, "Withdrawing"},
    {{"Looking", "Inspected"}, "Running"},
    {{"Looking", "FencedOff"}, "Withdrawing"},
    {{"Creating", "RuntimeSilent"}, "Reporting"},
    {{"Pulling", "RuntimeSilent"}, "Reporting"},
    {{"Starting", "RuntimeSilent"}, "Reporting"},
    {{"Looking", "RuntimeSilent"}, "Reporting"},
    {{"Withdrawing", "RuntimeSilent"}, "Reporting"},
    {{"Running", "WaitReturned"}, "Draining"},
    {{"Running", "SeenExited"}, "Draining"},
    {{"Running", "StopAsked"}, "Stopping"},
    {{"Running", "FencedOff"}, "Withdrawing"},
    {{"Stopping", "FencedOff"}, "Withdrawing"},
    {{"Draining", "LogsCopied"}, "Reporting"},
    {{"Draining", "FencedOff"}, "Removing"},
    {{"Reporting", "EndingRecorded"}, "Removing"},
    {{"Reporting", "FencedOff"}, "Removing"},
    {{"Removing", "RemoveReturned"}, "Finished"},
};

TEST(AttemptTable, every_state_meets_every_event) {
  for (const auto state : all_states) {
    for (const auto& [name, event] : all_events()) {
      auto d = in_state(state);
      ASSERT_EQ(d.state(), state);
      d.on(event);
      const auto move = moves.find({std::string(state), name});
      EXPECT_EQ(d.state(), move == moves.end() ? state : move->second) << name << " in " << state;
    }
  }
}

TEST(Attempt, a_job_runs_its_output_is_stored_its_ending_acknowledged_and_only_then_its_container_goes) {
  Driver d;
  d.on(events::Begin{});
  EXPECT_TRUE(d.asked<effects::Create>());
  EXPECT_TRUE(d.told<lifecycle::Starting>());
  d.on(events::Created{});
  EXPECT_TRUE(d.asked<effects::Start>());
  d.on(events::StartReturned{});
  EXPECT_TRUE(d.asked<effects::Wait>());
  EXPECT_TRUE(d.asked<effects::CopyLogs>());
  EXPECT_TRUE(d.told<lifecycle::Started>());
  ASSERT_TRUE(d.asked<effects::Arm>());
  EXPECT_EQ(d.asked<effects::Arm>()->delay, std::chrono::minutes{1});
  d.on(events::WaitReturned{exited(3)});
  EXPECT_TRUE(d.reports.size() == 2 && d.asked<effects::WatchLogs>()) << "its output isn't stored yet";
  d.on(events::LogsCopied{});
  EXPECT_EQ(d.ending().cause, Cause::exit);
  EXPECT_EQ(d.ending().exit_code, 3);
  EXPECT_FALSE(d.asked<effects::Remove>());
  d.on(events::EndingRecorded{});
  EXPECT_TRUE(d.asked<effects::Remove>());
  d.on(events::RemoveReturned{});
  EXPECT_TRUE(d.asked<effects::Forget>());
}

TEST(Attempt, an_ending_that_the_store_forgot_is_told_again_as_it_was) {
  auto first = in_state("Draining");
  first.on(events::LogsCopied{{}, AttemptOutput{5, "cafe"}});
  auto ending = first.ending();
  ASSERT_TRUE(ending.steps.created_at && ending.output->sha256);
  ending.started_at = WallTime{900};
  Driver again;
  again.on(events::Over{ending});
  EXPECT_EQ(again.ending(), ending);
  EXPECT_TRUE(again.told<lifecycle::Started>()) << "the store may have forgotten the start too";
  again.on(events::EndingRecorded{});
  EXPECT_EQ(again.state(), "Finished") << "its container is gone already";
}

// moby#27987: a wait that never ends although the container did.
TEST(Attempt, an_exit_that_the_reconciling_look_saw_needs_no_answer_to_the_wait) {
  auto d = in_state("Running");
  d.on(events::SeenExited{exited(3)});
  d.on(events::LogsCopied{});
  EXPECT_EQ(d.ending().exit_code, 3);
  d.on(events::WaitReturned{exited(4)});
  EXPECT_EQ(d.state(), "Reporting") << "a late answer changes nothing";
}

TEST(Attempt, a_look_that_does_not_know_the_exit_code_leaves_the_wait_until_the_next_look) {
  auto d = in_state("Running");
  d.on(events::SeenExited{exited(std::nullopt)});
  EXPECT_EQ(d.state(), "Running");
  auto hung = d;
  d.on(events::WaitReturned{exited(3)}).on(events::LogsCopied{});
  EXPECT_EQ(d.ending().exit_code, 3);
  hung.on(events::SeenExited{exited(std::nullopt)}).on(events::LogsCopied{});
  EXPECT_EQ(hung.ending().cause, Cause::exit_unknown);
}

// moby#37391: a follow that never ends although the container did.
TEST(Attempt, a_follow_that_falls_silent_after_the_exit_is_replaced_by_one_read) {
  auto d = in_state("Running");
  d.on(events::LogsSilent{});
  EXPECT_TRUE(d.effects.empty()) << "a running container may be silent for days";
  d.on(events::WaitReturned{exited(0)});
  d.on(events::LogsSilent{});
  EXPECT_TRUE(d.asked<effects::FinishLogs>());
  d.on(events::LogsSilent{});
  EXPECT_TRUE(d.effects.empty()) << "once";
  d.on(events::LogsCopied{});
  EXPECT_EQ(d.ending().exit_code, 0);
  EXPECT_EQ(d.ending().message, "");
}

TEST(Attempt, output_that_even_the_last_read_does_not_get_is_marked_missing) {
  auto d = in_state("Draining");
  d.on(events::LogsSilent{});
  auto away = d;
  d.on(events::LogsCopied{silence});
  EXPECT_EQ(d.state(), "Reporting");
  EXPECT_THAT(d.ending().message, HasSubstr("its output is incomplete: Docker doesn't answer"));
  away.on(events::LogsCopied{unavailable("connection refused")});
  EXPECT_EQ(away.state(), "Draining") << "a daemon that is away comes back";
  away.on(events::RuntimeBack{});
  EXPECT_TRUE(away.asked<effects::FinishLogs>()) << "and nothing is to be followed any more";
}

TEST(Attempt, a_name_that_another_executor_has_on_the_same_daemon_is_no_failure_of_the_job) {
  auto d = in_state("Creating");
  d.on(events::Created{
      Error{ErrorKind::conflict, "The container berth-b-1-1 exists and belongs to executor m2"}});
  EXPECT_EQ(d.ending().cause, Cause::executor_lost);
  d.on(events::EndingRecorded{});
  EXPECT_EQ(d.state(), "Finished") << "what has the name isn't ours to remove";
}

TEST(Attempt, an_image_that_is_not_there_is_pulled_with_progress_told) {
  auto d = in_state("Creating");
  d.on(events::Created{absent});
  EXPECT_TRUE(d.asked<effects::Pull>());
  d.on(events::PullProgressed{10_MiB, 40_MiB});
  EXPECT_EQ(std::get<lifecycle::Pulling>(d.reports.back()).message, "25 % of 40MiB");
  d.on(events::Pulled{});
  EXPECT_TRUE(d.asked<effects::Create>());
}

TEST(Attempt, an_image_that_does_not_exist_ends_it_in_the_runtimes_words) {
  auto d = in_state("Pulling");
  d.on(events::Pulled{Error{ErrorKind::not_found, "manifest unknown"}});
  EXPECT_EQ(d.ending().cause, Cause::image_not_found);
  EXPECT_EQ(d.ending().message, "manifest unknown");
  d.on(events::EndingRecorded{});
  EXPECT_EQ(d.state(), "Finished");
}

TEST(Attempt, a_registry_that_is_away_is_tried_a_few_times) {
  auto d = in_state("Creating");
  for (std::uint32_t i = 1; i < limits::pull_tries; ++i) {
    d.on(events::Created{absent}).on(events::Pulled{silence});
    EXPECT_EQ(d.state(), "Creating");
    EXPECT_TRUE(d.asked<effects::Arm>());
    d.on(events::TimerFired{Timer::retry_step});
    EXPECT_TRUE(d.asked<effects::Create>());
  }
  d.on(events::Created{absent}).on(events::Pulled{silence});
  EXPECT_EQ(d.ending().cause, Cause::image_pull);
}

TEST(Attempt, a_command_that_is_not_in_the_image_ends_it_with_127_and_dockers_words) {
  auto d = in_state("Starting");
  const std::string words = "exec: \"nosuch\": executable file not found in $PATH";
  d.on(events::StartReturned{Error{ErrorKind::refused, words}});
  EXPECT_EQ(d.ending().cause, Cause::start);
  EXPECT_EQ(d.ending().exit_code, 127);
  EXPECT_EQ(d.ending().message, words);
  d.on(events::EndingRecorded{});
  EXPECT_TRUE(d.asked<effects::Remove>()) << "the container was created";
}

// swarmkit#1159: a stop of a created container does nothing, and a start then still runs it.
TEST(Attempt, abort_before_start_is_followed_by_a_removal_after_the_start_in_flight_came_back) {
  auto d = in_state("Starting");
  d.on(events::StopAsked{{Cause::aborted, "enough"}});
  EXPECT_TRUE(d.asked<effects::Remove>());
  d.on(events::RemoveReturned{});
  EXPECT_FALSE(d.told<lifecycle::AttemptEnded>()) << "the start may still run it";
  d.on(events::StartReturned{});
  EXPECT_TRUE(d.asked<effects::Remove>()) << "looks again";
  d.on(events::RemoveReturned{});
  EXPECT_EQ(d.ending().cause, Cause::aborted);
  EXPECT_EQ(d.ending().message, "enough");
  EXPECT_FALSE(d.told<lifecycle::Started>());
  d.on(events::EndingRecorded{});
  EXPECT_EQ(d.state(), "Finished");
}

TEST(Attempt, an_abort_known_from_the_start_creates_nothing) {
  Driver d;
  d.on(events::StopAsked{{Cause::aborted, "enough"}}).on(events::Begin{});
  EXPECT_FALSE(d.asked<effects::Create>());
  d.on(events::RemoveReturned{});
  EXPECT_EQ(d.ending().cause, Cause::aborted);
}

TEST(Attempt, an_abort_asks_first_and_kills_after_the_grace) {
  auto d = in_state("Running");
  d.on(events::StopAsked{{Cause::aborted, "enough"}});
  EXPECT_EQ(d.asked<effects::Kill>()->signal, "SIGTERM");
  EXPECT_EQ(d.asked<effects::Arm>()->timer, Timer::grace);
  d.on(events::KillReturned{}).on(events::TimerFired{Timer::grace});
  EXPECT_EQ(d.asked<effects::Kill>()->signal, "SIGKILL");
  d.on(events::KillReturned{}).on(events::WaitReturned{killed()}).on(events::LogsCopied{});
  EXPECT_EQ(d.ending().cause, Cause::aborted);
  EXPECT_EQ(d.ending().exit_code, 137);
  EXPECT_EQ(d.ending().signal, "SIGKILL");
}

TEST(Attempt, without_a_grace_it_is_killed_at_once) {
  auto plan = Driver::default_plan();
  plan.stop_grace = Milliseconds{0};
  Driver d(plan);
  d.on(events::Found{running()}).on(events::StopAsked{{Cause::aborted, "enough"}});
  EXPECT_EQ(d.asked<effects::Kill>()->signal, "SIGKILL");
}

// Its container sees to the timeout itself, whether an executor is there or not.
TEST(Attempt, a_timeout_is_told_when_it_is_over_and_is_the_cause_even_if_it_then_exits_0) {
  auto d = in_state("Running");
  d.on(events::TimerFired{Timer::timeout});
  EXPECT_TRUE(d.told<lifecycle::Stopping>());
  EXPECT_FALSE(d.asked<effects::Kill>());
  auto timed_out = exited(0);
  timed_out.is_timed_out = true;
  d.on(events::WaitReturned{timed_out}).on(events::LogsCopied{});
  EXPECT_EQ(d.ending().cause, Cause::timeout);
  EXPECT_THAT(d.ending().message, HasSubstr("1m"));
}

// The record is told of it later, when the store takes it.
TEST(Attempt, its_ending_tells_when_it_was_asked_to_end) {
  auto aborted = in_state("Running");
  aborted.now = WallTime{5'000};
  aborted.on(events::StopAsked{{Cause::aborted, "enough"}}).on(events::KillReturned{});
  aborted.now = WallTime{9'000};
  aborted.on(events::StopAsked{{Cause::aborted, "enough"}});
  aborted.on(events::WaitReturned{killed()}).on(events::LogsCopied{});
  EXPECT_EQ(aborted.ending().steps.stop_at, WallTime{5'000});

  auto timed_out = in_state("Running");
  timed_out.now = WallTime{61'000};
  timed_out.on(events::TimerFired{Timer::timeout});
  timed_out.now = WallTime{62'000};
  timed_out.on(events::WaitReturned{killed()}).on(events::LogsCopied{});
  EXPECT_EQ(timed_out.ending().steps.stop_at, WallTime{61'000});

  auto ended = in_state("Running");
  ended.on(events::WaitReturned{exited(0)}).on(events::LogsCopied{});
  EXPECT_EQ(ended.ending().steps.stop_at, std::nullopt) << "nobody asked it to";
}

TEST(Attempt, taken_over_while_it_ends_it_leaves_to_the_record_when_it_was_asked) {
  Job record;
  record.definition.image = "busybox";
  record.status = JobStatus::running;
  record.reason = Reason::stopping;
  Driver d(plan_of(record));
  d.on(events::StopAsked{{Cause::aborted, "enough"}}).on(events::Found{running()});
  EXPECT_TRUE(d.asked<effects::Kill>()) << "the process before may not have come to it";
  d.on(events::KillReturned{}).on(events::WaitReturned{killed()}).on(events::LogsCopied{});
  EXPECT_EQ(d.ending().steps.stop_at, std::nullopt);
}

// Chaos, seed 1: the executor was killed between its SIGTERM and the container's end.
TEST(Attempt, taken_over_when_it_has_ended_a_signal_of_the_process_before_is_not_its_own_doing) {
  for (const auto code : {0, 7, 143}) {
    auto ended = exited(code);
    ended.is_signalled = true;
    Driver asked;
    asked.on(events::StopAsked{{Cause::aborted, "enough"}}).on(events::Found{ended});
    asked.on(events::WaitReturned{ended}).on(events::LogsCopied{});
    EXPECT_EQ(asked.ending().cause, Cause::aborted) << code;

    Driver unasked;
    unasked.on(events::Found{ended}).on(events::WaitReturned{ended}).on(events::LogsCopied{});
    EXPECT_EQ(unasked.ending().cause, Cause::exit) << "nobody of Berth's asked it to end";

    Driver too_late;
    too_late.on(events::StopAsked{{Cause::aborted, "enough"}}).on(events::Found{exited(code)});
    too_late.on(events::WaitReturned{exited(code)}).on(events::LogsCopied{});
    EXPECT_EQ(too_late.ending().cause, Cause::exit) << "it had ended before any signal";
  }
}

TEST(Attempt, a_drained_executor_stops_it_and_the_record_can_run_elsewhere) {
  auto d = in_state("Running");
  d.on(events::StopAsked{{Cause::executor_lost, "drained"}});
  EXPECT_TRUE(d.told<lifecycle::Stopping>());
  d.on(events::StopAsked{{Cause::executor_lost, "drained"}});
  EXPECT_FALSE(d.asked<effects::Kill>()) << "it was asked already";
  d.on(events::KillReturned{}).on(events::WaitReturned{exited(0)}).on(events::LogsCopied{});
  EXPECT_EQ(d.ending().cause, Cause::executor_lost);
}

TEST(Attempt, an_exit_that_came_before_the_signal_stands) {
  auto d = in_state("Stopping");
  d.on(events::WaitReturned{exited(0)});
  EXPECT_EQ(d.state(), "Stopping") << "whether the signal reached it isn't known yet";
  d.on(events::KillReturned{Error{ErrorKind::conflict, "is not running"}}).on(events::LogsCopied{});
  EXPECT_EQ(d.ending().cause, Cause::exit);
  EXPECT_EQ(d.ending().exit_code, 0);
}

TEST(Attempt, a_start_without_an_answer_is_looked_at_before_it_is_repeated) {
  auto d = in_state("Looking");
  EXPECT_FALSE(d.asked<effects::Start>());
  d.on(events::TimerFired{Timer::retry_step});
  EXPECT_TRUE(d.asked<effects::Inspect>());
  auto ran_already = d;
  ran_already.on(events::Inspected{exited(5)});
  EXPECT_FALSE(ran_already.asked<effects::Start>()) << "it would run twice";
  EXPECT_TRUE(ran_already.told<lifecycle::Started>());
  d.on(events::Inspected{container(ContainerView::Phase::created)});
  EXPECT_TRUE(d.asked<effects::Start>());
}

TEST(Attempt, a_hung_runtime_costs_time_and_one_note_never_the_attempt) {
  auto plan = Driver::default_plan();
  plan.at_most_once = true;
  Driver d(std::move(plan));
  d.on(events::Begin{});
  auto last = Milliseconds{0};
  for (int i = 0; i < 20; ++i) {
    d.on(events::Created{silence});
    ASSERT_TRUE(d.asked<effects::Arm>());
    EXPECT_GE(d.asked<effects::Arm>()->delay, last);
    last = d.asked<effects::Arm>()->delay;
    d.on(events::TimerFired{Timer::retry_step});
    EXPECT_TRUE(d.asked<effects::Create>());
  }
  EXPECT_EQ(last, limits::longest_backoff);
  const auto notes = std::count_if(d.reports.begin(), d.reports.end(),
                                   [](const auto& e) { return std::holds_alternative<lifecycle::Noted>(e); });
  EXPECT_EQ(notes, 1);
  EXPECT_FALSE(d.told<lifecycle::AttemptEnded>());
}

TEST(Attempt, it_does_not_wait_out_its_backoff_once_the_runtime_is_back) {
  auto d = in_state("Running");
  d.on(events::WaitReturned{silence});
  EXPECT_TRUE(d.asked<effects::Arm>());
  d.on(events::RuntimeBack{});
  EXPECT_TRUE(d.asked<effects::Wait>());
  d.on(events::TimerFired{Timer::retry_step});
  EXPECT_TRUE(d.effects.empty()) << "the wait is under way";
}

TEST(Attempt, a_runtime_that_stays_silent_gives_back_what_has_not_begun) {
  auto d = in_state("Starting");
  d.on(events::RuntimeSilent{});
  EXPECT_EQ(d.ending().cause, Cause::executor_lost) << "so that it begins elsewhere";
  EXPECT_FALSE(d.machine.is_starting()) << "the start that is under way may not begin it any more";
  d.on(events::StartReturned{});
  EXPECT_EQ(d.state(), "Reporting");
  d.on(events::EndingRecorded{});
  EXPECT_TRUE(d.asked<effects::Remove>()) << "what it left goes when the runtime is back";
}

// moby#33870: the daemon answers when it is probed, and hangs where something is to be made.
TEST(Attempt, a_call_that_is_never_answered_gives_back_what_has_not_begun) {
  auto d = in_state("Creating");
  for (std::uint32_t i = 1; i < limits::runtime_tries; ++i) {
    d.on(events::Created{silence});
    d.on(events::TimerFired{Timer::retry_step});
    EXPECT_TRUE(d.asked<effects::Create>()) << "try " << i;
  }
  d.on(events::Created{silence});
  EXPECT_EQ(d.ending().cause, Cause::executor_lost);
}

TEST(Attempt, a_runtime_that_stays_silent_keeps_what_an_earlier_process_may_have_begun) {
  Driver d;
  d.on(events::Found{container(ContainerView::Phase::created)});
  EXPECT_EQ(d.state(), "Starting");
  d.on(events::RuntimeSilent{});
  EXPECT_EQ(d.state(), "Starting");
}

TEST(Attempt, a_runtime_that_stays_silent_keeps_what_may_have_begun) {
  auto d = in_state("Starting");
  d.on(events::Beginning{});
  d.on(events::RuntimeSilent{});
  EXPECT_EQ(d.state(), "Starting");
  d.on(events::StartReturned{silence});
  d.on(events::RuntimeSilent{});
  EXPECT_EQ(d.state(), "Looking") << "elsewhere it would run twice";
  d.on(events::StopAsked{{Cause::aborted, "enough"}});
  d.on(events::RuntimeSilent{});
  EXPECT_FALSE(d.told<lifecycle::AttemptEnded>());
}

TEST(Attempt, a_runtime_that_stays_silent_does_not_end_a_job_that_begins_at_most_once) {
  auto plan = Driver::default_plan();
  plan.at_most_once = true;
  Driver d(std::move(plan));
  d.on(events::Begin{});
  d.on(events::RuntimeSilent{});
  EXPECT_EQ(d.state(), "Creating") << "to lose a machine would be its end";
  d.on(events::StopAsked{{Cause::aborted, "enough"}});
  d.on(events::RuntimeSilent{});
  EXPECT_EQ(d.ending().cause, Cause::aborted);
}

// moby#31262: a restarted daemon invents exit 0; the runtime then gives no code at all.
TEST(Attempt, an_exit_that_nobody_saw_is_unknown_never_success) {
  auto d = in_state("Running");
  d.on(events::WaitReturned{exited(std::nullopt)}).on(events::LogsCopied{});
  EXPECT_EQ(d.ending().cause, Cause::exit_unknown);
  EXPECT_FALSE(d.ending().exit_code);
}

TEST(Attempt, a_container_that_was_taken_away_ends_unknown) {
  auto d = in_state("Running");
  d.on(events::LogsCopied{Error{ErrorKind::not_found, "No such container"}});
  d.on(events::WaitReturned{Error{ErrorKind::not_found, "No such container"}});
  EXPECT_EQ(d.ending().cause, Cause::exit_unknown);
}

TEST(Attempt, fenced_off_while_running_it_is_removed_by_force_and_reports_nothing) {
  auto d = in_state("Running");
  d.on(events::FencedOff{});
  EXPECT_TRUE(d.asked<effects::Remove>());
  d.on(events::RemoveReturned{silence});
  EXPECT_TRUE(d.asked<effects::Arm>());
  EXPECT_FALSE(d.asked<effects::Report>());
  d.on(events::TimerFired{Timer::retry_step}).on(events::RemoveReturned{});
  EXPECT_TRUE(d.asked<effects::Forget>());
  EXPECT_FALSE(d.told<lifecycle::AttemptEnded>());
}

TEST(Attempt, a_removal_is_repeated_until_the_container_is_gone) {
  auto d = in_state("Removing");
  d.on(events::RemoveReturned{Error{ErrorKind::refused, "device or resource busy"}});
  EXPECT_EQ(d.state(), "Removing");
  EXPECT_TRUE(d.asked<effects::Arm>());
  EXPECT_FALSE(d.asked<effects::Report>()) << "its record has ended";
  d.on(events::TimerFired{Timer::retry_step});
  EXPECT_TRUE(d.asked<effects::Remove>());
}

TEST(Attempt, adopted_while_running_its_timeout_is_left_to_its_first_process) {
  auto plan = Driver::default_plan();
  plan.recorded_running = true;
  Driver d(plan);
  d.now = WallTime{500 + 600'000};
  d.on(events::Found{running()});
  EXPECT_FALSE(d.told<lifecycle::Started>()) << "the record says so already";
  EXPECT_FALSE(d.asked<effects::Arm>()) << "a clock that was set by ten minutes would end it";
  auto view = killed();
  view.is_timed_out = true;
  d.on(events::WaitReturned{view}).on(events::LogsCopied{});
  EXPECT_EQ(d.ending().cause, Cause::timeout);
}

TEST(Attempt, adopted_after_its_exit_it_is_told_with_its_code) {
  Driver d;
  d.on(events::Found{exited(4)});
  EXPECT_TRUE(d.told<lifecycle::Started>());
  d.on(events::WaitReturned{exited(4)}).on(events::LogsCopied{});
  EXPECT_EQ(d.ending().exit_code, 4);
}

TEST(Attempt, what_it_wrote_is_told_with_a_checksum_if_all_of_it_is_there) {
  auto d = in_state("Draining");
  auto cut = d;
  d.on(events::LogsCopied{{}, AttemptOutput{12, "abc"}});
  EXPECT_EQ(d.ending().output, (AttemptOutput{12, "abc"}));
  cut.on(events::LogsCopied{Error{ErrorKind::not_found, "No such container"}, AttemptOutput{12, "abc"}});
  EXPECT_EQ(cut.ending().output, (AttemptOutput{12, std::nullopt})) << "there may have been more";
}

TEST(Attempt, output_that_could_not_be_stored_is_named_in_the_ending) {
  auto d = in_state("Draining");
  d.on(events::LogsCopied{Error{ErrorKind::refused, "12 bytes were declined"}});
  EXPECT_EQ(d.ending().exit_code, 0);
  EXPECT_THAT(d.ending().message, HasSubstr("12 bytes were declined"));
}

}  // namespace
}  // namespace berth::attempt
