#include "shared/runtime/logging.hpp"

#include "shared/runtime/log_subject.hpp"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <regex>
#include <string>

namespace berth::test {
namespace {

class Logging : public ::testing::Test {
 protected:
  ~Logging() override { static_cast<void>(setup_logging("info", "human")); }

  // What is written to standard error while two lines of different weight are logged.
  static std::string logged(const char* level, const char* format) {
    testing::internal::CaptureStderr();
    EXPECT_TRUE(setup_logging(level, format).has_value());
    spdlog::debug("a detail");
    spdlog::warn("it said \"{}\"", "no\n\x1b[31m\\");
    return testing::internal::GetCapturedStderr();
  }
};

TEST_F(Logging, JsonLinesHoldAnythingAndStayOneLineEach) {
  const std::string expected = R"(\{"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","level":"warn",)"
                               R"("message":"it said \\"no\\u000a\\u001b\[31m\\\\\\""\}\n)";
  const auto text = logged("info", "json");
  EXPECT_TRUE(std::regex_match(text, std::regex(expected))) << text;
}

TEST_F(Logging, JsonLinesCarryWhatTheyAreAbout) {
  testing::internal::CaptureStderr();
  EXPECT_TRUE(setup_logging("info", "json").has_value());
  log_about({"m\"1", JobId{12}, 3}, spdlog::level::warn, "{} is late", "it");
  log_about({.job = JobId{13}}, spdlog::level::info, "waits");
  spdlog::info("about nobody");
  const auto text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find(R"("level":"warn","executor":"m\"1","job":12,"attempt":3,"message":"it is late"})"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(R"("level":"info","job":13,"message":"waits"})"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("level":"info","message":"about nobody"})"), std::string::npos) << text;
}

TEST_F(Logging, HumanLinesHaveTimeAndLevel) {
  const auto text = logged("debug", "human");
  EXPECT_TRUE(
      std::regex_search(text, std::regex(R"(^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z debug a detail\n)")))
      << text;
  EXPECT_NE(text.find(" warn"), std::string::npos) << text;
}

TEST_F(Logging, WhatIsLessImportantThanTheLevelIsLeftOut) {
  EXPECT_EQ(logged("error", "json"), "");
  EXPECT_EQ(logged("off", "human"), "");
}

TEST_F(Logging, OtherWordsAreRefusedByField) {
  EXPECT_EQ(setup_logging("loud", "human").error().field, "--log-level");
  EXPECT_EQ(setup_logging("info", "xml").error().field, "--log-format");
}

}  // namespace
}  // namespace berth::test
