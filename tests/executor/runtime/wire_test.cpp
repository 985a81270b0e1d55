// What Berth says to Docker and reads from it, without a daemon.
#include "executor/runtime/docker/wire.hpp"

#include "shared/codec/json.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace berth::docker {
namespace {

DaemonFacts facts() { return {"20.10.24", "1.41", "12-345-boot", 4, true}; }

const InitLaunch launch{"/state/berth-main-42-3", {"/bin/sh", "-c", "echo hi"}};

ContainerSpec full_spec() {
  ContainerSpec spec;
  spec.identity = {"main", "box", JobId{42}, 3};
  auto& definition = spec.definition;
  definition.image = "alpine:3";
  definition.entrypoint = {{"/bin/sh", "-c"}};
  definition.command = {"echo hi"};
  definition.env = {{"B", "2"}, {"A", "1"}};
  definition.working_dir = "/work";
  definition.user = "1000:1000";
  definition.read_only = true;
  definition.shm_size = 1_MiB;
  definition.ulimits = {{"nofile", {10, 20}}};
  definition.resources.cpu = Millicores{1500};
  definition.resources.memory = 512_MiB;
  definition.volumes = {{"/data", "/in", true}};
  definition.network = Network::none;
  definition.stop_signal = "SIGINT";
  spec.berth_env = {{"BERTH_JOB_ID", "42"}};
  return spec;
}

TEST(DockerWire, TheNameSaysWhichAttemptItIs) {
  EXPECT_EQ(container_name(full_spec().identity), "berth-main-42-3");
}

TEST(DockerWire, EveryFieldOfTheDefinitionIsInTheCreateBody) {
  const auto body = json::parse(create_body(full_spec(), facts(), launch));
  const auto expected = json::parse(R"({
    "Image": "alpine:3", "Entrypoint": ["/.berth/init"], "Cmd": ["/bin/sh", "-c", "echo hi"],
    "Env": ["A=1", "B=2", "BERTH_JOB_ID=42"], "WorkingDir": "/work", "User": "1000:1000", "StopSignal": "SIGINT",
    "Labels": {"berth.cluster": "main", "berth.executor": "box", "berth.job": "42", "berth.attempt": "3",
               "berth.daemon": "12-345-boot"},
    "HostConfig": {
      "Memory": 536870912, "MemorySwap": 536870912, "NanoCpus": 1500000000, "PidsLimit": 16384,
      "ReadonlyRootfs": true, "ShmSize": 1048576, "NetworkMode": "none", "Init": false, "AutoRemove": false,
      "RestartPolicy": {"Name": "no"}, "SecurityOpt": ["no-new-privileges"], "CapDrop": ["ALL"],
      "CapAdd": ["AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETGID",
                 "SETPCAP", "SETUID", "SYS_CHROOT"],
      "LogConfig": {"Type": "local", "Config": {"max-size": "1g", "max-file": "2", "compress": "false"}},
      "Ulimits": [{"Name": "nofile", "Soft": 10, "Hard": 20}],
      "Mounts": [{"Type": "bind", "Source": "/state/berth-main-42-3", "Target": "/.berth", "ReadOnly": true},
                 {"Type": "bind", "Source": "/data", "Target": "/in", "ReadOnly": true}]}})");
  EXPECT_EQ(body, expected) << body;
  EXPECT_EQ(create_body(full_spec(), facts(), launch), create_body(full_spec(), facts(), launch));
}

TEST(DockerWire, WhatIsNotAskedForIsLeftToTheImage) {
  ContainerSpec spec;
  spec.definition.image = "alpine";
  const auto body = json::parse(create_body(spec, facts(), launch)).as_object();
  for (const auto* name : {"WorkingDir", "User"}) EXPECT_FALSE(body.contains(name)) << name;
}

// As `docker run` does with --entrypoint and arguments.
TEST(DockerWire, TheCommandIsWhatDockerWouldRun) {
  using Words = std::vector<std::string>;
  const auto image =
      parse_image_command(R"({"Config": {"Entrypoint": ["/entry"], "Cmd": ["serve", "--fast"]}})").value();
  JobDefinition definition;
  EXPECT_TRUE(needs_image_command(definition));
  EXPECT_EQ(command_of(definition, image).value(), (Words{"/entry", "serve", "--fast"}));
  definition.command = {"check"};
  EXPECT_EQ(command_of(definition, image).value(), (Words{"/entry", "check"}));
  definition.entrypoint = Words{"sh", "-c"};
  EXPECT_FALSE(needs_image_command(definition));
  EXPECT_EQ(command_of(definition, image).value(), (Words{"sh", "-c", "check"}));
  definition.entrypoint = Words{};
  EXPECT_EQ(command_of(definition, image).value(), Words{"check"}) << "the image's is cleared";
  definition.command.clear();
  EXPECT_EQ(command_of(definition, image).error().field, "command");
  EXPECT_TRUE(parse_image_command(R"({"Config": {"Entrypoint": null, "Cmd": null}})")->command.empty());
}

