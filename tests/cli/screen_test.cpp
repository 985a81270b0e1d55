// The terminal as a screen: on one of the test's own.
#include "cli/exit_code.hpp"
#include "cli/formatters/terminal.hpp"
#include "cli/live_screen.hpp"
#include "cli/watched_jobs.hpp"
#include "shared/http/event_stream.hpp"
#include "shared/model/event.hpp"
#include "tests/cli/api_stub.hpp"
#include "tests/shared/runtime/loop.hpp"

#include <gmock/gmock.h>

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <vector>

namespace berth::cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr auto taken = "\x1b[?1049h\x1b[?25l\x1b[?7l";
constexpr auto given_back = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";

// A terminal of 80 columns and 24 rows, and the person before it.
class Terminal {
 public:
  Terminal() {
    int person = -1;
    int program = -1;
    winsize size{};
    size.ws_col = 80;
    size.ws_row = 24;
    EXPECT_EQ(::openpty(&person, &program, nullptr, nullptr, &size), 0);
    person_ = FileDescriptor(person);
    program_ = FileDescriptor(program);
    ::fcntl(person, F_SETFL, O_NONBLOCK);
  }

  int descriptor() const { return program_.get(); }
  ScreenPorts ports() const {
    ScreenPorts ports;
    ports.output = program_.get();
    ports.keys = FileDescriptor(::dup(program_.get()));
    return ports;
  }
  void type(const std::string& keys) {
    EXPECT_EQ(::write(person_.get(), keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }
  void resize(unsigned short columns, unsigned short rows) {
    winsize size{};
    size.ws_col = columns;
    size.ws_row = rows;
    ::ioctl(person_.get(), TIOCSWINSZ, &size);
  }
  // What was written on it since the last look.
  std::string output() {
    std::string all;
    std::array<char, 4096> piece{};
    for (;;) {
      const auto count = ::read(person_.get(), piece.data(), piece.size());
      if (count <= 0) return all;
      all.append(piece.data(), static_cast<std::size_t>(count));
    }
  }
  bool takes_lines_and_echoes() const {
    termios settings{};
    EXPECT_EQ(::tcgetattr(program_.get(), &settings), 0);
    const auto both = static_cast<tcflag_t>(ICANON | ECHO);
    return (settings.c_lflag & both) == both;
  }
  bool stops_at_ctrl_s() const {
    termios settings{};
    EXPECT_EQ(::tcgetattr(program_.get(), &settings), 0);
    return (settings.c_iflag & static_cast<tcflag_t>(IXON)) != 0;
  }
  // As a shell does to which a job gave its terminal by being stopped.
  void take_lines_and_echo() {
    termios settings{};
    EXPECT_EQ(::tcgetattr(program_.get(), &settings), 0);
    settings.c_lflag |= static_cast<tcflag_t>(ICANON | ECHO);
    EXPECT_EQ(::tcsetattr(program_.get(), TCSANOW, &settings), 0);
  }

 private:
  FileDescriptor person_;
  FileDescriptor program_;
};

std::vector<std::string> one_line(const ScreenSize& size) {
  return {std::to_string(size.columns) + "x" + std::to_string(size.rows)};
}

Task<> type_later(Terminal* terminal, std::string keys) {
  co_await sleep_until(deadline_in(Milliseconds{50}));
  terminal->type(keys);
}

Task<> raise_later(int number) {
  co_await sleep_until(deadline_in(Milliseconds{50}));
  ::raise(number);
}

Task<> resize_then_leave(Terminal* terminal) {
  co_await sleep_until(deadline_in(Milliseconds{50}));
  terminal->resize(100, 30);
  ::raise(SIGWINCH);
  co_await sleep_until(deadline_in(Milliseconds{50}));
  terminal->type("q");
}

TEST(LiveScreen, IsLeftWithQAndGivesTheTerminalBack) {
  Terminal terminal;
  test::Loop loop;
  LiveScreen screen(loop.executor(), one_line, terminal.ports());
  screen.spawn("typing", type_later(&terminal, "xq"));
  EXPECT_EQ(loop.run(screen.run()), exit_code::ok);
  const auto output = terminal.output();
  EXPECT_THAT(output, StartsWith(taken));
  EXPECT_THAT(output, HasSubstr("79x24")) << "the last column stays free";
  EXPECT_THAT(output, EndsWith(given_back)) << "no echo of the keys behind it";
  EXPECT_TRUE(terminal.takes_lines_and_echoes());
}

TEST(LiveScreen, IsLeftByASignalWithTheTerminalGivenBack) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
    Terminal terminal;
    test::Loop loop;
    LiveScreen screen(loop.executor(), one_line, terminal.ports());
    screen.spawn("signal", raise_later(number));
    EXPECT_EQ(loop.run(screen.run()), exit_code::interrupted);
    EXPECT_THAT(terminal.output(), EndsWith(given_back)) << number;
    EXPECT_TRUE(terminal.takes_lines_and_echoes()) << number;
  }
}

