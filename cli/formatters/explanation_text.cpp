#include "cli/formatters/explanation_text.hpp"

#include "cli/formatters/text.hpp"
#include "cli/formatters/words.hpp"
#include "cli/job_reference.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace berth::cli {
namespace {

constexpr std::size_t executors_shown = 8;
constexpr std::size_t places_shown = 20;

// As `show` has it.
std::string title_line(const Explanation& explanation, const TableStyle& style) {
  if (!explanation.job) return paint("It would wait", Colour::bold, style.colour) + "\n";
  auto title = paint("Job " + to_string(*explanation.job), Colour::bold, style.colour);
  if (explanation.name) title += "  " + escape_control(*explanation.name);
  std::string status(to_string(explanation.status));
  const bool is_stopping = explanation.status == JobStatus::running && explanation.reason == Reason::stopping;
  if (explanation.reason && (explanation.status == JobStatus::pending || is_stopping))
    status += " (" + std::string(to_string(*explanation.reason)) + ")";
  return title + "  " + paint(status, status_colour(explanation.status), style.colour) + "\n";
}

std::string heading(const std::string& text, const TableStyle& style) {
  return "\n" + paint(text, Colour::bold, style.colour) + "\n";
}

// "- " before the first line of each.
std::string item(const std::string& text, const TableStyle& style) {
  auto lines = wrap(text, style.width, 4);
  lines[2] = '-';
  return lines;
}

std::string queue_words(const QueuePlace& queue) {
  std::string words = "number " + std::to_string(queue.position) + " of " + say_count(queue.waiting, "job") +
                      " that wait" + (queue.waiting == 1 ? "s" : "");
  if (!queue.before.empty()) {
    std::vector<JobId> ids;
    for (const auto& before : queue.before) ids.push_back(before.job);
    std::sort(ids.begin(), ids.end());
    const auto more = queue.position - 1 - queue.before.size();
    words += ", behind " + say_ids(ids) + (more > 0 ? " and " + std::to_string(more) + " more" : "");
  }
  if (queue.reserved_for)
    words +=
        "; " + queue.reserved_executor.value_or("?") + " is kept for job " + to_string(*queue.reserved_for);
  return words;
}

std::string estimate_words(const StartEstimate& estimate, WallTime now) {
  const auto until = [&](WallTime then) { return say_span(then - now); };
  const bool is_sure = estimate.message.empty();  // else it rests on what the message says
  const std::string likely = is_sure ? "" : "likely ";
  std::string words = "unknown";
  if (estimate.earliest && estimate.latest) {
    const auto first = until(*estimate.earliest);
    const auto last = until(*estimate.latest);
    words = *estimate.latest <= now     ? (is_sure ? "with the next pass" : "likely at any moment")
            : first == last             ? likely + "in " + last
            : *estimate.earliest <= now ? likely + "within " + last
                                        : likely + "in " + first + " to " + last;
  } else if (estimate.earliest && *estimate.earliest - now >= Milliseconds{1'000}) {  // less says nothing
    words = likely + "not before " + until(*estimate.earliest) + " from now";
  }
  return words + (estimate.message.empty() ? "" : ": " + estimate.message);
}

std::string executor_table_of(const Explanation& explanation, const TableStyle& style) {
  Table table({{"EXECUTOR", Align::left, 8},
               {"CPU", Align::right},
               {"MEMORY", Align::right},
               {"GPUS", Align::right},
               {"IN THE WAY", Align::left, 10}});
  const auto shown =
      style.width ? std::min(explanation.executors.size(), executors_shown) : explanation.executors.size();
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& executor = explanation.executors[i];
    std::string why;
    for (const auto& finding : executor.findings) why += (why.empty() ? "" : "; ") + finding.message;
    table.add_row({{executor.name},
                   {to_string(executor.free.cpu)},
                   {to_string(executor.free.memory)},
                   {std::to_string(executor.free.gpus)},
                   {why.empty() ? "nothing" : why}});
  }
  const auto more = explanation.executors.size() - shown + explanation.executors_left_out;
  return heading("What is free when its turn comes", style) + table.render(style) +
         (more > 0 ? "and " + std::to_string(more) + " more, further from it (--json has " +
                         (explanation.executors_left_out > 0 ? std::to_string(explanation.executors.size())
                                                             : "all") +
                         ")\n"
                   : "");
}

std::string story(const AttemptStory& attempt, const TableStyle& style) {
  std::string text =
      heading("Attempt " + std::to_string(attempt.number) + " on " + escape_control(attempt.executor), style);
  if (!attempt.why.empty()) text += wrap("placed there as " + attempt.why, style.width, 2);
  std::string phases;
  for (const auto& phase : attempt.phases) {
    phases += (phases.empty() ? "" : ", ") + std::string(to_string(phase.name)) + " " + say_span(phase.took) +
              (phase.to ? "" : " so far");
  }
  if (!phases.empty()) text += wrap(phases, style.width, 2);
  if (!attempt.ending.empty()) text += wrap("ended: " + attempt.ending, style.width, 2);
  return text;
}

// What the remedies lead to.
std::string_view remedies_heading(const Explanation& explanation) {
  const bool is_on_its_way = explanation.reason == Reason::assigned ||
                             explanation.reason == Reason::pulling || explanation.reason == Reason::starting;
  return is_on_its_way ? "It would run" : "It would get a place at once";
}

std::string numbers(std::uint64_t first, std::uint64_t last) {
  return first == last ? std::to_string(first) : std::to_string(first) + "-" + std::to_string(last);
}

// The jobs of a submit by number, from 1; those that follow each other to the same end in one line.
std::string places_table_of(const DryRun& result, const TableStyle& style) {
  const auto& places = result.places;
  const auto is_same = [](const PlannedPlace& a, const PlannedPlace& b) {
    return a.executor == b.executor && a.why == b.why;
  };
  Table table({{"JOB", Align::left}, {"EXECUTOR", Align::left, 8}, {"WHY", Align::left, 10}});
  std::size_t rows = 0;
  std::size_t next = 0;
  while (next < places.size() && (!style.width || rows < places_shown)) {
    const auto& first = places[next];
    auto last = next;
    while (last + 1 < places.size() && is_same(first, places[last + 1])) ++last;
    table.add_row({{numbers(next + 1, last + 1)}, {first.executor.value_or("-")}, {first.why}});
    next = last + 1;
    ++rows;
  }
  const auto more = places.size() - next;
  return "\n" + table.render(style) +
         (more > 0 ? "and " + std::to_string(more) + " more (--json has all)\n" : "");
}

}  // namespace

