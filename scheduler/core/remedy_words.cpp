#include "scheduler/core/remedy_words.hpp"

#include "scheduler/core/verdict.hpp"

#include <cstddef>
#include <optional>
#include <utility>

namespace berth {
namespace {

constexpr std::size_t endings_named = 10;

std::string where_words(const std::vector<std::string>& executors) {
  if (executors.size() == 1) return "on " + executors.front();
  return "on " + std::to_string(executors.size()) + " executors";
}

// "once job 41 has ended", "once jobs 41, 42 and 45 have ended", "once jobs 1, 2, … and 30 more have ended"
std::string ends_words(const std::vector<JobId>& jobs) {
  if (jobs.size() == 1) return "once job " + to_string(jobs.front()) + " has ended";
  std::string words = "once jobs " + to_string(jobs.front());
  for (std::size_t i = 1; i < jobs.size(); ++i) {
    if (i == endings_named && jobs.size() > endings_named + 1)
      return words + " and " + std::to_string(jobs.size() - i) + " more have ended";
    words += (i + 1 == jobs.size() ? " and " : ", ") + to_string(jobs[i]);
  }
  return words + " have ended";
}

// "with memory 48GiB", "without a GPU", "in any region": what a change of a definition's field means.
std::string change_words(const std::string& field, const std::optional<std::string>& value) {
  const std::string labels = "placement.labels.";
  if (field.starts_with(labels)) {
    const auto label = field.substr(labels.size());
    return value ? "with label " + label + "=" + *value : "without label " + label;
  }
  if (field == "resources.cpu") return "with " + *value + (*value == "1" ? " CPU" : " CPUs");
  if (field == "resources.memory") return "with memory " + *value;
  if (field == "resources.gpu") return "without a GPU";
  if (field == "resources.gpu.count") return "with " + *value + (*value == "1" ? " GPU" : " GPUs");
  if (field == "resources.gpu.type") return "with GPUs of type " + *value;
  if (field == "placement.regions") return value ? "in region " + *value : "in any region";
  if (field == "placement.datacenters") return value ? "in datacenter " + *value : "in any datacenter";
  return "with " + field + " " + value.value_or("unset");
}

}  // namespace

std::string in_words(const NeededChange& change) {
  const auto executor = change.executor.value_or("");
  const auto value = change.value.value_or("");
  switch (change.kind) {
    case ChangeKind::definition:
      return change_words(*change.field, change.value);
    case ChangeKind::job_ends:
      return ends_words({change.job.value_or(JobId{})});
    case ChangeKind::executor_resumes:
      return "once " + executor + " is resumed";
    case ChangeKind::runtime_recovers:
      return "once the container runtime of " + executor + " takes containers again";
    case ChangeKind::executor_returns:
      return "once " + executor + " is heard again";
    case ChangeKind::gpu_recovers:
      return "once GPU " + value + " of " + executor + " has recovered";
    case ChangeKind::executor_joins:
      return "once an executor joins with " + value;
    case ChangeKind::executor_allows:
      return "once " + executor + " allows to mount " + value + " (--allow-volume)";
    case ChangeKind::leader_comes:
      return "once a scheduler leads";
    case ChangeKind::time_passes:
      return "at " + value;
    case ChangeKind::attempt_proceeds:
      return "once " + executor + " has its container ready";
  }
  return "";
}

Remedy told(std::vector<NeededChange> changes, std::vector<std::string> executors) {
  std::string words;
  const auto add = [&](const std::string& more) { words += (words.empty() ? "" : " and ") + more; };
  std::vector<JobId> ending;
  for (const auto& change : changes) {
    if (change.kind == ChangeKind::job_ends) {
      ending.push_back(*change.job);
    } else {
      add(in_words(change));
    }
  }
  if (!ending.empty()) add(ends_words(ending));
  auto message = where_words(executors) + " " + words;
  return {std::move(message), std::move(changes), std::move(executors)};
}

std::string demands_of(const Shape& shape) {
  constexpr auto mebibyte = (1_MiB).value;
  const Bytes memory{(shape.resources.memory.value + mebibyte - 1) / mebibyte * mebibyte};
  std::string words = in_words(shape.resources.cpu) + ", " + size_text(memory) + " of memory";
  if (shape.resources.gpu) words += ", " + in_words(*shape.resources.gpu);
  if (!shape.placement.regions.empty()) words += ", region " + shape.placement.regions.front();
  if (!shape.placement.datacenters.empty()) words += ", datacenter " + shape.placement.datacenters.front();
  for (const auto& [name, value] : shape.placement.labels) words += ", label " + name + "=" + value;
  for (const auto& path : shape.host_paths) words += ", --allow-volume " + path;
  return words;
}

std::string size_text(Bytes bytes) {
  constexpr auto mebibyte = (1_MiB).value;
  constexpr auto gibibyte = (1_GiB).value;
  const bool is_whole = bytes.value % gibibyte == 0;
  return is_whole ? std::to_string(bytes.value / gibibyte) + "GiB"
                  : std::to_string(bytes.value / mebibyte) + "MiB";
}

}  // namespace berth
