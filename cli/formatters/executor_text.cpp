#include "cli/formatters/executor_text.hpp"

#include "cli/formatters/key_value_page.hpp"
#include "cli/formatters/text.hpp"
#include "cli/formatters/words.hpp"
#include "cli/job_reference.hpp"
#include "shared/base/joined.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace berth::cli {
namespace {

Colour state_colour(ExecutorState state) {
  switch (state) {
    case ExecutorState::ready:
      return Colour::green;
    case ExecutorState::draining:
      return Colour::yellow;
    case ExecutorState::drained:
      return Colour::dim;
    case ExecutorState::lost:
      return Colour::red;
  }
  return Colour::plain;
}

std::string runtime_text(const RuntimeInfo& runtime) {
  std::string out = runtime.name;
  if (!runtime.version.empty()) out += " " + runtime.version;
  if (!runtime.healthy) out += " (unhealthy)";
  return out;
}

std::string place_text(const ExecutorStatus& executor) {
  std::string out = executor.region;
  if (!executor.datacenter.empty()) out += (out.empty() ? "" : "/") + executor.datacenter;
  return out.empty() ? "-" : out;
}

std::string gpu_trouble(const ExecutorStatus& executor, const std::string& uuid, const std::string& message) {
  std::string type;
  for (const auto& gpu : executor.capacity.gpus) {
    if (gpu.uuid == uuid) type = " (" + gpu.type + ")";
  }
  return "GPU " + uuid + type + " is out of use: " + message;
}

// "3 CPUs of 2": of what its jobs hold more than it offers now, after a start with less.
std::string held_beyond_capacity(const ExecutorStatus& executor) {
  const auto& held = executor.allocated;
  const auto& all = executor.capacity;
  std::string out;
  const auto add = [&](const std::string& text) { out += (out.empty() ? "" : ", ") + text; };
  if (held.cpu > all.cpu) add(to_string(held.cpu) + " CPUs of " + to_string(all.cpu));
  if (held.memory > all.memory) add(to_string(held.memory) + " of memory of " + to_string(all.memory));
  if (held.gpus > all.gpus.size())
    add(std::to_string(held.gpus) + " GPUs of " + std::to_string(all.gpus.size()));
  return out;
}

std::string gpus_text(const ExecutorStatus& executor) {
  if (executor.capacity.gpus.empty()) return "-";
  return std::to_string(executor.allocated.gpus) + "/" + std::to_string(executor.capacity.gpus.size());
}

std::string with_bar(std::int64_t used, std::int64_t all, std::size_t cells, const std::string& text) {
  return cells == 0 ? text : bar(used, all, cells) + " " + text;
}

// Which columns there are beside those of every table.
struct ExecutorColumns {
  bool usage = false;
  bool gpus = true;
  bool place = true;
};

// Where what is used is known, columns that would be empty make room for it.
ExecutorColumns columns_for(const std::vector<ExecutorStatus>& executors) {
  const auto any = [&](bool (*has)(const ExecutorStatus&)) {
    return std::any_of(executors.begin(), executors.end(), has);
  };
  ExecutorColumns columns;
  columns.usage = any([](const ExecutorStatus& executor) { return executor.memory_used.has_value(); });
  if (!columns.usage) return columns;
  columns.gpus = any([](const ExecutorStatus& executor) { return !executor.capacity.gpus.empty(); });
  columns.place = any([](const ExecutorStatus& executor) { return place_text(executor) != "-"; });
  return columns;
}

Table table_with_bars(const std::vector<ExecutorStatus>& executors, const ExecutorColumns& shown,
                      std::size_t cells) {
  const auto side = cells == 0 ? Align::right : Align::left;
  std::vector<Column> columns{{"NAME", Align::left, 10}, {"STATE"}, {"CPU", side}};
  if (shown.usage) columns.push_back({"USED", Align::right});
  columns.push_back({"MEMORY", side});
  if (shown.usage) columns.push_back({"USED", Align::right});
  if (shown.gpus) columns.push_back({"GPUS", Align::right});
  columns.push_back({"JOBS", Align::right});
  if (shown.place) columns.push_back({"PLACE", Align::left, 6});
  columns.push_back({"RUNTIME", Align::left, 8});
  Table table(std::move(columns));
  for (const auto& executor : executors) {
    const auto& held = executor.allocated;
    const auto& all = executor.capacity;
    std::vector<Cell> row{{executor.name},
                          {std::string(to_string(executor.state)), state_colour(executor.state)}};
    row.push_back(
        {with_bar(held.cpu.value, all.cpu.value, cells, to_string(held.cpu) + "/" + to_string(all.cpu))});
    if (shown.usage) row.push_back({say_used(executor.cpu_used)});
    row.push_back({with_bar(held.memory.value, all.memory.value, cells,
                            to_string(held.memory) + "/" + to_string(all.memory))});
    if (shown.usage) row.push_back({say_used(executor.memory_used)});
    if (shown.gpus) row.push_back({gpus_text(executor)});
    row.push_back({std::to_string(held.jobs)});
    if (shown.place) row.push_back({place_text(executor)});
    row.push_back({runtime_text(executor.runtime)});
    table.add_row(std::move(row));
  }
  return table;
}

// "nvidia/a100  40GiB  GPU-1234…", a line each.
void add_gpus(const std::vector<Gpu>& gpus, KeyValuePage& page) {
  for (const auto& gpu : gpus) page.add("gpu", gpu.type + ", " + to_string(gpu.memory) + ", " + gpu.uuid);
}

}  // namespace