TEST(DockerWire, InitIsToldWhatTheDefinitionSays) {
  JobDefinition definition;
  EXPECT_EQ(go_for(definition).timeout_ms, 0);
  definition.timeout = Milliseconds{1500};
  definition.stop_signal = "SIGINT";
  definition.stop_grace = Milliseconds{2000};
  const auto go = go_for(definition);
  EXPECT_EQ(go.version, static_cast<std::uint32_t>(BERTH_INIT_VERSION));
  EXPECT_EQ(go.timeout_ms, 1500);
  EXPECT_EQ(go.stop_signal, 2);
  EXPECT_EQ(go.grace_ms, 2000);
}

TEST(DockerWire, TheCpuQuotaIsWhatTheDaemonCanGive) {
  auto spec = full_spec();
  spec.definition.resources.cpu = Millicores{64'000};
  EXPECT_EQ(json::parse(create_body(spec, facts(), launch)).at("HostConfig").at("NanoCpus"), 4'000'000'000);
  auto without = facts();
  without.has_cpu_quota = false;
  EXPECT_FALSE(
      json::parse(create_body(spec, without, launch)).at("HostConfig").as_object().contains("NanoCpus"));
}

TEST(DockerWire, AContainerSeesTheGpusOfItsAttemptAndNoOthers) {
  ContainerSpec spec;
  spec.nvidia_gpus = {"GPU-1", "GPU-2"};
  const auto nvidia = json::parse(create_body(spec, facts(), launch)).at("HostConfig").as_object();
  EXPECT_EQ(nvidia.at("DeviceRequests"), json::parse(R"([
    {"Driver": "nvidia", "DeviceIDs": ["GPU-1", "GPU-2"], "Capabilities": [["gpu"]]}])"));
  EXPECT_FALSE(nvidia.contains("Devices"));
  spec = {};
  spec.device_nodes = {"/dev/kfd", "/dev/dri/renderD128"};
  spec.device_groups = {110};
  const auto amd = json::parse(create_body(spec, facts(), launch)).at("HostConfig").as_object();
  EXPECT_EQ(amd.at("Devices"), json::parse(R"([
    {"PathOnHost": "/dev/kfd", "PathInContainer": "/dev/kfd", "CgroupPermissions": "rwm"},
    {"PathOnHost": "/dev/dri/renderD128", "PathInContainer": "/dev/dri/renderD128",
     "CgroupPermissions": "rwm"}])"));
  EXPECT_EQ(amd.at("GroupAdd"), json::parse(R"(["110"])"));
  EXPECT_FALSE(amd.contains("DeviceRequests"));
}

// --- the daemon ---

constexpr std::string_view info = R"({"NCPU": 8, "CpuCfsQuota": true, "InitBinary": "docker-init",
  "DockerRootDir": "/var/lib/docker", "ID": "ABCD:EFGH"})";

std::string version(std::string_view newest, std::string_view oldest, std::string_view component) {
  return R"({"Version": "99", "ApiVersion": ")" + std::string(newest) + R"(", "MinAPIVersion": ")" +
         std::string(oldest) + R"(", "Components": [{"Name": ")" + std::string(component) + R"("}]})";
}

TEST(DockerWire, SpeaksTheOldestVersionThatBothKnow) {
  EXPECT_EQ(parse_facts(version("1.41", "1.12", ""), info)->api_version, "1.41");
  EXPECT_EQ(parse_facts(version("1.50", "1.24", ""), info)->api_version, "1.41");
  EXPECT_EQ(parse_facts(version("1.52", "1.44", ""), info)->api_version, "1.44");
}

TEST(DockerWire, ADaemonThatIsTooOldIsRefusedWithWhatToDo) {
  const auto facts = parse_facts(version("1.40", "1.12", ""), info);
  ASSERT_FALSE(facts);
  EXPECT_EQ(facts.error().kind, ErrorKind::refused);
  EXPECT_EQ(
      facts.error().message,
      "Docker 99 speaks the Engine API up to 1.40, and Berth needs 1.41: install Docker 20.10 or later");
}

TEST(DockerWire, KnowsWhatTheDaemonHas) {
  EXPECT_EQ(parse_facts(version("1.41", "1.12", "runc"), info)->cpus, 8);
  EXPECT_EQ(parse_facts(version("1.41", "1.12", "runc"), info)->root, "/var/lib/docker");
  EXPECT_EQ(parse_facts(version("1.41", "1.12", "runc"), info)->id, "ABCD:EFGH");
}

