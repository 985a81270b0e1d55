#include "cli/session.hpp"

#include "cli/formatters/terminal.hpp"
#include "cli/formatters/text.hpp"
#include "shared/runtime/task_group.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/system/system_error.hpp>

#include <signal.h>

#include <cctype>
#include <exception>
#include <utility>

namespace berth::cli {
namespace {

// The exit code of a task that ended, by itself or by being cancelled.
int outcome(const std::exception_ptr& failure, int code) {
  if (!failure) return code;
  try {
    std::rethrow_exception(unwrapped(failure));
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) return exit_code::interrupted;
    say_error(error.what());
  } catch (const std::exception& error) {
    say_error(error.what());
  }
  return exit_code::berth_failed;
}

}  // namespace

int run_session(const Context& context, OnInterrupt on_interrupt,
                const std::function<Task<int>(Session)>& verb) {
  auto servers = parse_urls(context.url);
  if (!servers) return fail_usage(servers.error());
  asio::io_context io(1);
  Client client(io.get_executor(), std::move(*servers));
  asio::cancellation_signal leave;
  asio::signal_set interrupts(io);
  if (on_interrupt == OnInterrupt::leave) {
    interrupts.add(SIGINT);
    interrupts.add(SIGTERM);
    interrupts.async_wait([&leave](boost::system::error_code error, int) {
      if (!error) leave.emit(asio::cancellation_type::all);
    });
  }
  int code = exit_code::berth_failed;
  auto on_end = [&](std::exception_ptr failure, int result) {
    code = outcome(failure, result);
    io.stop();
  };
  asio::co_spawn(io, verb(Session{context, client}),
                 asio::bind_cancellation_slot(leave.slot(), std::move(on_end)));
  io.run();
  return code;
}

std::string explain(const Error& error, const std::string& url) {
  auto message = escape_control(error.message);
  if (error.kind == ErrorKind::timeout) return message + " (" + escape_control(url) + ")";
  if (error.kind != ErrorKind::unavailable) return message;
  constexpr auto advice =
      ". Is Berth running? Start it with \"berth up\", or name another with --url / BERTH_URL.";
  if (message.starts_with("can't reach any of ")) return message + advice;
  // "can't connect to http://…: connection refused" → the reason alone; the sentence below says the rest.
  if (const auto colon = message.rfind(": "); colon != std::string::npos) message.erase(0, colon + 2);
  while (message.ends_with('.')) message.pop_back();
  if (!message.empty()) message[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(message[0])));
  return "can't reach " + escape_control(url) + ": " + message + advice;
}

int fail(const Context& context, const Error& error) {
  say_error(explain(error, context.url));
  return exit_code_for(error);
}

int fail_job_verb(const Context& context, const Error& error) {
  say_error(explain(error, context.url));
  return exit_code_for_job_verb(error);
}

int fail_usage(const Error& error) {
  say_error(escape_control(error.message));
  return exit_code::usage;
}

}  // namespace berth::cli
