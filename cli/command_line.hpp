// A verb's flags, declared without pulling the parser's headers into every verb.
#pragma once

#include "cli/context.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace berth::cli {

class Verb {
 public:
  // A verb of the client's group, with the flags that all of them take: --json, --quiet, --url.
  Verb(CLI::App& app, Context& context, const std::string& name, const std::string& what);
  // A verb below a verb, `berth executors show`. What the upper one does by itself it does without a lower
  // one.
  Verb(Verb& upper, const std::string& name, const std::string& what);

  // `names` as in "-d,--detach"; `value` in help is what the flag wants ("SIZE"). Targets must outlive the
  // parse; a list takes one value each time its flag is given.
  void flag(const std::string& names, bool& target, const std::string& help);
  void option(const std::string& names, std::optional<std::string>& target, const std::string& value,
              const std::string& help);
  void list(const std::string& names, std::vector<std::string>& target, const std::string& value,
            const std::string& help);
  // Exactly one argument without a flag.
  void argument(const std::string& name, std::string& target, const std::string& help);
  // At least one argument without a flag.
  void arguments(const std::string& name, std::vector<std::string>& target, const std::string& help);
  // IMAGE, the first argument without a flag, and everything after it as it was typed, flags or not.
  void rest(std::vector<std::string>& target, const std::string& usage);
  void examples(const std::string& text);

  // It does nothing by itself: one of its lower verbs must be chosen.
  void needs_lower();
  // What the verb does: runs after everything was parsed.
  void action(std::function<int()> run);

 private:
  void add_common_flags();

  CLI::App* app_;
  Context* context_;
};

}  // namespace berth::cli