std::string explanation_word(const Explanation& explanation) {
  return std::string(explanation.reasons.empty() ? to_string(explanation.status)
                                                 : to_string(explanation.reasons.front().code));
}

std::string explanation_page(const Explanation& explanation, WallTime now, const TableStyle& style) {
  auto text = title_line(explanation, style);
  if (!explanation.summary.empty()) text += wrap(explanation.summary, style.width, 2);
  if (explanation.queue) text += wrap("queue: " + queue_words(*explanation.queue), style.width, 2);
  if (explanation.estimate)
    text += wrap("start: " + estimate_words(*explanation.estimate, now), style.width, 2);
  if (explanation.reasons.size() > 1) {
    text += heading("Also in the way", style);
    for (std::size_t i = 1; i < explanation.reasons.size(); ++i)
      text += item(explanation.reasons[i].message, style);
  }
  if (!explanation.remedies.empty() || explanation.remedies_cut) {
    text += heading(std::string(remedies_heading(explanation)), style);
    for (const auto& remedy : explanation.remedies) text += item(remedy.message, style);
    if (explanation.remedies_cut)
      text +=
          item(explanation.remedies.empty() ? "none was found, and not every way was tried to its end"
                                            : "perhaps otherwise, too: not every way was tried to its end",
               style);
  }
  if (!explanation.executors.empty()) text += executor_table_of(explanation, style);
  for (const auto& attempt : explanation.attempts) text += story(attempt, style);
  return text;
}

std::string dry_run_page(const DryRun& result, WallTime now, const TableStyle& style) {
  auto text = paint("Valid; nothing was submitted", Colour::bold, style.colour) + "\n";
  if (result.jobs == 1) {
    const auto& place = result.places.front();
    if (place.executor)
      text += wrap("starts at once on " + *place.executor + ", " + place.why, style.width, 2);
  } else {
    text +=
        wrap(std::to_string(result.placed) + " of " + say_count(result.jobs, "job") + " would start at once" +
                 (result.waiting > 0 ? ", " + std::to_string(result.waiting) + " would wait" : ""),
             style.width, 2);
  }
  text += wrap("pull: " + result.pull, style.width, 2);
  if (result.jobs > 1) text += places_table_of(result, style);
  if (result.waiting == 0 || !result.explanation) return text;
  return text + "\n" + explanation_page(*result.explanation, now, style);
}

}  // namespace berth::cli