std::string bar(std::int64_t used, std::int64_t all, std::size_t cells) {
  static constexpr std::array<std::string_view, 9> eighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
  if (all <= 0) return std::string(cells, ' ');
  const auto steps = static_cast<std::int64_t>(8 * cells);
  const auto share = static_cast<double>(std::clamp<std::int64_t>(used, 0, all)) / static_cast<double>(all);
  auto filled = static_cast<std::int64_t>(share * static_cast<double>(steps) + 0.5);
  if (used > 0) filled = std::max<std::int64_t>(filled, 1);
  if (used < all) filled = std::min(filled, steps - 1);
  std::string out;
  std::size_t width = 0;
  for (; filled > 0; filled -= 8, ++width)
    out += eighths[static_cast<std::size_t>(std::min<std::int64_t>(filled, 8))];
  for (; width < cells; ++width) out += "·";
  return out;
}

std::string executor_table(const std::vector<ExecutorStatus>& executors, const TableStyle& style) {
  const auto columns = columns_for(executors);
  auto table = table_with_bars(executors, columns, 0);
  if (!style.width) return table.render(style);
  for (const std::size_t cells : {8, 6, 4}) {
    auto candidate = table_with_bars(executors, columns, cells);
    if (candidate.least_width() <= *style.width) return candidate.render(style);
  }
  return table.render(style);
}

std::string executor_page(const ExecutorStatus& executor, const std::vector<JobId>& jobs, WallTime now,
                          const TableStyle& style) {
  constexpr std::size_t cells = 20;
  const auto& held = executor.allocated;
  const auto& all = executor.capacity;
  const auto draw = [&](std::int64_t used, std::int64_t whole) {
    return style.width && whole > 0 ? bar(used, whole, cells) + " " : "";
  };
  KeyValuePage page;
  page.line(paint("Executor " + escape_control(executor.name), Colour::bold, style.colour) + "  " +
            paint(to_string(executor.state), state_colour(executor.state), style.colour));
  page.add("runtime", runtime_text(executor.runtime));
  page.add("trouble", executor.runtime.message);
  page.add("cpu", draw(held.cpu.value, all.cpu.value) + to_string(held.cpu) + " of " + to_string(all.cpu));
  page.add("memory", draw(held.memory.value, all.memory.value) + to_string(held.memory) + " of " +
                         to_string(all.memory));
  if (!all.gpus.empty()) {
    const auto count = static_cast<std::int64_t>(all.gpus.size());
    page.add("gpus", draw(held.gpus, count) + std::to_string(held.gpus) + " of " + std::to_string(count));
  }
  add_gpus(all.gpus, page);
  if (executor.memory_used)
    page.add("used now", "cpu " + say_used(executor.cpu_used) + ", memory " + say_used(executor.memory_used));
  page.add("jobs", jobs.empty() ? std::to_string(held.jobs) : say_ids(jobs));
  page.add("region", executor.region);
  page.add("datacenter", executor.datacenter);
  page.add("labels", joined(executor.labels));
  page.add("images", joined(executor.runtime.images));
  page.add("volumes below", joined(executor.volume_paths));
  page.add("host", executor.host);
  page.add("kernel", executor.kernel);
  page.add("berth", executor.version);
  page.add("registered", say_when(executor.registered_at, now));
  return page.text();
}

std::string executor_troubles(const std::vector<ExecutorStatus>& executors) {
  std::string out;
  for (const auto& executor : executors) {
    const auto tell = [&](const std::string& trouble) {
      out += escape_control(executor.name) + ": " + escape_control(trouble) + "\n";
    };
    const auto& runtime = executor.runtime;
    if (!runtime.healthy && !runtime.message.empty()) tell(runtime.message);
    for (const auto& [uuid, message] : runtime.unhealthy_gpus) tell(gpu_trouble(executor, uuid, message));
    if (const auto more = held_beyond_capacity(executor); !more.empty()) {
      tell("holds more than it offers (" + more + "): nothing that needs it is placed there until jobs end");
    }
  }
  return out;
}

}  // namespace berth::cli
