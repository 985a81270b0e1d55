// What the end-to-end tests share: Berth on this machine, offering two cores whatever the machine has.
#pragma once

#include "shared/codec/json.hpp"
#include "tests/support/berth_process.hpp"
#include "tests/support/docker_daemon.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace berth::test {

class EndToEnd : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = why_docker_is_unusable()) FAIL() << *why;
    up_ = std::make_unique<BerthUp>(BERTH_BINARY, std::vector<std::string>{"--cpu", "2", "--memory", "4GiB"});
  }

  // Every test ends with the same look: whatever happened in it, no container of its Berth is left.
  void TearDown() override {
    if (!up_) return;
    EXPECT_TRUE(up_->leaves_no_container());
    if (HasFailure()) ADD_FAILURE() << "the last words of berth up:\n" << up_->last_words();
  }

  Finished berth(std::vector<std::string> words, Milliseconds limit = patience) const {
    return up_->berth(std::move(words), limit);
  }
  // A verb that goes on while the test does something else.
  std::unique_ptr<Process> begin(std::vector<std::string> words) const {
    return std::make_unique<Process>(up_->command(std::move(words)), up_->variables());
  }
  json::value record(const std::string& job) const {
    return parse_json(berth({"show", "--json", job}).out).value();
  }

  std::unique_ptr<BerthUp> up_;
};

}  // namespace berth::test
