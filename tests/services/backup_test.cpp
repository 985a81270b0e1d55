// `berth backup` and `berth restore`: what was in one Redis is in another afterwards, or nothing is.
#include "shared/base/file_descriptor.hpp"
#include "shared/codec/json.hpp"
#include "tests/support/berth_process.hpp"
#include "tests/support/fleet.hpp"
#include "tests/support/redis_server.hpp"

#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace berth::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

Finished berth(std::vector<std::string> words, std::string_view input = {}) {
  words.insert(words.begin(), BERTH_BINARY);
  return Process(std::move(words), {}, input).wait();
}

// The lines of a backup.
std::vector<json::value> lines_of(const std::string& file) {
  std::ifstream in(file);
  std::vector<json::value> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(parse_json(line).value());
  return lines;
}

// A scheduler and one simulated executor on a Redis, under the names of their own cluster.
class Cluster {
 public:
  explicit Cluster(const RedisServer& redis, const std::string& cores = "4") : redis_(redis), cores_(cores) {
    start();
  }

  void start() {
    scheduler_.emplace(service({"scheduler", "--name", "s1", "--listen", api_}));
    await([&] { return ask({"stats", "--json"}).at("leader").is_string(); });
    executor_.emplace(service({"executor", "--name", "m1", "--runtime", "simulated", "--cpu", cores_,
                               "--memory", "8GiB", "--log-level", "warn"}));
    await([&] { return !ask({"executors", "--json"}).at("executors").as_array().empty(); });
  }
  // In order, as an operator does.
  void stop() {
    for (auto* service : {&executor_, &scheduler_}) {
      (*service)->send(SIGTERM);
      (*service)->wait();
      service->reset();
    }
  }

  Finished run(std::vector<std::string> words) const {
    words.insert(words.begin(), BERTH_BINARY);
    return Process(std::move(words), variables()).wait();
  }
  std::map<std::string, std::string> variables() const { return {{"BERTH_URL", "http://" + api_}}; }
  json::value ask(std::vector<std::string> words) const {
    const auto answer = run(std::move(words));
    return parse_json(answer.code == 0 ? answer.out : R"({"leader":null,"executors":[]})").value();
  }
  std::string submit(std::vector<std::string> words) const {
    words.insert(words.begin(), {"run", "-d"});
    auto made = run(std::move(words));
    EXPECT_EQ(made.code, 0) << made.err;
    return made.out.substr(0, made.out.find('\n'));
  }
  std::string word(const std::string& job, const std::string& name) const {
    const auto record = ask({"show", "--json", job});
    const auto& value = record.at(name);
    return value.is_string() ? std::string(value.as_string()) : json::serialize(value);
  }
  void await_word(const std::string& job, const std::string& name, const std::string& value) const {
    await([&] { return word(job, name) == value; });
  }

 private:
  std::vector<std::string> service(std::vector<std::string> words) const {
    words.insert(words.begin(), BERTH_BINARY);
    words.insert(words.end(), {"--redis", redis_.url()});
    return words;
  }

  const RedisServer& redis_;
  std::string cores_;
  std::string api_ = "127.0.0.1:" + std::to_string(free_port());
  std::optional<Process> scheduler_;
  std::optional<Process> executor_;
};

class Backup : public testing::Test {
 protected:
  const TemporaryFolder folder_;
  const std::string file_ = folder_path() + "/cluster.backup";

