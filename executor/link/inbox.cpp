#include "executor/link/inbox.hpp"

#include "executor/link/retry.hpp"
#include "shared/runtime/log_subject.hpp"

#include <utility>

namespace berth {

Inbox::Inbox(Store& store, std::string executor_name, Deliver deliver)
    : store_(store), name_(std::move(executor_name)), deliver_(std::move(deliver)) {}

Task<> Inbox::run() {
  StoreRetry retry;
  while (true) {
    const auto turn = turn_;
    auto entries = co_await store_.read_inbox(name_, position_, deadline_in(limits::store_block));
    co_await throw_if_cancelled();
    if (turn != turn_) continue;
    if (!entries) {
      if (!retry.has_failed())
        log_about({name_}, spdlog::level::warn, "{}: can't read the inbox: {}", name_,
                  entries.error().message);
      if (entries.error().kind == ErrorKind::conflict) {
        // What had been assigned meanwhile is found when the live attempts are read again
        // (ExecutorApp::reconcile).
        auto end = co_await store_.inbox_end(name_);
        if (end && turn == turn_) position_ = std::move(*end);
      }
      co_await retry.pause();
      continue;
    }
    retry.succeeded();
    if (is_held_) {
      co_await sleep_until(deadline_in(limits::store_first_retry));
      continue;
    }
    for (auto& entry : *entries) {
      position_ = std::move(entry.position);
      deliver_(std::move(entry.job));
    }
  }
}

void Inbox::go_on(std::string position) {
  position_ = std::move(position);
  is_held_ = false;
  ++turn_;
}

}  // namespace berth
