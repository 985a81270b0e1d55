#include "cli/completion.hpp"

#include "cli/command_line.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/formatters/terminal.hpp"

namespace berth::cli {
namespace {

using Generator = std::string (*)(const CommandTree&);

void add_shell(Verb& completion, CLI::App& app, const std::string& shell, Generator generate) {
  Verb verb(completion, shell, "For " + shell);
  verb.action([&app, generate] {
    say(generate(describe_command(app)));
    return exit_code::ok;
  });
}

}  // namespace

void add_completion(CLI::App& app, Context& context) {
  Verb verb(app, context, "completion", "Print the script that lets your shell complete berth's words");
  add_shell(verb, app, "bash", bash_completion);
  add_shell(verb, app, "zsh", zsh_completion);
  add_shell(verb, app, "fish", fish_completion);
  verb.examples(
      "bash: eval \"$(berth completion bash)\" in ~/.bashrc\nzsh:  eval \"$(berth completion zsh)\" in "
      "~/.zshrc\n"
      "fish: berth completion fish | source, in ~/.config/fish/config.fish");
  verb.needs_lower();
}

}  // namespace berth::cli
