#include "cli/command_line.hpp"

#include "cli/exit_code.hpp"
#include "cli/main.hpp"
#include "shared/base/closest_name.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

namespace berth::cli {
namespace {

// What docker's users may type by habit, and why Berth doesn't have it.
std::string habit_hint(const std::string& flag) {
  static const std::vector<std::pair<std::string, std::string>> hints{
      {"--rm", "Berth always removes the container and keeps record and logs: leave it out"},
      {"-i", "stdin isn't forwarded to jobs: leave it out"},
      {"-t", "jobs have no terminal: leave it out"},
      {"-it", "jobs have no terminal and no stdin: leave it out"},
      {"-ti", "jobs have no terminal and no stdin: leave it out"},
      {"-p", "jobs publish no ports; --network host shares the machine's"},
  };
  for (const auto& [name, hint] : hints) {
    if (flag == name) return ": " + hint;
  }
  return "";
}

// The library's help with a usage line of one's own.
class HelpWithUsage : public CLI::Formatter {
 public:
  explicit HelpWithUsage(std::string usage) : usage_(std::move(usage)) {}
  std::string make_usage(const CLI::App*, std::string) const override { return "Usage: " + usage_ + "\n"; }

 private:
  std::string usage_;
};

void complain(const std::string& line) { std::fprintf(stderr, "berth: %s\n", line.c_str()); }

std::string unknown_verb(const CLI::App& place, const std::string& name) {
  std::vector<std::string_view> known;
  for (const auto* verb : place.get_subcommands([](const CLI::App*) { return true; }))
    known.push_back(verb->get_name());
  return "unknown verb " + name + did_you_mean(name, known);
}

// "; did you mean --watch?", or nothing. Only flags of more than one letter are like others.
std::string similar_flag(const CLI::App& place, std::string_view typed) {
  typed.remove_prefix(std::min(typed.find_first_not_of('-'), typed.size()));
  typed = typed.substr(0, typed.find('='));
  if (typed.size() < 2) return "";
  std::vector<std::string_view> known;
  for (const auto* option : place.get_options()) {
    for (const auto& name : option->get_lnames()) known.push_back(name);
  }
  const auto meant = closest_name(typed, known);
  return meant.empty() ? meant : "; did you mean --" + meant + "?";
}

bool has_verbs(const CLI::App& place) {
  return !place.get_subcommands([](const CLI::App*) { return true; }).empty();
}

// "unknown flag --frob. See `berth ls --help`"
int explain_parse_error(const CLI::App& app, const CLI::ParseError& error) {
  const auto* place = &app;
  std::string verb = "berth";
  while (!place->get_subcommands().empty()) {
    place = place->get_subcommands().front();
    verb += " " + place->get_name();
  }
  const bool is_chosen = place != &app;
  std::string line = error.what();
  if (const auto extras = place->remaining();
      dynamic_cast<const CLI::ExtrasError*>(&error) && !extras.empty()) {
    const auto& first = extras.front();
    const bool is_flag = first.starts_with('-');
    line = is_flag             ? "unknown flag " + first + similar_flag(*place, first)
           : has_verbs(*place) ? unknown_verb(*place, first)
                               : "unexpected argument " + first;
  } else if (!is_chosen && dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    line = app.remaining().empty() ? "no verb was given" : unknown_verb(app, app.remaining().front());
  } else if (is_chosen && dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && has_verbs(*place)) {
    line = place->remaining().empty() ? "one of its verbs is required"
                                      : unknown_verb(*place, place->remaining().front());
  }
  while (line.ends_with('\n') || line.ends_with('.')) line.pop_back();
  complain(line + (line.ends_with('?') ? " See `" : ". See `") + verb + " --help`");
  return exit_code::usage;
}

// What was typed, the last word first, as the parser takes it. `berth help ls` is `berth ls --help`.
std::vector<std::string> words(int argc, char** argv) {
  std::vector<std::string> typed(argv + std::min(argc, 1), argv + argc);
  if (!typed.empty() && typed.front() == "help") {
    typed.erase(typed.begin());
    typed.emplace_back("--help");
  }
  std::reverse(typed.begin(), typed.end());
  return typed;
}

// Not by the library's envname(): it takes the values of a verb that looks at its own flags early (rest())
// before those of the whole program, and the environment would then beat the flag.
std::string url_without_flag() {
  const char* variable = std::getenv("BERTH_URL");
  return variable == nullptr || *variable == '\0' ? default_url : variable;
}

}  // namespace

Verb::Verb(CLI::App& app, Context& context, const std::string& name, const std::string& what)
    : app_(app.add_subcommand(name, what)), context_(&context) {
  app_->group("Client");
  add_common_flags();
}

Verb::Verb(Verb& upper, const std::string& name, const std::string& what)
    : app_(upper.app_->add_subcommand(name, what)), context_(upper.context_) {
  app_->group("Verbs");
  add_common_flags();
}

void Verb::add_common_flags() {
  flag("--json", context_->json, "Print the API's JSON");
  flag("-q,--quiet", context_->quiet, "Print less: ids or names alone");
  app_->add_option("--url", context_->url,
                   "Where Berth's API listens (also BERTH_URL); several: the next if one fails")
      ->option_text("URL[,URL]")
      ->join(',');
}

void Verb::flag(const std::string& names, bool& target, const std::string& help) {
  app_->add_flag(names, target, help);
}

void Verb::option(const std::string& names, std::optional<std::string>& target, const std::string& value,
                  const std::string& help) {
  app_->add_option_function<std::string>(
          names, [&target](const std::string& text) { target = text; }, help)
      ->option_text(value)
      ->take_last();
}

void Verb::list(const std::string& names, std::vector<std::string>& target, const std::string& value,
                const std::string& help) {
  app_->add_option(names, target, help)->option_text(value)->allow_extra_args(false);
}

void Verb::argument(const std::string& name, std::string& target, const std::string& help) {
  app_->add_option(name, target, help)->option_text(" ")->required();
}

void Verb::arguments(const std::string& name, std::vector<std::string>& target, const std::string& help) {
  app_->add_option(name, target, help)->option_text("...")->required();
}

void Verb::rest(std::vector<std::string>& target, const std::string& usage) {
  app_->prefix_command();
  app_->formatter(std::make_shared<HelpWithUsage>(usage));
  app_->parse_complete_callback([app = app_, &target] {
    target = app->remaining();
    if (!target.empty() && target.front() == "--") target.erase(target.begin());
    if (target.empty()) throw CLI::ParseError("IMAGE is required", exit_code::usage);
    if (target.front().starts_with('-')) {
      const auto hint = habit_hint(target.front());
      throw CLI::ParseError(
          "unknown flag " + target.front() + (hint.empty() ? similar_flag(*app, target.front()) : hint),
          exit_code::usage);
    }
  });
}

void Verb::examples(const std::string& text) { app_->footer(text); }

void Verb::needs_lower() { app_->require_subcommand(1); }

void Verb::action(std::function<int()> run) {
  // The parser calls the chosen verb first and those above it later: theirs isn't meant then.
  app_->final_callback([app = app_, context = context_, run = std::move(run)] {
    if (app->get_subcommands().empty()) context->verb = run;
  });
}

int run_command_line(CLI::App& app, Context& context, int argc, char** argv) {
  app.require_subcommand(1);
  std::string url_for_any_verb;
  app.add_option("--url", url_for_any_verb, "Where Berth's API listens (also BERTH_URL)")
      ->option_text("URL[,URL]")
      ->join(',');
  app.set_version_flag("--version", "berth " BERTH_VERSION, "Print Berth's version");
  try {
    app.parse(words(argc, argv));
  } catch (const CLI::CallForHelp& call) {
    return app.exit(call);
  } catch (const CLI::CallForVersion& call) {
    return app.exit(call);
  } catch (const CLI::CallForAllHelp& call) {
    return app.exit(call);
  } catch (const CLI::ParseError& error) {
    return explain_parse_error(app, error);
  }
  if (context.json && context.quiet) {
    complain("--json and --quiet exclude each other: choose one");
    return exit_code::usage;
  }
  if (context.url.empty()) context.url = url_for_any_verb.empty() ? url_without_flag() : url_for_any_verb;
  return context.verb();
}

}  // namespace berth::cli
