#include "cli/docker_flags.hpp"

#include <gtest/gtest.h>

namespace berth::cli {
namespace {

using namespace std::chrono_literals;

// A caller whose environment holds HOME only, and whose disk holds one file.
Surroundings a_caller(std::string file = "") {
  return {[](const std::string& name) {
            return name == "HOME" ? std::optional<std::string>("/home/ana") : std::nullopt;
          },
          [file](const std::string& path) -> Result<std::string> {
            if (path != "vars") return invalid("can't read " + path + ": No such file or directory");
            return file;
          }};
}

RunOptions busybox() {
  RunOptions options;
  options.image = "busybox";
  return options;
}

std::string complaint_about(const RunOptions& options) {
  const auto definition = to_definition(options, a_caller());
  return definition ? "no complaint" : definition.error().message;
}

TEST(DockerFlags, LeaveEverythingAtItsDefaultWhenAbsent) {
  JobDefinition expected;
  expected.image = "busybox";
  EXPECT_EQ(to_definition(busybox(), a_caller()).value(), expected);
}

TEST(DockerFlags, MeanWhatTheyMeanToDocker) {
  auto options = busybox();
  options.command = {"ls", "-l"};
  options.cpus = "0.5";
  options.memory = "512m";
  options.shm_size = "64k";
  options.volumes = {"/data:/in:ro"};
  options.ulimits = {"nofile=1024:2048"};
  options.labels = {"team=vision", "nightly"};
  options.network = "none";
  options.stop_timeout = "3";
  options.entrypoint = "";
  options.read_only = true;
  const auto d = to_definition(options, a_caller()).value();
  EXPECT_EQ(d.command, (std::vector<std::string>{"ls", "-l"}));
  EXPECT_EQ(d.resources.cpu, Millicores{500});
  EXPECT_EQ(d.resources.memory, 512_MiB);
  EXPECT_EQ(d.shm_size, 64_KiB);
  EXPECT_EQ(d.volumes, (std::vector<Volume>{{"/data", "/in", true}}));
  EXPECT_EQ(d.ulimits.at("nofile"), (Ulimit{1024, 2048}));
  EXPECT_EQ(d.labels, (std::map<std::string, std::string>{{"team", "vision"}, {"nightly", ""}}));
  EXPECT_EQ(d.network, Network::none);
  EXPECT_EQ(d.stop_grace, 3s);
  ASSERT_TRUE(d.entrypoint) << "an empty entrypoint clears the image's, which isn't the same as leaving it";
  EXPECT_TRUE(d.entrypoint->empty());
  EXPECT_TRUE(d.read_only);
}

TEST(DockerFlags, OfBerthItself) {
  auto options = busybox();
  options.timeout = "10m";
  options.queue_timeout = "1h";
  options.retries = "3";
  options.priority = "80";
  options.gpus = "nvidia/a100=2";
  options.constraints = {"disk=ssd"};
  const auto d = to_definition(options, a_caller()).value();
  EXPECT_EQ(d.timeout, 10min);
  EXPECT_EQ(d.queue_timeout, 1h);
  EXPECT_EQ(d.retries.max, 3u);
  EXPECT_EQ(d.priority, 80);
  EXPECT_EQ(d.resources.gpu, (GpuRequest{2, "nvidia/a100"}));
  EXPECT_EQ(d.placement.labels.at("disk"), "ssd");
  for (const auto* one : {"1", "count=1"}) {
    options.gpus = one;
    EXPECT_EQ(to_definition(options, a_caller())->resources.gpu, (GpuRequest{1, std::nullopt})) << one;
  }
}

TEST(DockerFlags, TakeAVariableWithoutValueFromTheCaller) {
  auto options = busybox();
  options.env = {"A=1", "B=x=y", "EMPTY=", "HOME", "NOT_SET", "A=2"};
  const auto d = to_definition(options, a_caller()).value();
  const std::map<std::string, std::string> expected{
      {"A", "2"}, {"B", "x=y"}, {"EMPTY", ""}, {"HOME", "/home/ana"}};
  EXPECT_EQ(d.env, expected);
}

TEST(DockerFlags, ReadEnvFilesAsDockerDoes) {
  auto options = busybox();
  options.env_files = {"vars"};
  options.env = {"B=flag"};
  const auto d = to_definition(options, a_caller("# comment\n\nA=\"kept\"\r\nB=file\nHOME\n  C=3")).value();
  const std::map<std::string, std::string> expected{
      {"A", "\"kept\""}, {"B", "flag"}, {"HOME", "/home/ana"}, {"C", "3"}};
  EXPECT_EQ(d.env, expected) << "quotes are literal, and --env beats the file";
  const auto bad = to_definition(options, a_caller("A=1\n=2\n"));
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message, "vars:2: must be NAME=VALUE or NAME, got \"=2\"");
}

TEST(DockerFlags, NameTheFlagThatIsWrong) {
  const auto with = [](auto member, auto value) {
    auto options = busybox();
    options.*member = value;
    return complaint_about(options);
  };
  using List = std::vector<std::string>;
  EXPECT_TRUE(with(&RunOptions::memory, "lots").starts_with("--memory must be a size"));
  EXPECT_TRUE(with(&RunOptions::cpus, "-1").starts_with("--cpus must be a number of cores"));
  EXPECT_TRUE(with(&RunOptions::timeout, "soon").starts_with("--timeout must be a duration"));
  EXPECT_TRUE(with(&RunOptions::network, "lan").starts_with("--network must be bridge, none or host"));
  EXPECT_TRUE(with(&RunOptions::gpus, "many").starts_with("--gpus must be a number or TYPE=NUMBER"));
  EXPECT_TRUE(with(&RunOptions::gpus, "all").starts_with("--gpus must say how many"));
  EXPECT_TRUE(with(&RunOptions::gpus, "device=0").starts_with("--gpus must say how many"));
  EXPECT_TRUE(with(&RunOptions::retries, "many").starts_with("--retries must be a whole number"));
  EXPECT_TRUE(with(&RunOptions::volumes, List{"data:/in"}).starts_with("--volume must be /host:/container"));
  EXPECT_TRUE(with(&RunOptions::env, List{"=x"}).starts_with("--env must be NAME=VALUE"));
  EXPECT_TRUE(with(&RunOptions::constraints, List{"ssd"}).starts_with("--constraint must be KEY=VALUE"));
  EXPECT_TRUE(with(&RunOptions::ulimits, List{"nofile"}).starts_with("--ulimit must be NAME=SOFT[:HARD]"));
  EXPECT_TRUE(with(&RunOptions::env_files, List{"gone"}).starts_with("--env-file can't read gone"));
}

}  // namespace
}  // namespace berth::cli
