#include "cli/formatters/top_text.hpp"

#include "cli/formatters/executor_text.hpp"
#include "cli/formatters/table.hpp"
#include "cli/formatters/text.hpp"
#include "cli/formatters/words.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <map>
#include <string_view>
#include <utility>

namespace berth::cli {
namespace {

constexpr std::size_t sum_cells = 8;  // of a bar
// A frame that is older than this is said to be old, even when nobody has said yet why.
constexpr Milliseconds fresh_for{8'000};
// Reasons of jobs that hold something already; the others wait.
constexpr std::array<std::string_view, 3> on_their_way{"ASSIGNED", "PULLING", "STARTING"};

struct Space {
  std::optional<ScreenSize> size;
  bool colour = false;
  TableStyle style() const {
    return {size ? std::optional<std::size_t>(size->columns) : std::nullopt, colour};
  }
};

// "8 QUEUED, 3 UNSATISFIABLE": those that aren't zero.
std::string counts_text(const std::map<std::string, std::uint64_t>& counts,
                        bool (*is_wanted_key)(std::string_view)) {
  std::string out;
  for (const auto& [name, count] : counts) {
    if (count == 0 || !is_wanted_key(name)) continue;
    out += (out.empty() ? "" : ", ") + std::to_string(count) + " " + escape_control(name);
  }
  return out;
}

std::uint64_t sum_of(const std::map<std::string, std::uint64_t>& counts,
                     bool (*is_wanted_key)(std::string_view)) {
  std::uint64_t sum = 0;
  for (const auto& [name, count] : counts) sum += is_wanted_key(name) ? count : 0;
  return sum;
}

bool is_any(std::string_view) { return true; }
bool is_on_its_way(std::string_view reason) {
  return std::find(on_their_way.begin(), on_their_way.end(), reason) != on_their_way.end();
}
bool is_still_waiting(std::string_view reason) { return !is_on_its_way(reason); }

std::string top_title(const Overview& overview, const Space& space) {
  std::string out = paint("berth top", Colour::bold, space.colour) + "  " + say_instant(overview.at) + "  ";
  out += overview.leader ? escape_control(*overview.leader) + " leads"
                         : paint("no leader: nothing is placed", Colour::red, space.colour);
  if (const auto states = counts_text(overview.executor_states, is_any); !states.empty())
    out += "  " + states;
  if (space.size) out += "  " + paint("q quits", Colour::dim, space.colour);
  return out;
}

std::string share_text(std::string_view what, std::int64_t used, std::int64_t all, const std::string& words,
                       const Space& space) {
  std::string out = std::string(what) + " ";
  if (space.size) out += bar(used, all, sum_cells) + " ";
  return out + words;
}

std::string fleet_line(const Overview& overview, const Space& space) {
  const auto& held = overview.held;
  const auto& all = overview.offered;
  std::string out =
      share_text("cpu", held.cpu.value, all.cpu.value, to_string(held.cpu) + "/" + to_string(all.cpu), space);
  out += "  " + share_text("memory", held.memory.value, all.memory.value,
                           to_string(held.memory) + "/" + to_string(all.memory), space);
  if (all.gpus != 0 || held.gpus != 0) {
    out +=
        "  " + share_text("gpus", static_cast<std::int64_t>(held.gpus), static_cast<std::int64_t>(all.gpus),
                          std::to_string(held.gpus) + "/" + std::to_string(all.gpus), space);
  }
  return out;
}

std::string jobs_line(const Overview& overview) {
  std::string out = "jobs  " + std::to_string(overview.running) + " running";
  const auto add = [&](bool (*is_wanted_key)(std::string_view), const char* what) {
    const auto count = sum_of(overview.pending, is_wanted_key);
    if (count == 0) return;
    out += " · " + std::to_string(count) + what + ": " + counts_text(overview.pending, is_wanted_key);
  };
  add(is_still_waiting, " waiting");
  add(is_on_its_way, " starting");
  return out;
}

std::string ended_text(const EndedJobs& ended) {
  std::string out = std::to_string(ended.succeeded + ended.failed + ended.aborted);
  std::string bad;
  if (ended.failed != 0) bad += std::to_string(ended.failed) + " failed";
  if (ended.aborted != 0) bad += (bad.empty() ? "" : ", ") + std::to_string(ended.aborted) + " aborted";
  return bad.empty() ? out : out + " (" + bad + ")";
}

std::string endings_line(const Endings& endings) {
  auto out = "ended " + ended_text(endings.last_minute) + " in 1m · " + ended_text(endings.last_ten_minutes) +
             " in 10m";
  if (endings.counted_for < std::chrono::minutes{10})
    out += " · counted for " + say_span(endings.counted_for);
  return out;
}

std::string trouble_line(const TopPage& page, const Space& space) {
  if (page.trouble.empty() && page.age < fresh_for) return "";
  auto out = "no answer for " + say_span(page.age);
  if (!page.trouble.empty()) out += ": " + escape_control(page.trouble);
  return paint(out, Colour::red, space.colour);
}

// CPU and memory: what it uses of what is reserved for it.
std::string running_table(const std::vector<RunningJob>& jobs, WallTime now, const TableStyle& style) {
  const bool has_gpus = std::any_of(jobs.begin(), jobs.end(),
                                    [](const RunningJob& job) { return job.resources.gpu.has_value(); });
  std::vector<Column> columns{{"JOB", Align::right},     {"NAME", Align::left, 6},
                              {"IMAGE", Align::left, 7}, {"EXECUTOR", Align::left, 8},
                              {"RUNNING", Align::right}, {"CPU", Align::right},
                              {"MEMORY", Align::right}};
  if (has_gpus) columns.push_back({"GPUS", Align::right});
  Table table(std::move(columns));
  for (const auto& job : jobs) {
    const bool is_stopping = job.reason == Reason::stopping;
    auto time = job.started_at ? say_span(now - *job.started_at) : std::string("-");
    if (is_stopping) time = "stops " + time;
    const auto& gpu = job.resources.gpu;
    std::vector<Cell> row{{to_string(job.id)},
                          {job.name.value_or("-")},
                          {job.image},
                          {job.executor},
                          {std::move(time), is_stopping ? Colour::yellow : Colour::plain},
                          {say_used(job.cpu_used) + "/" + to_string(job.resources.cpu)},
                          {say_used(job.memory_used) + "/" + to_string(job.resources.memory)}};
    if (has_gpus) row.push_back({gpu ? std::to_string(gpu->count) : std::string("-")});
    table.add_row(std::move(row));
  }
  return table.render(style);
}

// How many of `known` items get a line each, of `total` that there are, in `room` lines: where not all fit,
// one is for how many are left out.
std::size_t shown_of(std::size_t known, std::size_t total, std::size_t room) {
  if (total <= room) return std::min(known, total);
  return std::min(known, room == 0 ? 0 : room - 1);
}

template <class Item>
std::vector<Item> first_of(const std::vector<Item>& items, std::size_t count) {
  return std::vector<Item>(items.begin(),
                           items.begin() + static_cast<std::ptrdiff_t>(std::min(count, items.size())));
}

void append_list(std::vector<std::string>& lines, const std::string& table, std::size_t left_out,
                 const Space& space) {
  auto rows = split_lines(table);
  std::move(rows.begin(), rows.end(), std::back_inserter(lines));
  if (left_out != 0)
    lines.push_back(paint("… and " + std::to_string(left_out) + " more", Colour::dim, space.colour));
}

// What each list gets of the lines that are left, beside its title.
struct Division {
  std::size_t executors = 0;
  std::size_t jobs = 0;
};

Division divide(std::size_t lines, std::size_t executors, std::size_t jobs) {
  Division rooms;
  const auto spared = lines - std::min(lines, jobs);
  rooms.executors = std::min(executors, std::max(lines / 2, spared));
  rooms.jobs = std::min(jobs, lines - rooms.executors);
  return rooms;
}

void add_lists(std::vector<std::string>& lines, const TopPage& page, const Space& space) {
  const auto& overview = page.overview;
  const auto executors = static_cast<std::size_t>(sum_of(overview.executor_states, is_any));
  const auto jobs = static_cast<std::size_t>(overview.running);
  Division rooms{executors, jobs};
  if (space.size) {
    const auto taken = lines.size() + 3;  // two titles and a blank line
    rooms = divide(space.size->rows - std::min(space.size->rows, taken), executors, jobs);
  }
  const auto shown_executors = shown_of(overview.executors.size(), executors, rooms.executors);
  const auto shown_jobs = shown_of(overview.running_jobs.size(), jobs, rooms.jobs);
  if (executors == 0) {
    lines.emplace_back("no executors: start one with `berth executor --redis URL`, or use `berth up`");
  } else {
    append_list(lines, executor_table(first_of(overview.executors, shown_executors), space.style()),
                executors - shown_executors, space);
  }
  lines.emplace_back();
  if (jobs == 0) {
    lines.emplace_back("nothing is running");
  } else {
    const auto now = overview.at + page.age;
    append_list(lines, running_table(first_of(overview.running_jobs, shown_jobs), now, space.style()),
                jobs - shown_jobs, space);
  }
}

}  // namespace

std::vector<std::string> top_lines(const TopPage& page, const std::optional<ScreenSize>& size, bool colour) {
  const Space space{size, colour};
  std::vector<std::string> lines;
  lines.push_back(top_title(page.overview, space));
  lines.push_back(fleet_line(page.overview, space));
  lines.push_back(jobs_line(page.overview));
  lines.push_back(endings_line(page.overview.endings));
  lines.push_back(trouble_line(page, space));
  add_lists(lines, page, space);
  if (!size) return lines;
  if (lines.size() > size->rows) lines.resize(size->rows);
  for (auto& line : lines) line = clip(line, size->columns);
  return lines;
}

}  // namespace berth::cli
