// What a service is told by flag, environment, settings file or not at all; seen through --show-settings.
#include "tests/support/berth_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::test {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Settings : public ::testing::Test {
 protected:
  Finished show(std::vector<std::string> words, std::map<std::string, std::string> variables = {}) const {
    words.insert(words.begin(), BERTH_BINARY);
    words.emplace_back("--show-settings");
    variables.try_emplace("XDG_CONFIG_HOME", folder_.path().string());
    return Process(std::move(words), std::move(variables)).wait();
  }
  std::string write(std::string_view yaml) const { return folder_.file("s.yaml", yaml); }
  // The one line that a refused file gives, after "berth: FILE".
  std::string complaint(std::string_view yaml, std::string verb = "executor") const {
    const auto file = write(yaml);
    const auto shown = show({std::move(verb), "--redis", "redis://h", "--settings", file});
    EXPECT_EQ(shown.code, 2) << shown.out;
    const auto start = "berth: " + file;
    EXPECT_THAT(shown.err, StartsWith(start));
    EXPECT_EQ(shown.err.find('\n'), shown.err.size() - 1) << "one line: " << shown.err;
    return shown.err.substr(std::min(start.size(), shown.err.size()));
  }

  TemporaryFolder folder_;
};

TEST_F(Settings, AFlagIsStrongerThanTheEnvironmentAndThatThanTheFile) {
  const auto file = write("redis: redis://from-file\nregion: eu\ndatacenter: d1\ncpu: 2\nlog_level: warn\n");
  const std::vector<std::string> words{"executor", "--settings", file, "--region", "us"};
  const auto shown = show(words, {{"BERTH_REGION", "asia"}, {"BERTH_DATACENTER", "d2"}});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_THAT(shown.out, ContainsRegex("region: us +# --region\n"));
  EXPECT_THAT(shown.out, ContainsRegex("datacenter: d2 +# BERTH_DATACENTER\n"));
  EXPECT_THAT(shown.out, ContainsRegex("redis: redis://from-file +# " + file + ":1\n"));
  EXPECT_THAT(shown.out, ContainsRegex("cpu: 2 +# " + file + ":4\n"));
  EXPECT_THAT(shown.out, ContainsRegex("cluster: berth +# default\n"));
  EXPECT_THAT(shown.out, ContainsRegex("# memory: \\(measured\\) +# default\n"));
}

TEST_F(Settings, AServicesOwnSectionIsStrongerThanWhatIsForAll) {
  const auto file =
      write("executor:\n  name: e1\n  log_level: debug\nlog_level: warn\nscheduler: {name: s1}\n");
  const auto executor = show({"executor", "--redis", "redis://h", "--settings", file});
  EXPECT_THAT(executor.out, ContainsRegex("name: e1 +# " + file + ":2\n"));
  EXPECT_THAT(executor.out, ContainsRegex("log_level: debug +# " + file + ":3\n"));
  const auto scheduler = show({"scheduler", "--redis", "redis://h"}, {{"BERTH_SETTINGS", file}});
  EXPECT_THAT(scheduler.out, ContainsRegex("name: s1 +# " + file + ":5\n"));
  EXPECT_THAT(scheduler.out, ContainsRegex("log_level: warn +# " + file + ":4\n"));
}

TEST_F(Settings, ListsAndSwitchesCanBeGivenByAllWays) {
  const auto file =
      write("label: {rack: r7, disk: ssd}\nallow_volume: [/data, /scratch]\naccept_unsafe_redis: true\n");
  const auto shown = show({"executor", "--redis", "redis://h", "--settings", file});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("label: [rack=r7, disk=ssd] "));
  EXPECT_THAT(shown.out, HasSubstr("allow_volume: [/data, /scratch] "));
  EXPECT_THAT(shown.out, HasSubstr("accept_unsafe_redis: true "));
  const auto variables = show({"executor", "--redis", "redis://h"},
                              {{"BERTH_LABEL", "a=1,b=2"}, {"BERTH_ALLOW_VOLUME", "/x:/y"}});
  EXPECT_THAT(variables.out, HasSubstr("label: [a=1, b=2] "));
  EXPECT_THAT(variables.out, HasSubstr("allow_volume: [/x, /y] "));
  EXPECT_THAT(variables.out, HasSubstr("accept_unsafe_redis: false "));
}

TEST_F(Settings, WhatIsShownIsASettingsFileAgain) {
  const std::vector<std::string> words{"executor", "--redis", "redis://h", "--label", "a=1", "--cpu", "0.5"};
  const auto file = write(show(words).out);
  const auto again = show({"executor", "--settings", file});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_THAT(again.out, ContainsRegex("label: \\[a=1\\] +# " + file));
  EXPECT_THAT(again.out, ContainsRegex("cpu: 0.5 +# " + file));
}

