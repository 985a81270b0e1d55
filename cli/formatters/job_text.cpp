#include "cli/formatters/job_text.hpp"

#include "cli/formatters/key_value_page.hpp"
#include "cli/formatters/text.hpp"
#include "cli/formatters/timeline.hpp"
#include "cli/formatters/words.hpp"
#include "shared/base/joined.hpp"
#include "shared/model/attempt_story.hpp"

#include <utility>

namespace berth::cli {
namespace {

constexpr std::size_t timelines_shown = 5;  // on a terminal: of the newest attempts

std::string exit_text(const std::optional<int>& code) { return code ? std::to_string(*code) : "-"; }

std::string resources_text(const Resources& resources) {
  std::string out = "cpu " + to_string(resources.cpu) + ", memory " + to_string(resources.memory);
  if (resources.gpu) {
    out += ", " + std::to_string(resources.gpu->count) + " × " + resources.gpu->type.value_or("any") + " GPU";
  }
  return out;
}

// "cpu 1.25 of 2, memory 310MiB of 1GiB"; nothing where nothing is known.
void add_usage(const JobUsage& usage, const Resources& reserved, KeyValuePage& page) {
  if (!usage.cpu_used && !usage.memory_used) return;
  page.add("used now", "cpu " + say_used(usage.cpu_used) + " of " + to_string(reserved.cpu) + ", memory " +
                           say_used(usage.memory_used) + " of " + to_string(reserved.memory));
}

void add_definition(const JobDefinition& d, KeyValuePage& page) {
  page.add("image", d.image);
  if (d.entrypoint) page.add("entrypoint", d.entrypoint->empty() ? "none" : shell_join(*d.entrypoint));
  page.add("command", shell_join(d.command));
  page.add("resources", resources_text(d.resources));
  page.add("env", joined(d.env));
  page.add("working dir", d.working_dir);
  page.add("user", d.user);
  std::vector<std::string> volumes;
  for (const auto& volume : d.volumes) volumes.push_back(TextForm<Volume>::format(volume));
  page.add("volumes", joined(volumes));
  if (d.network != Network::bridge) page.add("network", std::string(to_string(d.network)));
  page.add("regions", joined(d.placement.regions));
  page.add("datacenters", joined(d.placement.datacenters));
  page.add("constraints", joined(d.placement.labels));
  page.add("labels", joined(d.labels));
  if (d.priority != JobDefinition{}.priority) page.add("priority", std::to_string(d.priority));
  if (d.timeout) page.add("timeout", to_string(*d.timeout));
  if (d.queue_timeout) page.add("queue timeout", to_string(*d.queue_timeout));
  if (d.retries.max != 0) page.add("retries", "up to " + std::to_string(d.retries.max));
}

void add_time(KeyValuePage& page, std::string_view key, const std::optional<WallTime>& time, WallTime now) {
  if (time) page.add(key, say_when(*time, now));
}

void add_times(const Job& job, WallTime now, KeyValuePage& page) {
  if (job.created_at != WallTime{}) page.add("created", say_when(job.created_at, now));
  add_time(page, "placed", job.scheduled_at, now);
  add_time(page, "started", job.started_at, now);
  add_time(page, "finished", job.finished_at, now);
  add_time(page, "next attempt", job.retry_at, now);
  add_time(page, "abort asked", job.abort_requested_at, now);
  if (job.started_at) page.add("duration", duration_text(job, now));
}

// "12.5KiB, sha256 9f86…"
std::string output_text(const AttemptOutput& output) {
  const auto size = to_string(Bytes{static_cast<std::int64_t>(output.bytes)});
  return size + (output.sha256 ? ", sha256 " + *output.sha256 : ", of which not all was kept");
}

std::string attempt_outcome(const Attempt& attempt) {
  if (!attempt.finished_at) return attempt.started_at ? "running" : "not started yet";
  std::string out = attempt.cause ? std::string(to_string(*attempt.cause)) : "ended";
  if (attempt.exit_code) out += " " + std::to_string(*attempt.exit_code);
  if (attempt.signal) out += " " + *attempt.signal;
  if (attempt.oom_killed && attempt.cause != Cause::oom) out += ", a process was killed for memory";
  return out;
}

std::string attempts_table(const Job& job, WallTime now, const TableStyle& style) {
  Table table({{"ATTEMPT", Align::right},
               {"EXECUTOR", Align::left, 8},
               {"PLACED"},
               {"RAN", Align::right},
               {"CPU", Align::right},
               {"PEAK", Align::right},
               {"OUTCOME", Align::left, 12},
               {"MESSAGE", Align::left, 7}});
  for (const auto& attempt : job.attempts) {
    const auto end = attempt.finished_at.value_or(now);
    table.add_row({{std::to_string(attempt.number)},
                   {attempt.executor},
                   {say_ago(attempt.assigned_at, now)},
                   {attempt.started_at ? say_span(end - *attempt.started_at) : "-"},
                   {attempt.cpu_time ? say_span(*attempt.cpu_time) : "-"},
                   {attempt.peak_memory ? to_string(*attempt.peak_memory) : "-"},
                   {attempt_outcome(attempt)},
                   {attempt.message}});
  }
  return table.render(style);
}

// How long each phase of every attempt took; on a terminal drawn, and of the newest attempts.
std::string timelines(const Job& job, WallTime now, const TableStyle& style) {
  const auto stories = stories_of(job, now);
  const auto first =
      style.width && stories.size() > timelines_shown ? stories.size() - timelines_shown : std::size_t{0};
  std::string text;
  for (auto i = first; i < stories.size(); ++i) {
    const auto title =
        "Attempt " + std::to_string(stories[i].number) + " on " + escape_control(stories[i].executor);
    text += "\n" + paint(title, Colour::bold, style.colour) + "\n" + timeline(stories[i], style);
  }
  if (first > 0)
    text += "\n(of " + say_count(first, "earlier attempt") + ": `berth explain " + to_string(job.id) + "`)\n";
  return text;
}

}  // namespace

std::string status_text(const Job& job) {
  std::string out{to_string(job.status)};
  if (job.status == JobStatus::pending && job.reason) out += " (" + std::string(to_string(*job.reason)) + ")";
  if (job.status == JobStatus::running && job.reason == Reason::stopping) out += " (STOPPING)";
  if (job.status == JobStatus::failed && job.cause && job.cause != Cause::exit) {
    out += " (" + std::string(to_string(*job.cause)) + ")";
  }
  return out;
}

std::string duration_text(const Job& job, WallTime now) {
  return job.started_at ? say_span(job.finished_at.value_or(now) - *job.started_at) : "-";
}

std::string what_runs(const JobDefinition& definition) {
  std::string out = definition.image;
  if (definition.entrypoint && !definition.entrypoint->empty())
    out += " " + shell_join(*definition.entrypoint);
  if (!definition.command.empty()) out += " " + shell_join(definition.command);
  return out;
}

Table job_table(const std::vector<Job>& jobs, WallTime now) {
  Table table({{"ID", Align::right},
               {"NAME", Align::left, 6},
               {"STATUS", Align::left, 0, 12},
               {"EXIT", Align::right},
               {"IMAGE COMMAND", Align::left, 9},
               {"AGE"},
               {"DURATION", Align::right},
               {"EXECUTOR", Align::left, 8}});
  for (const auto& job : jobs) {
    table.add_row({{to_string(job.id)},
                   {job.definition.name.value_or("-")},
                   {status_text(job), status_colour(job.status)},
                   {exit_text(job.exit_code)},
                   {what_runs(job.definition)},
                   {job.created_at != WallTime{} ? say_ago(job.created_at, now) : "-"},
                   {duration_text(job, now)},
                   {job.executor.value_or("-")}});
  }
  return table;
}

std::string job_page(const Job& job, WallTime now, const TableStyle& style,
                     const std::optional<JobUsage>& usage) {
  KeyValuePage page;
  std::string title = paint("Job " + to_string(job.id), Colour::bold, style.colour);
  if (job.definition.name) title += "  " + escape_control(*job.definition.name);
  page.line(title + "  " + paint(status_text(job), status_colour(job.status), style.colour));
  page.add("message", job.message);
  if (job.exit_code) page.add("exit code", std::to_string(*job.exit_code));
  page.add("signal", job.signal);
  if (job.oom_killed) page.add("out of memory", std::string("a process was killed for memory"));
  page.add("executor", job.executor);
  if (usage) add_usage(*usage, job.definition.resources, page);
  if (!job.attempts.empty()) {
    const auto& last = job.attempts.back();
    page.add("gpus", joined(last.gpus));
    if (last.output) page.add("output", output_text(*last.output));
  }
  add_definition(job.definition, page);
  add_times(job, now, page);
  if (job.attempts.empty()) return page.text();
  return page.text() + "\n" + attempts_table(job, now, style) + timelines(job, now, style);
}

}  // namespace berth::cli
