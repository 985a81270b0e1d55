// G6: the exit code is true. The process wrote down with which code it was about to exit; a code above 128
// says that it was about to send itself that signal less 128.
#include "tests/chaos/checker_checks.hpp"

#include <fmt/core.h>

#include <csignal>

namespace berth::chaos {
namespace {

constexpr int signal_base = 128;

std::string in_words(const Life* life) {
  if (life == nullptr) return "its process never began";
  if (!life->end_code) return "its process never said that it ends";
  return fmt::format("its process ended with {}", *life->end_code);
}

class Exit {
 public:
  Exit(const Facts& facts, const Job& job, const Attempt& attempt, Verdict& verdict)
      : facts_(facts),
        job_(job),
        attempt_(attempt),
        life_(facts.life(job.id.value, attempt.number)),
        verdict_(verdict) {}

  void check() {
    verdict_.looked_for(Wrong::wrong_code);
    switch (*attempt_.cause) {
      case Cause::exit:
        return check_code();
      case Cause::signal:
        return check_signal();
      case Cause::timeout:
        if (!job_.definition.timeout) wrong("TIMEOUT, and it has none");
        return;
      case Cause::exit_unknown:
        return check_unknown();
      case Cause::start:
      case Cause::image_not_found:
      case Cause::image_pull:
        return wrong(std::string(to_string(*attempt_.cause)) + " (" + attempt_.message +
                     "), though nothing is wrong with it");
      default:
        return;
    }
  }

 private:
  void wrong(const std::string& what) {
    verdict_.found(Wrong::wrong_code,
                   name_of_attempt(job_.id.value, attempt_.number) + ": " + what + "; " + in_words(life_));
  }

  void check_code() {
    if (!attempt_.exit_code) return wrong("EXIT without a code");
    if (*attempt_.exit_code == 0) return;  // a success, judged as such
    if (life_ == nullptr || life_->end_code != attempt_.exit_code)
      wrong(fmt::format("EXIT with {}", *attempt_.exit_code));
  }

  // Its own, or that of somebody who broke something.
  void check_signal() {
    const auto name = attempt_.signal.value_or("");
    if (life_ != nullptr && life_->end_code == signal_base + SIGKILL && name == "SIGKILL") return;
    if (life_ != nullptr && life_->end_code == signal_base + SIGTERM && name == "SIGTERM") return;
    if (!is_broken().empty()) return;
    wrong("SIGNAL " + name);
  }

  void check_unknown() {
    const auto reasons = is_broken();
    verdict_.looked_for(Wrong::exit_unknown);
    if (reasons.empty()) {
      ++verdict_.unknown_exits["nothing"];
      verdict_.found(Wrong::exit_unknown, name_of_attempt(job_.id.value, attempt_.number) +
                                              ": EXIT_UNKNOWN on " + attempt_.executor +
                                              ", whose containers nothing had touched");
    }
    for (const auto& reason : reasons) ++verdict_.unknown_exits[reason];
  }

  // By what was done there to containers, Docker, or the whole machine.
  std::set<std::string> is_broken() const {
    return facts_.disturbances(attempt_.executor, facts_.span_of_attempt(job_.id.value, attempt_.number),
                               [](const Fault& fault) {
                                 return fault.kind.find("docker") != std::string::npos ||
                                        fault.kind == "kill-init" || fault.kind == "power-cut";
                               });
  }

  const Facts& facts_;
  const Job& job_;
  const Attempt& attempt_;
  const Life* life_;
  Verdict& verdict_;
};

// Whatever says that it went well: the record, or one of its attempts.
void check_success(const Facts& facts, const Job& job, Verdict& verdict) {
  const auto is_success = [](const Attempt& attempt) {
    return attempt.cause == Cause::exit && attempt.exit_code == 0;
  };
  const auto* last = attempt_of(job, job.attempt);
  if (job.status == JobStatus::succeeded && (last == nullptr || !is_success(*last)))
    verdict.found(Wrong::phantom,
                  name_of_job(job.id.value) + " is SUCCEEDED, and its last attempt didn't exit with 0");
  for (const auto& attempt : job.attempts) {
    if (!is_success(attempt)) continue;
    verdict.looked_for(Wrong::phantom);
    const auto* life = facts.life(job.id.value, attempt.number);
    if (life == nullptr || life->end_code != 0)
      verdict.found(Wrong::phantom,
                    name_of_attempt(job.id.value, attempt.number) + " exited with 0; " + in_words(life));
    if (job.status != JobStatus::succeeded || attempt.number != job.attempt)
      verdict.found(Wrong::wrong_code, name_of_attempt(job.id.value, attempt.number) +
                                           " exited with 0, and that wasn't the job's end");
  }
}

}  // namespace

void check_exits(const Facts& facts, Verdict& verdict) {
  for (const auto& [id, job] : facts.jobs) {
    check_success(facts, *job, verdict);
    for (const auto& attempt : job->attempts) {
      if (attempt.cause) Exit(facts, *job, attempt, verdict).check();
    }
  }
}

}  // namespace berth::chaos
