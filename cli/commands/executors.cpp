#include "cli/command_line.hpp"
#include "cli/commands/commands.hpp"
#include "cli/formatters/executor_text.hpp"
#include "cli/formatters/json_text.hpp"
#include "cli/formatters/terminal.hpp"
#include "cli/session.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace berth::cli {
namespace {

Task<int> list_executors(Session session) {
  auto list = co_await session.client.executors();
  if (!list) co_return fail(session.context, list.error());
  if (session.context.json) {
    say(pretty(list->raw));
  } else if (session.context.quiet) {
    std::string names;
    for (const auto& executor : list->executors) names += executor.name + "\n";
    say(names);
  } else if (list->executors.empty()) {
    write_all(standard_error,
              "no executors: start one with `berth executor --redis URL`, or use `berth up`\n");
  } else {
    say(executor_table(list->executors, style_of(standard_output)) + executor_troubles(list->executors));
  }
  co_return exit_code::ok;
}

// The jobs that hold something there, oldest first. One that can't be asked for is worth no failure: the
// record of the executor says how many there are.
Task<std::vector<JobId>> jobs_on(Client& client, std::string name) {
  JobFilter live;
  live.statuses = {"PENDING", "RUNNING"};
  live.executor = std::move(name);
  std::vector<JobId> ids;
  const auto page = co_await client.jobs(std::move(live), limits::max_page, std::nullopt);
  if (!page) co_return ids;
  for (const auto& record : page->jobs) {
    if (holds_resources(record.job)) ids.push_back(record.job.id);
  }
  std::reverse(ids.begin(), ids.end());
  co_return ids;
}

Task<int> show_executor(Session session, std::string name) {
  auto record = co_await session.client.executor(name);
  if (!record) co_return fail(session.context, record.error());
  if (session.context.json) {
    say(pretty(record->raw));
  } else if (session.context.quiet) {
    say(record->executor.name + "\n");
  } else {
    const auto jobs = co_await jobs_on(session.client, name);
    say(executor_page(record->executor, jobs, SystemClock{}.wall(), style_of(standard_output)));
  }
  co_return exit_code::ok;
}

struct Order {
  std::vector<std::string> names;
  std::optional<std::string> deadline;
  std::optional<std::string> reason;
  bool is_drain = false;
};

std::string drain_text(const ExecutorStatus& executor) {
  std::string text = executor.name + " is " + std::string(to_string(executor.state));
  const auto jobs = executor.allocated.jobs;
  if (jobs > 0) text += ", with " + std::to_string(jobs) + (jobs == 1 ? " job" : " jobs");
  if (executor.drain && executor.drain->deadline && jobs > 0)
    text += " that may finish until " + to_string(*executor.drain->deadline);
  return text + "\n";
}

Task<int> give_order(Session session, Order order) {
  int code = exit_code::ok;
  for (const auto& name : order.names) {
    auto asked = order.is_drain ? session.client.drain(name, order.deadline, order.reason)
                                : session.client.resume(name);
    auto record = co_await std::move(asked);
    if (!record) {
      code = fail(session.context, record.error());
    } else if (session.context.json) {
      say(pretty(record->raw));
    } else {
      say(session.context.quiet ? record->executor.name + "\n" : drain_text(record->executor));
    }
  }
  co_return code;
}

void add_order(Verb& executors, Context& context, bool is_drain) {
  const auto order = std::make_shared<Order>();
  order->is_drain = is_drain;
  Verb verb(executors, is_drain ? "drain" : "resume",
            is_drain ? "Give them no new jobs" : "Take a drain back: they get jobs again");
  verb.arguments("NAME", order->names, "Their names");
  if (is_drain) {
    verb.option("--deadline", order->deadline, "SPAN",
                "Stop what still runs after this long (10m; 0s: at once),\n"
                "and run it elsewhere; else it may finish");
    verb.option("--reason", order->reason, "TEXT", "Why, for others to see");
  }
  verb.action([&context, order] {
    return run_session(context, OnInterrupt::leave,
                       [&](Session session) { return give_order(session, *order); });
  });
}

void add_list(Verb& verb, Context& context) {
  verb.action([&context] { return run_session(context, OnInterrupt::leave, list_executors); });
}

void add_show(Verb& executors, Context& context) {
  const auto name = std::make_shared<std::string>();
  Verb verb(executors, "show", "Show all of one");
  verb.argument("NAME", *name, "Its name");
  verb.action([&context, name] {
    return run_session(context, OnInterrupt::leave,
                       [&](Session session) { return show_executor(session, *name); });
  });
}

}  // namespace

void add_executors(CLI::App& app, Context& context) {
  Verb executors(app, context, "executors", "List, show, drain and resume the machines that run jobs");
  add_list(executors, context);
  Verb ls(executors, "ls", "List them: what each holds of what it offers");
  add_list(ls, context);
  add_show(executors, context);
  add_order(executors, context, true);
  add_order(executors, context, false);
}

}  // namespace berth::cli
