// Models to JSON and back, and what is said of wrong input: field, reason, place.
#include "shared/codec/json.hpp"

#include "shared/codec/fields.hpp"
#include "shared/codec/yaml.hpp"
#include "shared/model/job.hpp"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace berth {
namespace {

using namespace std::chrono_literals;

Result<JobDefinition> definition(std::string_view text) {
  return from_json<JobDefinition>(parse_json(text).value());
}

// "field: message" of what is wrong with a definition.
std::string complaint(std::string_view text) {
  const auto result = definition(text);
  return result ? "nothing" : result.error().field + ": " + result.error().message;
}

JobDefinition everything() {
  JobDefinition d;
  d.name = "train";
  d.image = "registry.example.com:5000/team/app:1.2";
  d.entrypoint = {"/bin/sh", "-c"};
  d.command = {"echo", "a b"};
  d.env = {{"A", "1"}, {"EMPTY", ""}};
  d.working_dir = "/work";
  d.user = "1000:1000";
  d.read_only = true;
  d.shm_size = 64_MiB;
  d.ulimits = {{"nofile", {1024, 2048}}, {"core", {0, 0}}};
  d.resources = {Millicores{1500}, 2_GiB, GpuRequest{2, "nvidia/a100"}};
  d.placement = {{"eu", "us"}, {"dc1"}, {{"disk", "ssd"}}};
  d.volumes = {{"/data", "/in", true}, {"/out", "/out", false}};
  d.network = Network::none;
  d.priority = 0;
  d.timeout = 90min;
  d.queue_timeout = 250ms;
  d.stop_signal = "SIGINT";
  d.stop_grace = 0s;
  d.retries = {3, 5s, {Cause::oom, Cause::exit}};
  d.at_most_once = true;
  d.labels = {{"team", "blue"}};
  d.webhooks.push_back({"https://example.com/hook?x=1", {"FAILED", "job.started"}, "hush"});
  return d;
}

Job a_job() {
  Job job;
  job.id = JobId{42};
  job.definition = everything();
  job.status = JobStatus::failed;
  job.cause = Cause::oom;
  job.message = "memory limit was 2GiB";
  job.attempt = 1;
  job.attempts.push_back({1,
                          "one",
                          {"GPU-1"},
                          WallTime{1},
                          WallTime{2},
                          WallTime{3},
                          Cause::oom,
                          137,
                          "SIGKILL",
                          true,
                          2_MiB,
                          1'500ms,
                          "m",
                          "the only executor with room",
                          {WallTime{1}, WallTime{1}, WallTime{2}, WallTime{2}, WallTime{3}}});
  job.executor = "one";
  job.created_at = WallTime{1};
  job.finished_at = WallTime{3};
  job.exit_code = 137;
  job.oom_killed = true;
  job.version = 9;
  return job;
}

TEST(Json, EveryFieldOfADefinitionSurvivesTheWayThereAndBack) {
  for (const auto detail : {Detail::full, Detail::compact}) {
    const auto text = json::serialize(to_json(everything(), detail));
    EXPECT_EQ(*definition(text), everything()) << text;
  }
}

TEST(Json, TheCompactFormLeavesOutWhatIsDefault) {
  JobDefinition plain;
  plain.image = "busybox";
  EXPECT_EQ(json::serialize(to_json(plain, Detail::compact)), R"({"image":"busybox"})");
  const auto full = json::serialize(to_json(plain));
  EXPECT_NE(full.find(R"("resources":{"cpu":1,"memory":268435456,"gpu":null})"), std::string::npos) << full;
  EXPECT_NE(full.find(R"("stop_grace":"10s")"), std::string::npos) << full;
}

TEST(Json, AJobSurvivesAsJsonAndAsRedisFields) {
  EXPECT_EQ(*from_json<Job>(to_json(a_job())), a_job());
  EXPECT_EQ(*from_json<Job>(to_json(a_job(), Detail::compact)), a_job());
  EXPECT_EQ(*from_fields<Job>(to_fields(a_job())), a_job());
}

TEST(Json, RedisFieldsArePlainTextAndOnlyWhatDiffersFromTheDefault) {
  Job job;
  job.id = JobId{1};
  job.definition.image = "busybox";
  job.reason = Reason::queued;
  const FieldList expected{{"id", "1"}, {"definition", R"({"image":"busybox"})"}, {"reason", "QUEUED"}};
  EXPECT_EQ(to_fields(job), expected);
}

TEST(Json, SizesCoresAndDurationsAreTakenAsPeopleWriteThem) {
  const auto d =
      *definition(R"({"image":"x","resources":{"cpu":"0.5","memory":"2GB"},"timeout":90,"shm_size":1024})");
  EXPECT_EQ(d.resources.cpu, Millicores{500});
  EXPECT_EQ(d.resources.memory, Bytes{2'000'000'000});
  EXPECT_EQ(d.timeout, 90s);
  EXPECT_EQ(d.shm_size, Bytes{1024});
  EXPECT_EQ(definition(R"({"image":"x","resources":{"cpu":0.25}})")->resources.cpu, Millicores{250});
}

TEST(Json, ErrorsNameTheFieldAndTheReason) {
  EXPECT_EQ(complaint(R"({"image":"x","resources":{"memory":"1MiB"}})"),
            "resources.memory: must be at least 6MiB, got 1MiB");
  EXPECT_EQ(complaint(R"({"image":"x","resources":{"cpu":5000}})"),
            "resources.cpu: must be at most 1024, got 5000");
  EXPECT_EQ(complaint(R"({"image":"x","resources":{"cpu":0.0005}})").substr(0, 15), "resources.cpu: ");
  EXPECT_EQ(complaint("{}"), "image: is required");
  EXPECT_EQ(complaint(R"({"image":null})"), "image: is required");
  EXPECT_EQ(complaint(R"({"image":"x","imagee":"y"})"), "imagee: is unknown; did you mean image?");
  EXPECT_EQ(complaint(R"({"image":"x","resources":{"gpus":1}})"),
            "resources.gpus: is unknown; did you mean gpu?");
  EXPECT_EQ(complaint(R"({"image":"x","command":"ls"})"), "command: must be a list, got a string");
  EXPECT_EQ(complaint(R"({"image":"x","command":["ls",5]})"), "command[1]: must be a string, got a number");
  EXPECT_EQ(complaint(R"({"image":"x","env":{"A":1}})"), "env.A: must be a string, got a number");
  EXPECT_EQ(complaint(R"({"image":"x","env":{"BERTH_JOB_ID":"1"}})"),
            "env: names starting with BERTH_ are reserved, got \"BERTH_JOB_ID\"");
  EXPECT_EQ(complaint(R"({"image":"x","network":"mesh"})"),
            "network: must be one of bridge, none, host, got \"mesh\"");
  EXPECT_EQ(complaint(R"({"image":"x","priority":101})"), "priority: must be at most 100, got 101");
  EXPECT_EQ(complaint(R"({"image":"x","name":"Big"})").substr(0, 5), "name:");
  EXPECT_EQ(complaint(R"({"image":"x","volumes":["data:/data"]})").substr(0, 11), "volumes[0]:");
  EXPECT_EQ(complaint(R"({"image":"x","retries":{"on":["ABORTED"]}})"), "retries.on: can't retry on ABORTED");
  EXPECT_EQ(complaint("[]"), ": must be an object, got a list");
}

TEST(Json, AHugeEnvironmentValueIsRefusedAtSubmit) {
  // garden-runc#160: the kernel refuses it, and Docker starts a container that exits 1 without a word.
  JobDefinition d;
  d.image = "x";
  d.env["A"] = std::string(131'072, 'a');
  EXPECT_EQ(from_json<JobDefinition>(to_json(d)).error().field, "env");
  d.env["A"].resize(131'068);
  EXPECT_TRUE(from_json<JobDefinition>(to_json(d)));
}

TEST(Json, BrokenJsonNamesLineAndColumn) {
  EXPECT_EQ(parse_json("{\n  \"image\": busybox\n}").error().message.substr(0, 18), "line 2, column 12:");
  EXPECT_EQ(parse_json("").error().message.substr(0, 17), "line 1, column 1:");
  EXPECT_EQ(parse_json("{} x").error().message.substr(0, 17), "line 1, column 4:");
}

TEST(Json, ARecordFromALaterVersionIsReadWithoutWhatIsNewInIt) {
  auto value = to_json(a_job());
  value.get_object().emplace("shiny", true);
  value.get_object()["definition"].get_object().emplace("gloss", 1);
  EXPECT_EQ(*from_json<Job>(value), a_job());
}

TEST(Yaml, PlainValuesAreWhatTheFieldWants) {
  const auto jobs = parse_job_file(R"(
image: busybox
command: [sleep, 5]
user: 1000
env: {PORT: 8080, DEBUG: true, RATIO: 1.10, QUOTED: "007"}
resources: {cpu: 0.5, memory: 512MiB}
timeout: 1h30m
---
image: alpine
read_only: true
---
)",
                                   "jobs.yaml");
  ASSERT_TRUE(jobs) << jobs.error().message;
  ASSERT_EQ(jobs->size(), 2u);
  EXPECT_EQ(jobs->at(0).command, (std::vector<std::string>{"sleep", "5"}));
  EXPECT_EQ(jobs->at(0).user, "1000");
  EXPECT_EQ(jobs->at(0).env, (std::map<std::string, std::string>{
                                 {"PORT", "8080"}, {"DEBUG", "true"}, {"RATIO", "1.10"}, {"QUOTED", "007"}}));
  EXPECT_EQ(jobs->at(0).timeout, 90min);
  EXPECT_TRUE(jobs->at(1).read_only);
}

TEST(Yaml, JsonAndListsAreJobFilesToo) {
  EXPECT_EQ(parse_job_file(R"({"image": "busybox", "command": ["true"]})", "j")->size(), 1u);
  EXPECT_EQ(parse_job_file(R"([{"image": "a"}, {"image": "b"}])", "j")->size(), 2u);
  EXPECT_EQ(parse_job_file("jobs:\n- image: a\n- image: b\n", "j")->size(), 2u);
}

TEST(Yaml, ErrorsNameFileLineAndField) {
  const auto error = [](std::string_view text) { return parse_job_file(text, "jobs.yaml").error().message; };
  EXPECT_EQ(error("image: busybox\nresources:\n  memory: 1MiB\n"),
            "jobs.yaml:3:11: resources.memory: must be at least 6MiB, got 1MiB");
  EXPECT_EQ(error("image: a\n---\nimage: b\ncomand: [ls]\n"),
            "jobs.yaml:4:1: comand: is unknown; did you mean command?")
      << "at its name, not at its value";
  EXPECT_EQ(error("image: a\nimage: b\n"), "jobs.yaml:2:1: image: is given twice");
  EXPECT_EQ(error("image: [a\n").substr(0, 10), "jobs.yaml:");
  EXPECT_EQ(error("image: a\nname: caf\xe9\n"),
            "jobs.yaml:2: the byte 0xE9 is no UTF-8: save the file as UTF-8");
  EXPECT_EQ(error(""), "jobs.yaml: holds no job definition");
  EXPECT_EQ(error("- image: a\n- command: [x]\n"), "jobs.yaml:2:3: image: is required");
}

}  // namespace
}  // namespace berth