// --- containers ---

std::string inspected(std::string_view state) {
  return R"({"Id": "f0a28b", "Name": "/berth-main-42-3", "State": )" + std::string(state) +
         R"(, "Path": "/.berth/init",
    "Config": {"Labels": {"berth.cluster": "main", "berth.executor": "box", "berth.job": "42",
                          "berth.attempt": "3", "berth.daemon": "12-345-boot"}}})";
}

TEST(DockerWire, AnExitedContainer) {
  const auto found =
      parse_inspection(inspected(R"({"Status": "exited", "ExitCode": 137, "OOMKilled": true, "Error": "",
    "StartedAt": "2026-01-02T03:04:05.678901234Z", "FinishedAt": "2026-01-02T03:04:06Z"})"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->state.identity, full_spec().identity);
  EXPECT_EQ(found->state.phase, ContainerPhase::exited);
  EXPECT_EQ(found->state.exit_code, 137);
  EXPECT_TRUE(found->state.oom_killed);
  EXPECT_EQ(to_string(*found->state.started_at), "2026-01-02T03:04:05.678Z");
  EXPECT_EQ(to_string(*found->state.finished_at), "2026-01-02T03:04:06.000Z");
  EXPECT_EQ(found->incarnation, "12-345-boot");
  EXPECT_TRUE(found->has_init);
  EXPECT_EQ(found->pid, 0);
}

TEST(DockerWire, SaysWhereAContainersProcessesAre) {
  const auto found = parse_inspection(inspected(R"({"Status": "running", "Pid": 4711})"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->pid, 4711);
  EXPECT_EQ(found->id, "f0a28b");
  EXPECT_EQ(parse_created_id(R"({"Id": "f0a28b", "Warnings": []})"), "f0a28b");
  EXPECT_EQ(parse_created_id("<html>"), "");
}

TEST(DockerWire, AFailedStartIsNoExit) {
  const auto found =
      parse_inspection(inspected(R"({"Status": "created", "ExitCode": 127, "Error": "no such command",
    "StartedAt": "0001-01-01T00:00:00Z", "FinishedAt": "0001-01-01T00:00:00Z"})"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->state.phase, ContainerPhase::created);
  EXPECT_EQ(found->state.exit_code, std::nullopt);
  EXPECT_EQ(found->state.error, "no such command");
  EXPECT_EQ(found->state.started_at, std::nullopt);
}

TEST(DockerWire, AContainerWithoutBerthsLabelsIsNeverTaken) {
  const auto found =
      parse_inspection(R"({"Name": "/berth-main-1-1", "Config": {"Labels": null}, "State": {}})");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::conflict);
}

TEST(DockerWire, AListKeepsItsOwnAndKnowsEveryPhase) {
  const auto entry = [](std::string_view job, std::string_view state) {
    return R"({"State": ")" + std::string(state) +
           R"(", "Labels": {"berth.cluster": "main", "berth.executor": "box",
           "berth.attempt": "1", "berth.job": ")" +
           std::string(job) + R"("}})";
  };
  const auto listed =
      parse_list("[" + entry("1", "created") + "," + entry("2", "paused") + "," + entry("3", "dead") + "," +
                 entry("not a number", "running") + R"(,{"State": "running"}])");
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 3u);
  EXPECT_EQ((*listed)[0].phase, ContainerPhase::created);
  EXPECT_EQ((*listed)[1].phase, ContainerPhase::running);
  EXPECT_EQ((*listed)[2].phase, ContainerPhase::exited);
  EXPECT_FALSE(parse_list("{}"));
  EXPECT_FALSE(parse_list("<html>"));
}

// --- references and words ---

TEST(Images, AreTheirTagsElseTheirDigestsWithTheirSizes) {
  const auto body = R"([
    {"Id": "sha256:1", "Size": 4000, "RepoTags": ["busybox:latest", "box:5000/tools:v2"],
     "RepoDigests": ["busybox@sha256:aa"]},
    {"Id": "sha256:2", "Size": 7, "RepoTags": ["<none>:<none>"], "RepoDigests": ["team/train@sha256:bb"]},
    {"Id": "sha256:3", "Size": 9, "RepoTags": null, "RepoDigests": ["<none>@<none>"]}])";
  const std::map<std::string, Bytes> images{{"box:5000/tools:v2", Bytes{4000}},
                                            {"docker.io/library/busybox:latest", Bytes{4000}},
                                            {"docker.io/team/train@sha256:bb", Bytes{7}}};
  EXPECT_EQ(parse_images(body), images);
  EXPECT_TRUE(parse_images("none").empty());
}

}  // namespace
}  // namespace berth::docker
