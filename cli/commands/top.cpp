#include "cli/command_line.hpp"
#include "cli/commands/commands.hpp"
#include "cli/formatters/json_text.hpp"
#include "cli/formatters/terminal.hpp"
#include "cli/formatters/top_text.hpp"
#include "cli/live_screen.hpp"
#include "cli/session.hpp"

#include <algorithm>
#include <utility>

namespace berth::cli {
namespace {

// It asks again after a second, or after ten times as long as the last answer took: whoever looks on takes
// little of a large cluster.
constexpr Milliseconds shortest_top_pause{1'000};
constexpr Milliseconds longest_top_pause{5'000};

Milliseconds elapsed(Monotonic since) { return std::chrono::duration_cast<Milliseconds>(loop_now() - since); }

// The last answer stays on the screen, whatever became of the next.
class TopScreen {
 public:
  TopScreen(asio::any_io_executor executor, Session session, Overview first)
      : session_(session),
        screen_(std::move(executor), [this](const ScreenSize& size) { return lines(size); }) {
    take(std::move(first));
  }

  Task<int> run() {
    screen_.spawn("overview", follow());
    const int code = co_await screen_.run();
    co_return code;
  }

 private:
  Task<> follow() {
    co_await sleep_until(deadline_in(shortest_top_pause));
    for (;;) {
      const auto asked = loop_now();
      const auto rows = std::min(screen_.size().rows, limits::max_page);
      auto answer = co_await session_.client.overview(rows, rows);
      auto pause = shortest_top_pause;
      if (answer) {
        pause = std::clamp(10 * elapsed(asked), shortest_top_pause, longest_top_pause);
        take(std::move(answer->overview));
      } else {
        page_.trouble = explain(answer.error(), session_.context.url);
      }
      screen_.redraw();
      co_await sleep_until(deadline_in(pause));
    }
  }

  void take(Overview overview) {
    page_.overview = std::move(overview);
    page_.trouble.clear();
    came_at_ = loop_now();
  }

  std::vector<std::string> lines(const ScreenSize& size) {
    page_.age = elapsed(came_at_);
    return top_lines(page_, size, wants_colour(standard_output));
  }

  Session session_;
  TopPage page_;
  Monotonic came_at_{};
  LiveScreen screen_;
};

// A server from before there was such a page says that there is nothing.
Error as_of_an_older_server(Error error) {
  if (error.kind != ErrorKind::not_found) return error;
  return {ErrorKind::refused, "this server has no overview to show: it is older than this client"};
}

Task<int> print_top(Session session) {
  auto answer = co_await session.client.overview(limits::max_page, limits::max_page);
  if (!answer) co_return fail(session.context, as_of_an_older_server(answer.error()));
  if (session.context.json) {
    say(pretty(answer->raw));
    co_return exit_code::ok;
  }
  std::string text;
  if (session.context.quiet) {
    for (const auto& job : answer->overview.running_jobs) text += to_string(job.id) + "\n";
  } else {
    TopPage page;
    page.overview = std::move(answer->overview);
    for (const auto& line : top_lines(page, std::nullopt, wants_colour(standard_output))) text += line + "\n";
  }
  say(text);
  co_return exit_code::ok;
}

Task<int> show_top(Session session) {
  const auto executor = co_await asio::this_coro::executor;
  auto first = co_await session.client.overview(limits::default_page, limits::default_page);
  if (!first) co_return fail(session.context, as_of_an_older_server(first.error()));
  TopScreen screen(executor, session, std::move(first->overview));
  const int code = co_await screen.run();
  co_return code;
}

int top(const Context& context) {
  const bool is_live = !context.json && !context.quiet && can_draw_on(standard_output);
  if (!is_live) return run_session(context, OnInterrupt::leave, print_top);
  return run_session(context, OnInterrupt::own_rules, show_top);
}

}  // namespace

void add_top(CLI::App& app, Context& context) {
  Verb verb(app, context, "top", "Watch the cluster on one screen: machines, queue, what runs, what ends");
  verb.examples(
      "q or Ctrl-C leaves. Elsewhere than on a terminal, and with --json, it prints what is so now and\n"
      "ends; with --quiet that is the ids of what runs.\n"
      "CPU and MEMORY of a job are what it uses of what is reserved for it; - where nobody can tell.");
  verb.action([&context] { return top(context); });
}

}  // namespace berth::cli
