#include "tests/cli/api_stub.hpp"

namespace berth::cli {
namespace {

TEST(CommandLine, ExplainsWhatIsWrongInOneLineAndExitsWith2) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{}, "no verb was given"},
      {{"frob"}, "unknown verb frob. See"},
      {{"lgos", "1"}, "unknown verb lgos; did you mean logs?"},
      {{"executors", "dran", "a"}, "unknown verb dran; did you mean drain?"},
      {{"ls", "--frob"}, "unknown flag --frob. See"},
      {{"ls", "--wacth"}, "unknown flag --wacth; did you mean --watch? See"},
      {{"ls", "--stauts=FAILED"}, "; did you mean --status?"},
      {{"executors", "drain", "a", "--reson", "b"}, "; did you mean --reason?"},
      {{"logs", "7", "-x"}, "unknown flag -x. See"},
      {{"run", "--prioritty", "70", "busybox"}, "unknown flag --prioritty; did you mean --priority?"},
      {{"show"}, "JOB is required"},
      {{"show", "seven"}, "\"seven\" names no job"},
      {{"wait", "9-7"}, "goes backwards"},
      {{"wait", "7", "--wait-timeout", "soon"}, "--wait-timeout must be a duration"},
      {{"ls", "--status", "DONE"}, "--status must be PENDING"},
      {{"ls", "--limit", "0"}, "--limit must be a number from 1"},
      {{"logs", "7", "--tail", "some"}, "--tail must be a number of lines"},
      {{"run"}, "IMAGE is required"},
      {{"run", "--rm", "busybox"}, "unknown flag --rm: Berth always removes the container"},
      {{"run", "-m", "lots", "busybox"}, "--memory must be a size"},
      {{"run", "-m", "1k", "busybox"}, "--memory must be at least 6MiB, got 1KiB"},
      {{"run", "--cpus", "0", "busybox"}, "--cpus must be at least"},
      {{"run", "-e", "1A=2", "busybox"}, "--env "},
      {{"ls", "--json", "--quiet"}, "exclude each other"},
      {{"ls", "--url", "gopher://x"}, "gopher://x"},
      {{"submit", "/nowhere/jobs.yaml"}, "can't read /nowhere/jobs.yaml: No such file or directory"},
  };
  for (const auto& [words, complaint] : cases) {
    const auto outcome = berth(words);
    EXPECT_EQ(outcome.code, 2) << complaint;
    EXPECT_EQ(outcome.out, "") << complaint;
    EXPECT_NE(outcome.err.find(complaint), std::string::npos) << outcome.err;
    EXPECT_TRUE(outcome.err.starts_with("berth: ")) << outcome.err;
    EXPECT_EQ(outcome.err.find('\n'), outcome.err.size() - 1) << outcome.err;
  }
}

TEST(CommandLine, HasThePlacesWherePeopleLookForVersionAndHelp) {
  const auto version = berth({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_EQ(version.out, berth({"version"}).out);
  EXPECT_EQ(berth({"help"}).out, berth({"--help"}).out);
  EXPECT_EQ(berth({"help", "executors", "drain"}).out, berth({"executors", "drain", "--help"}).out);
  EXPECT_NE(berth({"executors", "--help"}).out.find("Verbs:\n"), std::string::npos);
}

TEST(CommandLine, HelpsOnStdout) {
  const auto all = berth({"--help"});
  EXPECT_EQ(all.code, 0);
  EXPECT_NE(all.out.find("Client:\n"), std::string::npos) << all.out;
  const auto run = berth({"run", "--help"});
  EXPECT_EQ(run.code, 0);
  EXPECT_NE(run.out.find("berth run [OPTIONS] IMAGE [COMMAND [ARG...]]"), std::string::npos) << run.out;
}

TEST(CommandLine, LeavesEverythingAfterTheImageToTheCommand) {
  ApiStub api;
  Job job;
  job.id = JobId{7};
  api.on("POST /v1/jobs", {record_of(job)});
  const auto outcome = berth({"run", "--url", api.url(), "-d", "-e", "A=1", "-e", "B=2", "busybox", "ls",
                              "-l", "--json", "-e", "--", "-d"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "7\n");
  const auto sent = from_json<JobDefinition>(parse_json(api.requests().at(0).body).value()).value();
  EXPECT_EQ(sent.image, "busybox");
  EXPECT_EQ(sent.command, (std::vector<std::string>{"ls", "-l", "--json", "-e", "--", "-d"}));
  EXPECT_EQ(sent.env, (std::map<std::string, std::string>{{"A", "1"}, {"B", "2"}}));
}

TEST(CommandLine, TakesVerbsNamesAsImageAndCommand) {
  ApiStub api;
  Job job;
  job.id = JobId{7};
  api.on("POST /v1/jobs", {record_of(job)});
  const auto outcome = berth({"run", "--url", api.url(), "-d", "show", "ls"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const auto sent = from_json<JobDefinition>(parse_json(api.requests().at(0).body).value()).value();
  EXPECT_EQ(sent.image, "show");
  EXPECT_EQ(sent.command, (std::vector<std::string>{"ls"}));
}

// BERTH_URL for one test.
class UrlInEnvironment {
 public:
  explicit UrlInEnvironment(const std::string& url) { ::setenv("BERTH_URL", url.c_str(), 1); }
  ~UrlInEnvironment() { ::unsetenv("BERTH_URL"); }
};

TEST(CommandLine, LetsAFlagBeatTheEnvironmentInEveryVerb) {
  ApiStub named;
  ApiStub other;
  Job job;
  job.id = JobId{7};
  named.on("POST /v1/jobs", {record_of(job)});
  named.on("GET /v1/jobs/7", {record_of(job)});
  const UrlInEnvironment environment(other.url());
  EXPECT_EQ(berth({"run", "--url", named.url(), "-d", "busybox"}).code, 0);
  EXPECT_EQ(berth({"--url", named.url(), "run", "-d", "busybox"}).code, 0);
  EXPECT_EQ(berth({"--url", other.url(), "run", "--url", named.url(), "-d", "busybox"}).code, 0)
      << "the nearer flag";
  EXPECT_EQ(berth({"show", "--url", named.url(), "7"}).code, 0);
  EXPECT_EQ(berth({"--url", named.url(), "show", "7"}).code, 0);
  EXPECT_TRUE(other.requests().empty());
  EXPECT_EQ(berth({"show", "7"}).code, 4) << "without a flag the variable counts";
  EXPECT_EQ(other.requests().size(), 1u);
}

}  // namespace
}  // namespace berth::cli
