#include "scheduler/core/constraints.hpp"

#include "shared/base/joined.hpp"

#include <algorithm>
#include <tuple>

namespace berth {
namespace {

bool contains(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// "needs 4 CPUs, the most that an executor offers is 2", with one amount of the executors.
template <class Amount, class AmountOf>
std::string too_much(Amount wanted, const std::string& what, std::span<const ExecutorView* const> executors,
                     AmountOf amount_of) {
  Amount most = amount_of(*executors.front());
  for (const auto* executor : executors) most = std::max(most, amount_of(*executor));
  return "needs " + told_apart(wanted, most) + what + ", the most that an executor offers is " +
         told_apart(most, wanted);
}

}  // namespace

bool is_below(std::string_view path, std::string_view root) {
  while (root.size() > 1 && root.ends_with('/')) root.remove_suffix(1);
  if (root == "/") return path.starts_with('/');
  return path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
}

namespace constraints {

Fit Cpu::check(const Shape& shape, const ExecutorView& executor, const Free& free) {
  if (shape.resources.cpu <= free.cpu) return Fit::now;
  return shape.resources.cpu <= executor.info.capacity.cpu ? Fit::later : Fit::never;
}
std::string Cpu::explain(const Shape& shape, std::span<const ExecutorView* const> executors) {
  return too_much(shape.resources.cpu, " CPUs", executors,
                  [](const ExecutorView& e) { return e.info.capacity.cpu; });
}

Fit Memory::check(const Shape& shape, const ExecutorView& executor, const Free& free) {
  if (shape.resources.memory <= free.memory) return Fit::now;
  return shape.resources.memory <= executor.info.capacity.memory ? Fit::later : Fit::never;
}
std::string Memory::explain(const Shape& shape, std::span<const ExecutorView* const> executors) {
  return too_much(shape.resources.memory, " of memory", executors,
                  [](const ExecutorView& e) { return e.info.capacity.memory; });
}

Fit Gpus::check(const Shape& shape, const ExecutorView& executor, const Free& free) {
  if (!shape.resources.gpu) return Fit::now;
  const auto& request = *shape.resources.gpu;
  const auto& all = executor.info.capacity.gpus;
  const auto offered =
      std::count_if(all.begin(), all.end(), [&](const Gpu& gpu) { return is_wanted(request, gpu); });
  if (offered < request.count) return Fit::never;  // an unhealthy one counts: it may come back
  const auto usable = std::count_if(free.gpus.begin(), free.gpus.end(),
                                    [&](const Gpu* gpu) { return is_wanted(request, *gpu); });
  return usable >= request.count ? Fit::now : Fit::later;
}
std::string Gpus::explain(const Shape& shape, std::span<const ExecutorView* const>) {
  const auto& gpu = *shape.resources.gpu;
  return "needs " + std::to_string(gpu.count) + ' ' + gpu.type.value_or("") + (gpu.type ? " " : "") +
         "GPUs, which no executor has";
}

Fit Region::check(const Shape& shape, const ExecutorView& executor, const Free&) {
  const auto& wanted = shape.placement.regions;
  return wanted.empty() || contains(wanted, executor.info.region) ? Fit::now : Fit::never;
}
std::string Region::explain(const Shape& shape, std::span<const ExecutorView* const>) {
  return "wants region " + joined(shape.placement.regions) + ", in which no executor is";
}

Fit Datacenter::check(const Shape& shape, const ExecutorView& executor, const Free&) {
  const auto& wanted = shape.placement.datacenters;
  return wanted.empty() || contains(wanted, executor.info.datacenter) ? Fit::now : Fit::never;
}
std::string Datacenter::explain(const Shape& shape, std::span<const ExecutorView* const>) {
  return "wants datacenter " + joined(shape.placement.datacenters) + ", in which no executor is";
}

Fit Labels::check(const Shape& shape, const ExecutorView& executor, const Free&) {
  for (const auto& [name, value] : shape.placement.labels) {
    const auto found = executor.info.labels.find(name);
    if (found == executor.info.labels.end() || found->second != value) return Fit::never;
  }
  return Fit::now;
}
std::string Labels::explain(const Shape& shape, std::span<const ExecutorView* const>) {
  std::string wanted;
  for (const auto& [name, value] : shape.placement.labels)
    wanted += (wanted.empty() ? "" : ", ") + name + '=' + value;
  return "wants an executor labelled " + wanted + ", which none is";
}

Fit Volumes::check(const Shape& shape, const ExecutorView& executor, const Free&) {
  const auto& allowed = executor.info.volume_paths;
  const auto is_allowed = [&](const std::string& path) {
    return std::any_of(allowed.begin(), allowed.end(),
                       [&](const auto& root) { return is_below(path, root); });
  };
  return std::all_of(shape.host_paths.begin(), shape.host_paths.end(), is_allowed) ? Fit::now : Fit::never;
}
std::string Volumes::explain(const Shape& shape, std::span<const ExecutorView* const>) {
  return "mounts " + joined(shape.host_paths) +
         ", which no executor's operator allows (start the executor with --allow-volume DIR)";
}

Fit Health::check(const Shape&, const ExecutorView& executor, const Free&) {
  return executor.state == ExecutorState::ready && executor.info.runtime.healthy ? Fit::now : Fit::later;
}
std::string Health::explain(const Shape&, std::span<const ExecutorView* const>) {
  return "no executor is ready";
}

namespace {
using All = std::tuple<Labels, Region, Datacenter, Volumes, Gpus, Cpu, Memory, Health>;
}

Fit all(const Shape& shape, const ExecutorView& executor, const Free& free) {
  Fit worst = Fit::now;
  const auto look = [&]<class Constraint>(Constraint) {
    if (worst != Fit::never) worst = std::max(worst, Constraint::check(shape, executor, free));
  };
  std::apply([&](auto... constraint) { (look(constraint), ...); }, All{});
  return worst;
}

std::vector<Failure> failures(const Shape& shape, const ExecutorView& executor, const Free& free) {
  std::vector<Failure> failed;
  const auto look = [&]<class Constraint>(Constraint) {
    const auto fit = Constraint::check(shape, executor, free);
    if (fit != Fit::now) failed.push_back({Constraint::name, fit});
  };
  std::apply([&](auto... constraint) { (look(constraint), ...); }, All{});
  return failed;
}

std::string explain_never(const Shape& shape, std::span<const ExecutorView* const> executors) {
  std::string text;
  const auto look = [&]<class Constraint>(Constraint) {
    const bool nowhere = std::all_of(executors.begin(), executors.end(), [&](const ExecutorView* executor) {
      return Constraint::check(shape, *executor, free_of(*executor)) == Fit::never;
    });
    if (nowhere) text += (text.empty() ? "" : "; ") + Constraint::explain(shape, executors);
  };
  std::apply([&](auto... constraint) { (look(constraint), ...); }, All{});
  return text.empty() ? "no single executor has all that it needs" : text;
}

}  // namespace constraints
}  // namespace berth
