#include "executor/link/inbox.hpp"

#include "executor/link/retry.hpp"
#include "shared/runtime/log_subject.hpp"

#include <utility>

namespace berth {

Inbox::Inbox(Store& store, std::string executor_name, std::string position, Deliver deliver)
    : store_(store),
      name_(std::move(executor_name)),
      position_(std::move(position)),
      deliver_(std::move(deliver)) {}

Task<> Inbox::run() {
  StoreRetry retry;
  while (true) {
    auto entries = co_await store_.read_inbox(name_, position_, deadline_in(limits::store_block));
    co_await throw_if_cancelled();
    if (!entries) {
      if (!retry.has_failed())
        log_about({name_}, spdlog::level::warn, "{}: can't read the inbox: {}", name_,
                  entries.error().message);
      if (entries.error().kind == ErrorKind::conflict) {
        // What had been assigned meanwhile is found when the live attempts are read again
        // (ExecutorApp::reconcile).
        auto end = co_await store_.inbox_end(name_);
        if (end) position_ = std::move(*end);
      }
      co_await retry.pause();
      continue;
    }
    retry.succeeded();
    for (auto& entry : *entries) {
      position_ = std::move(entry.position);
      deliver_(std::move(entry.job));
    }
  }
}

}  // namespace berth
