// The contract of the store (shared/store/store.hpp), told once and held against both: the fake that tests
// use, and Redis. The stories are in store_{jobs,executors,leader,logs}_test.cpp.
#pragma once

#include "tests/contract/store_fixture.hpp"

namespace berth::test {

enum class StoreKind { memory, redis };

class StoreContract : public ::testing::TestWithParam<StoreKind> {
 protected:
  void tell(Story story) {
    if (GetParam() == StoreKind::memory) {
      MemoryStore store(io_.get_executor(), clock_);
      run(io_, story(store));
      return;
    }
    // As the user of the documentation: what it may not, Berth must not need.
    static RedisServer server(documented_user(BERTH_SOURCE_DIR, "secret", "test"));
    static int cluster = 0;
    auto options = options_for(server, "test" + std::to_string(++cluster));
    options.url.user = "berth";
    options.url.password = "secret";
    RedisStore store(io_.get_executor(), std::move(options), clock_);
    const std::function<Task<>(RedisStore&)> with_redis = story;
    run(io_, tell_with_redis(store, with_redis));
  }

  asio::io_context io_;
  SystemClock clock_;
};

}  // namespace berth::test
