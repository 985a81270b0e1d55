#include "cli/formatters/progress.hpp"

#include "cli/formatters/terminal.hpp"
#include "cli/formatters/text.hpp"
#include "cli/formatters/words.hpp"

namespace berth::cli {
namespace {

std::string where(const Job& job) { return job.executor ? " on " + *job.executor : ""; }

std::string activity(const Job& job) {
  if (job.abort_requested_at && !is_terminal(job.status)) return "is being aborted" + where(job);
  if (!job.reason) return "is " + std::string(to_string(job.status));
  switch (*job.reason) {
    case Reason::queued:
      return "waits for room";
    case Reason::unsatisfiable:
      return "fits on no executor, and waits for one that it fits on";
    case Reason::backoff:
      return "waits before its next attempt";
    case Reason::held:
      return "is held back";
    case Reason::assigned:
      return "was given to an executor" + where(job);
    case Reason::pulling:
      return "is pulling " + job.definition.image + where(job);
    case Reason::starting:
      return "is starting" + where(job);
    case Reason::executing:
      return "is running" + where(job);
    case Reason::stopping:
      return "is stopping" + where(job);
  }
  return "is " + std::string(to_string(job.status));
}

}  // namespace

std::string progress_text(const Job& job, WallTime now) {
  std::string text = "job " + to_string(job.id) + " " + activity(job);
  if (!job.message.empty()) text += ": " + job.message;
  const auto since = job.status == JobStatus::running && job.started_at ? *job.started_at : job.created_at;
  if (since == WallTime{}) return text;  // its record can't be read
  return text + " · " + say_span(now - since);
}

ProgressLine::ProgressLine(bool wanted) {
  if (wanted && !is_dumb_terminal()) width_ = terminal_width(standard_error);
}

void ProgressLine::show(const std::string& text) {
  if (!width_) return;
  // The last cell stays free: a full line would wrap on some terminals, and a wrapped line can't be erased.
  write_all(standard_error, "\r\x1b[K" + shorten(escape_control(text), *width_ - 1));
  visible_ = true;
}

void ProgressLine::hide() {
  if (visible_) write_all(standard_error, "\r\x1b[K");
  visible_ = false;
}

void ProgressLine::end() {
  hide();
  width_.reset();
}

}  // namespace berth::cli