TEST(LiveScreen, IsDrawnAnewInAnotherSize) {
  Terminal terminal;
  test::Loop loop;
  LiveScreen screen(loop.executor(), one_line, terminal.ports());
  int resizes = 0;
  screen.on_resize([&] { ++resizes; });
  screen.spawn("resize", resize_then_leave(&terminal));
  EXPECT_EQ(loop.run(screen.run()), exit_code::ok);
  EXPECT_GE(resizes, 1);
  EXPECT_THAT(terminal.output(), HasSubstr("99x30"));
}

Task<> go_on_then_leave(Terminal* terminal, std::string* before) {
  co_await sleep_until(deadline_in(Milliseconds{50}));
  *before = terminal->output();
  terminal->take_lines_and_echo();
  ::raise(SIGCONT);
  co_await sleep_until(deadline_in(Milliseconds{50}));
  EXPECT_FALSE(terminal->takes_lines_and_echoes());
  terminal->type("q");
}

TEST(LiveScreen, TakesTheTerminalAnewWhenAStoppedProcessGoesOn) {
  Terminal terminal;
  test::Loop loop;
  LiveScreen screen(loop.executor(), one_line, terminal.ports());
  std::string before;
  screen.spawn("stop", go_on_then_leave(&terminal, &before));
  EXPECT_EQ(loop.run(screen.run()), exit_code::ok);
  EXPECT_THAT(before, HasSubstr("79x24"));
  const auto output = terminal.output();
  EXPECT_THAT(output, StartsWith(taken));
  EXPECT_THAT(output, HasSubstr("79x24")) << "though it was shown before";
  EXPECT_THAT(output, EndsWith(given_back));
  EXPECT_TRUE(terminal.takes_lines_and_echoes());
}

Answer list_with(const std::string& name) {
  Job job;
  job.id = JobId{7};
  job.definition.image = "busybox";
  job.definition.name = name;
  json::object list;
  list["jobs"] = json::array{to_json(job)};
  list["next"] = nullptr;
  return {200, json::serialize(list)};
}

Answer one_event() {
  Event event;
  event.seq = 5;
  event.type = "job.started";
  event.job = JobId{7};
  Answer answer;
  answer.frames = {{0, http::encode_event({"5", event.type, json::serialize(to_json(event))})}};
  answer.is_framed = false;
  return answer;
}

// Reads along, and leaves once that was shown.
Task<> leave_once_shown(Terminal* terminal, std::string* all, std::string text) {
  while (all->find(text) == std::string::npos) {
    co_await sleep_until(deadline_in(Milliseconds{20}));
    *all += terminal->output();
  }
  terminal->type("q");
}

