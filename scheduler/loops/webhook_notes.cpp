#include "scheduler/loops/webhook_notes.hpp"

#include "shared/base/limits.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace berth {
namespace {

constexpr std::string_view job_prefix = "job/";

}  // namespace

std::string cluster_note(const std::string& url) { return "cluster/" + url; }

std::string job_note(JobId job, std::size_t index) {
  return std::string(job_prefix) + to_string(job) + '/' + std::to_string(index);
}

std::optional<JobTarget> parse_job_note(std::string_view name) {
  if (!name.starts_with(job_prefix)) return std::nullopt;
  name.remove_prefix(job_prefix.size());
  const auto slash = name.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto job = parse_job_id(name.substr(0, slash));
  const auto index = parse_integer<std::size_t>(name.substr(slash + 1));
  if (!job || !index) return std::nullopt;
  return JobTarget{*job, *index};
}

Task<Result<std::map<std::string, WebhookProgress>>> WebhookNotes::load() {
  auto noted = co_await store_.webhook_progress();
  if (!noted) co_return noted;
  changed_.clear();
  unsaved_.clear();
  known_.clear();
  for (const auto& [target, progress] : *noted) known_.insert(target);
  co_return noted;
}

void WebhookNotes::set(const std::string& target, WebhookProgress progress) {
  changed_[target] = std::move(progress);
}

void WebhookNotes::remove(const std::string& target) {
  if (known_.contains(target)) {
    changed_[target] = std::nullopt;
  } else {
    changed_.erase(target);
  }
}

Task<> WebhookNotes::save(Epoch epoch) {
  changed_.merge(unsaved_);  // what has changed again since counts
  unsaved_ = std::exchange(changed_, {});
  // In order of the names, and so the position of the jobs' events last: what it says to be filed is then
  // there.
  std::vector<std::vector<WebhookNote>> calls;
  for (const auto& [target, progress] : unsaved_) {
    if (calls.empty() || calls.back().size() == limits::max_batch) calls.emplace_back();
    calls.back().push_back({target, progress});
    if (progress) known_.insert(target);
  }
  for (auto& notes : calls) {
    const auto noted = co_await store_.note_webhooks(std::move(notes), epoch);
    if (!noted) {
      spdlog::debug("webhooks: {}", noted.error().message);
      co_return;
    }
  }
  for (const auto& [target, progress] : unsaved_) {
    if (!progress) known_.erase(target);
  }
  unsaved_.clear();
}

}  // namespace berth
