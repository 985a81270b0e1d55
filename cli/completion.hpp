// Scripts that let shells complete `berth`'s verbs and flags, made from the parser itself, so that they know
// what it knows.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace berth::cli {

// What can be typed at one place of the command line.
struct CommandTree {
  struct Flag {
    std::vector<std::string> names;  // with their dashes: "-f", "--follow"
    std::string help;
    bool takes_value = false;
  };
  std::string name;
  std::string help;
  std::vector<Flag> flags;
  std::vector<CommandTree> verbs;
  bool takes_rest = false;  // what follows the first argument belongs to another command
};

CommandTree describe_command(const CLI::App& app);

std::string bash_completion(const CommandTree& berth);
std::string zsh_completion(const CommandTree& berth);
std::string fish_completion(const CommandTree& berth);

}  // namespace berth::cli
