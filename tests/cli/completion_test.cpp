#include "cli/completion.hpp"

#include "tests/cli/api_stub.hpp"
#include "tests/support/berth_process.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <sstream>

namespace berth::cli {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAreArray;

// A bash that has read the script, and is asked what it would offer.
class Bash {
 public:
  explicit Bash(const std::string& script) : path_(folder_.file("completion.bash", script)) {}

  // What Tab offers behind these words; the last one is what is being typed.
  std::vector<std::string> offers(const std::vector<std::string>& words) const {
    std::string command = "bash -c 'set -u; source " + path_ + "; COMP_WORDS=(";
    for (const auto& word : words) command += "\"" + word + "\" ";
    command += "); COMP_CWORD=" + std::to_string(words.size() - 1) +
               "; _berth; printf \"%s\\n\" \"${COMPREPLY[@]:-}\"' 2>&1";
    std::string output;
    FILE* pipe = ::popen(command.c_str(), "r");
    std::array<char, 4096> buffer{};
    while (pipe != nullptr && std::fgets(buffer.data(), buffer.size(), pipe) != nullptr)
      output += buffer.data();
    EXPECT_EQ(::pclose(pipe), 0) << output;
    std::vector<std::string> lines;
    std::istringstream stream(output);
    for (std::string line; std::getline(stream, line);) {
      if (!line.empty()) lines.push_back(line);
    }
    return lines;
  }

 private:
  test::TemporaryFolder folder_;
  std::string path_;
};

class Completion : public ::testing::Test {
 protected:
  Completion() {
    add_client_verbs(app, context);
    app.add_option("--url", context.url);
  }
  static std::vector<std::string> flags_of(const CommandTree& place) {
    std::vector<std::string> names;
    for (const auto& flag : place.flags) names.insert(names.end(), flag.names.begin(), flag.names.end());
    return names;
  }

  CLI::App app{"Berth", "berth"};
  Context context;
};

TEST_F(Completion, OffersEveryVerbAndEveryFlagThatTheParserKnows) {
  const auto tree = describe_command(app);
  const Bash bash(bash_completion(tree));
  std::vector<std::string> verbs;
  for (const auto& verb : tree.verbs) verbs.push_back(verb.name);
  EXPECT_THAT(verbs, Contains("run"));
  EXPECT_THAT(bash.offers({"berth", ""}), UnorderedElementsAreArray(verbs));
  for (const auto& verb : tree.verbs) {
    EXPECT_THAT(bash.offers({"berth", verb.name, "-"}), UnorderedElementsAreArray(flags_of(verb)))
        << verb.name;
  }
}

TEST_F(Completion, KnowsWhereOnTheLineItIs) {
  const Bash bash(bash_completion(describe_command(app)));
  EXPECT_EQ(bash.offers({"berth", "ab"}), std::vector<std::string>{"abort"});
  EXPECT_EQ(bash.offers({"berth", "--url", "http://a", "exec"}), std::vector<std::string>{"executors"});
  EXPECT_EQ(bash.offers({"berth", "executors", "sh"}), std::vector<std::string>{"show"});
  EXPECT_EQ(bash.offers({"berth", "run", "--detach", "--stop-t"}),
            std::vector<std::string>{"--stop-timeout"});
  EXPECT_TRUE(bash.offers({"berth", "run", "--name", ""}).empty()) << "a flag's value is the person's own";
  EXPECT_TRUE(bash.offers({"berth", "run", "--name", "-"}).empty());
  EXPECT_TRUE(bash.offers({"berth", "run", "busybox", "-"}).empty())
      << "what follows the image is not Berth's";
}

TEST_F(Completion, IsPrintedForEachShell) {
  EXPECT_THAT(berth({"completion", "bash"}).out,
              HasSubstr("complete -o bashdefault -o default -F _berth berth"));
  EXPECT_THAT(berth({"completion", "zsh"}).out, HasSubstr("#compdef berth"));
  const auto fish = berth({"completion", "fish"}).out;
  EXPECT_THAT(fish, HasSubstr("complete -c berth -f -n '__berth_at' -a run -d "));
  EXPECT_THAT(fish, HasSubstr("complete -c berth -n '__berth_in run' -s d -l detach -d "));
  const auto none = berth({"completion"});
  EXPECT_EQ(none.code, 2);
  EXPECT_THAT(none.err, HasSubstr("See `berth completion --help`"));
}

}  // namespace
}  // namespace berth::cli