  Finished backup(const RedisServer& redis) const { return berth({"backup", "--redis", redis.url(), file_}); }
  Finished restore(const RedisServer& redis, std::vector<std::string> more = {}) const {
    std::vector<std::string> words{"restore", "--redis", redis.url(), file_};
    words.insert(words.end(), more.begin(), more.end());
    return berth(std::move(words));
  }
  // A backup of a few jobs, for tests of what is done to the file.
  void make_small_backup() const {
    RedisServer redis;
    Cluster cluster(redis);
    for (int i = 0; i < 3; ++i)
      cluster.submit({"-e", "SIMULATE_OUTPUT=100", "busybox", "job" + std::to_string(i)});
    EXPECT_EQ(cluster.run({"wait", "1-3"}).code, 0);
    const auto taken = backup(redis);
    ASSERT_EQ(taken.code, 0) << taken.err;
  }
  std::string content() const {
    std::ifstream in(file_);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void replace_content(const std::string& text) const { std::ofstream(file_) << text; }
  // What restoring the file as it is complains of. Nothing may have been written.
  std::string refusal() const {
    RedisServer empty;
    const auto ended = restore(empty);
    EXPECT_EQ(ended.code, 2);
    EXPECT_THAT(ended.err, StartsWith("berth: "));
    EXPECT_EQ(empty.ask("DBSIZE"), ":0\r\n") << "nothing may be written";
    return ended.err;
  }
  std::string folder_path() const { return folder_.path(); }
};

// One job in every state that a cluster at rest can have, and one in each that only a moving one has.
TEST_F(Backup, ComesBackInAnEmptyRedis) {
  RedisServer before;
  std::map<std::string, json::value> ended;
  std::string output;
  {
    Cluster cluster(before, "4");
    cluster.submit({"--name", "good", "-e", "SIMULATE_OUTPUT=200000", "busybox", "a"});            // 1
    cluster.submit({"--name", "bad", "-e", "SIMULATE_EXIT=3", "--retries", "1", "busybox", "a"});  // 2
    cluster.submit({"-e", "SIMULATE_RUN=1h", "busybox", "\xc3\xa9t\xc3\xa9"});  // 3: aborted
    cluster.await_word("3", "status", "RUNNING");
    EXPECT_EQ(cluster.run({"abort", "--reason", "enough", "3"}).code, 0);
    for (const auto* job : {"1", "2", "3"})
      await([&] { return !cluster.ask({"show", "--json", job}).at("finished_at").is_null(); });
    for (const auto* job : {"1", "2", "3"}) ended[job] = cluster.ask({"show", "--json", job});
    output = cluster.run({"logs", "1"}).out;
    ASSERT_EQ(output.size(), 200'000u);

    cluster.submit(
        {"--name", "long", "-e", "SIMULATE_RUN=1h", "-e", "SIMULATE_OUTPUT=5000", "busybox"});  // 4
    cluster.await_word("4", "status", "RUNNING");
    const auto once = folder_path() + "/once.yaml";
    std::ofstream(once) << "{image: busybox, at_most_once: true, env: {SIMULATE_RUN: 1h}}\n";
    EXPECT_EQ(cluster.run({"submit", once}).code, 0);  // 5
    cluster.await_word("5", "status", "RUNNING");
    cluster.submit({"--cpus", "64", "busybox"});  // 6
    cluster.await_word("6", "reason", "UNSATISFIABLE");
    cluster.submit({"--cpus", "4", "--priority", "90", "busybox"});  // 7: waits for room
    EXPECT_EQ(cluster.word("7", "reason"), "QUEUED");
    cluster.submit({"--idempotency-key", "k1", "--cpus", "4", "busybox"});  // 8
    const auto taken = backup(before);
    EXPECT_EQ(taken.code, 0) << taken.err;
    EXPECT_THAT(taken.out, StartsWith("8 jobs, as they were at "));
  }

  RedisServer after;
  const auto back = restore(after);
  ASSERT_EQ(back.code, 0) << back.err;
  EXPECT_THAT(back.out, StartsWith("8 jobs are back, as they were at "));
  EXPECT_THAT(back.out, HasSubstr(" 2 of them were running "));

  Cluster cluster(after, "4");
  for (const auto& [job, record] : ended) EXPECT_EQ(cluster.ask({"show", "--json", job}), record) << job;
  EXPECT_EQ(cluster.run({"logs", "1"}).out, output);
  EXPECT_EQ(cluster.word("name:bad", "id"), "2");
  EXPECT_EQ(cluster.word("name:good", "id"), "1");

  // Those that ran: the attempt is over, its output is there, and the next one has a larger number.
  cluster.await_word("4", "status", "RUNNING");
  const auto four = cluster.ask({"show", "--json", "4"});
  EXPECT_EQ(four.at("attempt").as_int64(), 2);
  EXPECT_EQ(four.at("attempts").at(0).at("cause").as_string(), "EXECUTOR_LOST");
  EXPECT_EQ(cluster.run({"logs", "--attempt", "1", "4"}).out.size(), 5'000u);
  EXPECT_EQ(cluster.word("5", "status"), "FAILED");
  EXPECT_EQ(cluster.word("5", "cause"), "EXECUTOR_LOST");
  EXPECT_EQ(cluster.word("6", "status"), "PENDING");
  EXPECT_EQ(cluster.run({"abort", "4"}).code, 0);
  EXPECT_EQ(cluster.run({"wait", "7,8"}).code, 0) << "what waited runs";

  // Ids, keys and events go on.
  EXPECT_EQ(cluster.submit({"--idempotency-key", "k1", "--cpus", "4", "busybox"}), "8");
  EXPECT_EQ(cluster.submit({"busybox"}), "9");
  const auto events = cluster.run({"events", "--after", "0", "--json"}).out;
  EXPECT_THAT(events, HasSubstr("\"cluster.restored\""));
  EXPECT_LT(events.find("\"job.submitted\""), events.find("\"cluster.restored\""))
      << "what was before is there too";
}

// Every job's record is the one that its last event up to the backup's end tells of.
TEST_F(Backup, OfAMovingClusterIsAsOfOneInstant) {
  RedisServer redis;
  Cluster cluster(redis, "16");
  const auto jobs = folder_path() + "/jobs.yaml";
  std::string many;
  for (int i = 0; i < 400; ++i)
    many +=
        "---\n{image: busybox, resources: {cpu: 0.05, memory: 6MiB}, env: {SIMULATE_RUN: "
        "20ms, SIMULATE_OUTPUT: \"2000\"}}\n";
  std::ofstream(jobs) << many;
  EXPECT_EQ(cluster.run({"submit", jobs}).code, 0);
  const auto on_and_on = "while [ -e \"$1\" ]; do \"$0\" submit --quiet \"$1\" >/dev/null; done";
  Process load({"sh", "-c", on_and_on, BERTH_BINARY, jobs}, cluster.variables());
  std::size_t moved = 0;
  for (int round = 0; round < 3 || (moved == 0 && round < 10); ++round) {
    const auto taken = backup(redis);
    ASSERT_EQ(taken.code, 0) << taken.err;
    std::map<std::int64_t, std::int64_t> versions;
    std::map<std::int64_t, std::int64_t> told;
    std::map<std::int64_t, int> lines;
    for (const auto& line : lines_of(file_)) {
      const auto& object = line.as_object();
      if (const auto* id = object.if_contains("job")) {
        const auto& words = object.at("record").as_array();
        for (std::size_t i = 0; i < words.size(); i += 2) {
          if (words[i].as_string() == "version")
            versions[id->as_int64()] = std::stoll(std::string(words[i + 1].as_string()));
        }
        ++lines[id->as_int64()];
      } else if (object.contains("event")) {
        const auto event = parse_json(std::string(object.at("fields").at(1).as_string())).value();
        if (const auto* job = event.as_object().if_contains("job"))
          told[job->as_int64()] = event.at("version").as_int64();
      }
    }
    EXPECT_EQ(versions, told) << "round " << round;
    EXPECT_GE(versions.size(), 400u);
    moved += static_cast<std::size_t>(
        std::count_if(lines.begin(), lines.end(), [](const auto& job) { return job.second > 1; }));
  }
  std::filesystem::remove(jobs);
  load.wait();
  EXPECT_GT(moved, 0u) << "nothing changed while it was read: the test proved nothing";
  RedisServer after;
  const auto back = restore(after);
  EXPECT_EQ(back.code, 0) << back.err;
}

TEST_F(Backup, ThatWasCutOrChangedIsNoticedBeforeAnythingIsWritten) {
  make_small_backup();
  const auto whole = content();
  EXPECT_EQ(std::filesystem::status(file_).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  replace_content(whole.substr(0, whole.size() / 2));
  EXPECT_THAT(refusal(), HasSubstr("cut off"));
  replace_content(whole.substr(0, whole.rfind("{\"end\"")));
  EXPECT_THAT(refusal(), HasSubstr("cut off"));
  auto changed = whole;
  const auto place = changed.find("job1");
  ASSERT_NE(place, std::string::npos);
  changed[place] = 'b';
  replace_content(changed);
  EXPECT_THAT(refusal(), HasSubstr("checksum"));
  replace_content(whole + whole);
  EXPECT_THAT(refusal(), HasSubstr("something follows"));
  auto newer = whole;
  newer.replace(newer.find("\"berth_backup\":1"), 16, "\"berth_backup\":7");
  replace_content(newer);
  EXPECT_THAT(refusal(), HasSubstr("in format 7"));
  replace_content("{\"image\": \"busybox\"}\n");
  EXPECT_THAT(refusal(), HasSubstr("isn't a backup of Berth"));
  replace_content("\x1f\x8b rest");
  EXPECT_THAT(refusal(), HasSubstr("compressed"));
  replace_content("");
  EXPECT_THAT(refusal(), HasSubstr("isn't a backup of Berth"));
  std::filesystem::remove(file_);
  EXPECT_THAT(refusal(), HasSubstr("No such file"));
}

TEST_F(Backup, GoesThroughAPipe) {
  make_small_backup();
  const auto whole = content();
  RedisServer middle;
  const auto into = berth({"restore", "--redis", middle.url(), "-"}, whole);
  ASSERT_EQ(into.code, 0) << into.err;
  const auto out = berth({"backup", "--redis", middle.url(), "-"});
  EXPECT_EQ(out.code, 0);
  EXPECT_THAT(out.out, StartsWith("{\"berth_backup\":1"));
  EXPECT_THAT(out.err, StartsWith("3 jobs")) << "what a person reads isn't in between";
}

TEST_F(Backup, OnlyGoesIntoAnEmptyCluster) {
  make_small_backup();
  RedisServer used;
  {
    Cluster cluster(used);
    EXPECT_EQ(cluster.submit({"busybox"}), "1");
  }
  const auto size = used.ask("DBSIZE");
  const auto refused = restore(used);
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, StartsWith("berth: cluster \"berth\" isn't empty: "));
  EXPECT_THAT(refused.err, HasSubstr("--cluster NAME"));
  EXPECT_EQ(used.ask("DBSIZE"), size);
  const auto beside = restore(used, {"--cluster", "second", "--ids-above", "1000"});
  EXPECT_EQ(beside.code, 0) << beside.err;
  EXPECT_EQ(used.ask("GET {berth:second}:last_job"), "$4\r\n1000\r\n");
}

// Between its first and its last step nobody gets in, and one that was cut off is simply repeated.
TEST_F(Backup, ThatIsHalfBackKeepsTheClusterClosed) {
  make_small_backup();
  RedisServer redis;
  // As a restore leaves it that was killed: closed, and with something of another backup.
  EXPECT_EQ(redis.ask("HSET {berth:berth}:leader restoring another"), ":1\r\n");
  EXPECT_EQ(redis.ask("HSET {berth:berth}:job:77 version 1"), ":1\r\n");
  EXPECT_EQ(redis.ask("ZADD {berth:berth}:jobs:PENDING 77 77"), ":1\r\n");
  const auto early = berth({"scheduler", "--listen", "127.0.0.1:0", "--redis", redis.url()});
  EXPECT_EQ(early.code, 2);
  EXPECT_THAT(early.err, HasSubstr("let `berth restore` end, or repeat it"));
  EXPECT_EQ(backup(redis).code, 1) << "nor is it backed up";
  const auto back = restore(redis);
  ASSERT_EQ(back.code, 0) << back.err;
  EXPECT_EQ(redis.ask("EXISTS {berth:berth}:job:77"), ":0\r\n");
  Cluster cluster(redis);
  EXPECT_EQ(cluster.word("3", "status"), "SUCCEEDED");
}

TEST_F(Backup, SaysWhatStoodInItsWay) {
  make_small_backup();
  RedisServer redis;
  EXPECT_EQ(restore(redis).code, 0);
  const auto full = berth({"backup", "--redis", redis.url(), "/dev/full"});
  EXPECT_EQ(full.code, 1);
  EXPECT_EQ(full.err, "berth: can't write /dev/full: No space left on device\n");
  const auto nowhere = berth({"backup", "--redis", redis.url(), "/nowhere/x"});
  EXPECT_EQ(nowhere.code, 1);
  EXPECT_EQ(nowhere.err, "berth: can't write /nowhere/x.new: No such file or directory\n");
  const auto whole = content();
  {
    const FileDescriptor other(::open((file_ + ".new").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    ASSERT_EQ(::flock(other.get(), LOCK_EX), 0);
    const auto second = backup(redis);
    EXPECT_EQ(second.code, 1);
    EXPECT_THAT(second.err, HasSubstr("another backup does: let it end, or name another file"));
    EXPECT_TRUE(std::filesystem::exists(file_ + ".new")) << "it is the other's";
  }
  const auto gone = berth({"backup", "--redis", "redis://127.0.0.1:1", file_});
  EXPECT_EQ(gone.code, 3);
  EXPECT_THAT(gone.err, HasSubstr("connection refused"));
  EXPECT_EQ(content(), whole) << "the earlier backup is still there";
  EXPECT_FALSE(std::filesystem::exists(file_ + ".new"));
  EXPECT_EQ(berth({"restore", "--redis", "redis://127.0.0.1:1", file_}).code, 3);
  const auto nobody = berth({"backup", "--redis", redis.url(), "--cluster", "typo", file_});
  EXPECT_EQ(nobody.code, 1);
  EXPECT_THAT(nobody.err, HasSubstr("nothing to back up"));
  EXPECT_EQ(berth({"backup"}).code, 2);
  EXPECT_THAT(berth({"backup", "x"}).err, HasSubstr("--redis: is required"));
  EXPECT_THAT(berth({"restore", "--help"}).out, HasSubstr("--ids-above"));
}

}  // namespace
}  // namespace berth::test