TEST_F(Settings, PasswordsAreNotShown) {
  const auto shown = show({"scheduler"}, {{"BERTH_REDIS", "redis://ana:hush@h:1/2"}});
  EXPECT_THAT(shown.out, ContainsRegex("redis: redis://ana:\\*\\*\\*@h:1/2 +# BERTH_REDIS\n"));
  EXPECT_THAT(shown.out + shown.err, Not(HasSubstr("hush")));
}

TEST_F(Settings, WebhooksAreCheckedAndTheirSecretIsNotShown) {
  const auto secret = folder_.file("secret", "hush\n");
  const auto file = write(
      "webhook: [\"https://example.com/a,b\", \"http://10.0.0.1:8080/\"]\nwebhook_on: [FAILED, executor.*]\n"
      "webhook_allow: [public, 10.0.0.0/8]\nwebhook_secret_file: " +
      secret + "\n");
  const auto shown = show({"scheduler", "--redis", "redis://h", "--settings", file});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("https://example.com/a,b"));
  EXPECT_THAT(shown.out + shown.err, Not(HasSubstr("hush")));
  EXPECT_THAT(complaint("webhook: ftp://x\n", "scheduler"), StartsWith(":1: webhook: must be http://"));
  EXPECT_THAT(complaint("webhook_on: [BROKEN]\n", "scheduler"),
              StartsWith(":1: webhook_on: must be statuses"));
  EXPECT_THAT(complaint("webhook_allow: [10.0.0.0/99]\n", "scheduler"),
              StartsWith(":1: webhook_allow: must be"));
  EXPECT_THAT(complaint("webhook_secret_file: /nowhere\n", "scheduler"),
              StartsWith(":1: webhook_secret_file: can't be read"));
  EXPECT_THAT(complaint("webhook_ca: /nowhere\n", "scheduler"),
              StartsWith(":1: webhook_ca: the certificate authority in /nowhere can't be used"));
}

TEST_F(Settings, TheUsersOwnFileIsFound) {
  std::filesystem::create_directory(folder_.path() / "berth");
  folder_.file("berth/berth.yaml", "redis: redis://mine\n");
  const auto shown = show({"scheduler"});
  EXPECT_THAT(shown.out, HasSubstr("redis: redis://mine "));
}

TEST_F(Settings, AMistakeInAFileIsNamedWithItsLineAndWhatWasMeant) {
  EXPECT_EQ(complaint("cluster: c\nregoin: eu\n"), ":2: unknown setting \"regoin\"; did you mean region?\n");
  EXPECT_EQ(complaint("scheduler:\n  region: eu\n"), ":2: unknown setting \"region\" of `berth scheduler`\n");
  EXPECT_EQ(complaint("cpu: 1\nregion: eu\ncpu: 2\n").substr(0, 22), ":3: \"cpu\" is set twice");
  EXPECT_THAT(complaint("\ncpu: many\n"), StartsWith(":2: cpu: "));
  EXPECT_THAT(complaint("runtime: dcoker\n"), StartsWith(":1: runtime: "));
  EXPECT_EQ(complaint("region: [a, b]\n"), ":1: region: must be one value, not a list\n");
  EXPECT_THAT(complaint("cpu:\n"), HasSubstr(":1: \"cpu\" has no value"));
  EXPECT_THAT(complaint("a: [1\nb: 2\n"), HasSubstr("isn't YAML"));
  EXPECT_THAT(complaint("- cpu\n"), HasSubstr(":1: must be a map"));
  EXPECT_THAT(complaint("log_format: xml\n"), StartsWith(":1: log_format: must be human or json"));
  EXPECT_THAT(complaint("log_limit: 1GiB\n"),
              StartsWith(":1: log_limit: must be a size from 256KiB to 32MiB"));
  EXPECT_THAT(complaint("log_dir: logs\n"), StartsWith(":1: log_dir: must be an absolute path"));
  EXPECT_THAT(complaint("listen: nowhere\n", "scheduler"), StartsWith(":1: listen: must be HOST:PORT"));
}

TEST_F(Settings, AMistakeElsewhereIsNamedByItsFlagOrVariable) {
  const auto variable = show({"scheduler", "--redis", "redis://h"}, {{"BERTH_LISTEN", "nowhere"}});
  EXPECT_EQ(variable.code, 2);
  EXPECT_THAT(variable.err, StartsWith("berth: BERTH_LISTEN: must be HOST:PORT"));
  const auto flag = show({"scheduler", "--redis", "redis://h", "--listen", "nowhere"});
  EXPECT_EQ(flag.code, 2);
  EXPECT_THAT(flag.err, StartsWith("berth: --listen: must be HOST:PORT"));
  const auto nothing = show({"scheduler"});
  EXPECT_EQ(nothing.code, 2);
  EXPECT_THAT(nothing.err, StartsWith("berth: --redis: is required"));
  const auto file = show({"scheduler", "--settings", "/nowhere/berth.yaml"});
  EXPECT_EQ(file.code, 2);
  EXPECT_EQ(file.err, "berth: /nowhere/berth.yaml: can't be read: No such file or directory\n");
}

}  // namespace
}  // namespace berth::test
