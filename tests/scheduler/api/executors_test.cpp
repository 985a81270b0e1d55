#include "tests/scheduler/api/fixture.hpp"

namespace berth {
namespace {

using ListOfExecutors = test::ApiTest;

TEST_F(ListOfExecutors, IsInTheOrderInWhichPeopleCount) {
  for (const auto* name : {"exec10", "exec2", "exec1"}) {
    ExecutorInfo executor;
    executor.name = name;
    loop.run(store.register_executor(std::move(executor), 0)).value();
  }
  loop.run_until([&] { return get("/v1/executors").at("executors").as_array().size() == 3; });
  std::string names;
  const auto list = get("/v1/executors");
  for (const auto& executor : list.at("executors").as_array())
    names += std::string(executor.at("name").as_string()) + ' ';
  EXPECT_EQ(names, "exec1 exec2 exec10 ");
}

}  // namespace
}  // namespace berth
