#include "tests/chaos/service.hpp"

#include <signal.h>

#include <chrono>
#include <utility>

namespace berth::chaos {

using namespace std::chrono_literals;

Service::Service(asio::any_io_executor executor, Children& children, std::string name, Command command,
                 std::function<void(const Service&, int)> on_own_end)
    : children_(children),
      name_(std::move(name)),
      command_(std::move(command)),
      on_own_end_(std::move(on_own_end)),
      again_(executor),
      has_ended_(executor) {}

void Service::start(const Host& host) {
  host_ = &host;
  is_wanted_ = true;
  if (pid_ < 0) launch();
}

void Service::launch() {
  const auto pid = host_->start(command_);
  if (!pid) return;  // its host is losing power just now
  pid_ = *pid;
  children_.watch(pid_, [this, pid = pid_](int status) { ended(pid, status); });
}

void Service::ended(pid_t pid, int status) {
  if (pid != pid_) return;  // of a life before the power cut
  pid_ = -1;
  has_ended_.notify();
  const bool was_asked = std::exchange(was_killed_, false);
  if (!is_wanted_) return;
  if (was_asked) return launch();  // started again meanwhile
  on_own_end_(*this, status);
  again_.expires_after(1s);
  again_.async_wait([this](const boost::system::error_code& error) {
    if (!error && is_wanted_ && pid_ < 0) launch();
  });
}

void Service::send(int signal) const {
  if (pid_ > 0) ::kill(pid_, signal);
}

void Service::kill() {
  is_wanted_ = false;
  was_killed_ = pid_ > 0;
  send(SIGKILL);
}

void Service::ask_to_end() {
  is_wanted_ = false;
  was_killed_ = pid_ > 0;
  send(SIGTERM);
}

Task<> Service::stop(Milliseconds limit) {
  ask_to_end();
  const auto deadline = deadline_in(limit);
  while (pid_ > 0 && loop_now() < deadline) co_await has_ended_.wait(deadline);
  send(SIGKILL);
  while (pid_ > 0) co_await has_ended_.wait(no_deadline);
}

void Service::pause() { send(SIGSTOP); }

void Service::resume() { send(SIGCONT); }

void Service::forget() {
  is_wanted_ = false;
  was_killed_ = false;
  pid_ = -1;
  again_.cancel();
}

}  // namespace berth::chaos