TEST(WatchedJobs, AreShownAnewWhenSomethingHappenedAndServersMayComeBack) {
  ApiStub api;
  api.on("GET /v1/events", {problem(503, "stopping"), one_event()});
  api.on("GET /v1/jobs", {list_with("before"), list_with("between"), list_with("after")});
  Terminal terminal;
  test::Loop loop;
  Context context;
  context.url = api.url();
  Client client(loop.executor(), parse_urls(api.url()).value());
  JobPage first = loop.run(client.jobs({}, 1, std::nullopt)).value();
  WatchedJobs::Fetch fetch = [&](std::size_t limit) { return client.jobs({}, limit, std::nullopt); };
  WatchedJobs jobs(loop.executor(), Session{context, client}, fetch, std::nullopt, terminal.ports());
  TaskGroup tasks(loop.executor());
  std::string all;
  tasks.spawn("person", leave_once_shown(&terminal, &all, "after"));
  EXPECT_EQ(loop.run(jobs.run(std::move(first))), exit_code::ok);
  loop.run(tasks.join());
  EXPECT_THAT(all, HasSubstr("before"));
  EXPECT_THAT(all, HasSubstr("not up to date: stopping"));
  EXPECT_THAT(terminal.output(), EndsWith(given_back));
  EXPECT_EQ(api.targets().at(0), "GET /v1/jobs?limit=1");
  EXPECT_THAT(api.targets(), Contains("GET /v1/jobs?limit=22")) << "as many as fit";
}

TEST(Screen, IsNothingForADumbTerminal) {
  Terminal terminal;
  const char* now = std::getenv("TERM");
  const std::string before = now == nullptr ? "" : now;
  ::setenv("TERM", "dumb", 1);
  EXPECT_FALSE(can_draw_on(terminal.descriptor()));
  EXPECT_FALSE(wants_colour(terminal.descriptor()));
  ::setenv("TERM", "xterm", 1);
  EXPECT_TRUE(can_draw_on(terminal.descriptor()));
  ::unsetenv("TERM");
  EXPECT_FALSE(can_draw_on(terminal.descriptor())) << "nobody knows what it can do";
  if (!before.empty()) ::setenv("TERM", before.c_str(), 1);
}

TEST(Screen, WritesWhatIsShownAlreadyOnlyOnce) {
  Terminal terminal;
  Screen screen(terminal.descriptor(), terminal.descriptor());
  EXPECT_TRUE(terminal.stops_at_ctrl_s());
  screen.enter();
  EXPECT_FALSE(terminal.takes_lines_and_echoes());
  EXPECT_FALSE(terminal.stops_at_ctrl_s());
  terminal.output();
  EXPECT_TRUE(screen.show({"a", "b"}));
  EXPECT_NE(terminal.output(), "");
  EXPECT_TRUE(screen.show({"a", "b"}));
  EXPECT_EQ(terminal.output(), "");
  screen.forget_frame();
  EXPECT_TRUE(screen.show({"a", "b"}));
  EXPECT_NE(terminal.output(), "");
  screen.leave();
  EXPECT_TRUE(terminal.stops_at_ctrl_s());
  terminal.output();
  EXPECT_TRUE(screen.show({"c"}));
  EXPECT_EQ(terminal.output(), "") << "it isn't ours any more";
}

TEST(ScreenDeathTest, GivesTheTerminalBackWhenTheProcessDies) {
  Terminal terminal;
  const auto die = [&] {
    Screen screen(terminal.descriptor(), terminal.descriptor());
    screen.enter();
    std::abort();
  };
  EXPECT_EXIT(die(), ::testing::KilledBySignal(SIGABRT), "");
  EXPECT_TRUE(terminal.takes_lines_and_echoes());
  EXPECT_THAT(terminal.output(), EndsWith(given_back));
}

TEST(ScreenFrame, IsWrittenOverWhatIsThere) {
  EXPECT_EQ(frame_text({"one", "two", "three"}, {10, 2}), "\x1b[Hone\x1b[K\r\ntwo\x1b[K\x1b[J");
  EXPECT_EQ(frame_text({}, {10, 2}), "\x1b[H\x1b[J");
  EXPECT_THAT(split_lines("a\n\nb\n"), ElementsAre("a", "", "b"));
}

TEST(ScreenFrame, CutsLinesButNotTheirColours) {
  EXPECT_EQ(clip("plain", 5), "plain");
  EXPECT_EQ(clip("plain", 3), "pla");
  EXPECT_EQ(clip("\x1b[31mred\x1b[0m", 3), "\x1b[31mred\x1b[0m");
  EXPECT_EQ(clip("\x1b[31mred\x1b[0m", 2), "\x1b[31mre\x1b[0m");
  EXPECT_EQ(clip("日本", 3), "日") << "half of a wide letter doesn't fit";
  EXPECT_EQ(clip("x", 0), "");
}

}  // namespace
}  // namespace berth::cli
