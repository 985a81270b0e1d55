#include "cli/completion.hpp"

#include <CLI/App.hpp>

#include <functional>
#include <string_view>

namespace berth::cli {
namespace {

// Every place of the tree, with the words that lead there: "berth executors show".
void each_place(const CommandTree& tree, const std::string& path,
                const std::function<void(const std::string&, const CommandTree&)>& visit) {
  visit(path, tree);
  for (const auto& verb : tree.verbs) each_place(verb, path + " " + verb.name, visit);
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// In single quotes, as the shells have them: bash and zsh alike, fish its own way.
std::string single_quoted(const std::string& text) { return "'" + replaced(text, "'", "'\\''") + "'"; }
std::string fish_quoted(const std::string& text) {
  return "'" + replaced(replaced(text, "\\", "\\\\"), "'", "\\'") + "'";
}

std::string names_of(const std::vector<CommandTree>& verbs) {
  std::string names;
  for (const auto& verb : verbs) names += (names.empty() ? "" : " ") + verb.name;
  return names;
}

std::string names_of(const std::vector<CommandTree::Flag>& flags, bool only_with_value) {
  std::string names;
  for (const auto& flag : flags) {
    if (only_with_value && !flag.takes_value) continue;
    for (const auto& name : flag.names) names += (names.empty() ? "" : " ") + name;
  }
  return names;
}

// zsh's _describe wants 'word:what it is'.
std::string zsh_entry(const std::string& word, const std::string& help) {
  return " " + single_quoted(replaced(word, ":", "\\:") + ":" + help);
}

constexpr std::string_view bash_function = R"(
_berth() {
  local cur=${COMP_WORDS[COMP_CWORD]} at=berth verbs= flags= valued= rest= word i
  COMPREPLY=()
  _berth_at "$at"
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    case " $valued " in *" $word "*) ((i++)); continue ;; esac
    case $word in -*) continue ;; esac
    case " $verbs " in
      *" $word "*) at="$at $word"; _berth_at "$at" ;;
      *) [ -z "$rest" ] || return 0 ;;
    esac
  done
  [ "$i" -eq "$COMP_CWORD" ] || return 0  # the value of a flag: the shell's own way
  case $cur in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$cur")) ;;
    *) COMPREPLY=($(compgen -W "$verbs" -- "$cur")) ;;
  esac
}
complete -o bashdefault -o default -F _berth berth
)";

constexpr std::string_view zsh_function = R"(
_berth() {
  local at=berth rest word i
  local -a verbs flags valued
  _berth_at "$at"
  for ((i = 2; i < CURRENT; i++)); do
    word=${words[i]}
    if ((${valued[(Ie)$word]})); then ((i++)); continue; fi
    [[ $word == -* ]] && continue
    if ((${verbs[(I)$word:*]})); then at="$at $word"; _berth_at "$at"
    elif [[ -n $rest ]]; then _default; return
    fi
  done
  if ((i > CURRENT)); then _default
  elif [[ $PREFIX == -* ]]; then _describe -o flag flags
  elif (($#verbs)); then _describe verb verbs
  else _default
  fi
}
if [[ ${funcstack[1]} == _berth ]]; then _berth "$@"; else compdef _berth berth; fi
)";

constexpr std::string_view fish_functions = R"(
# The verbs that were typed so far, one a line.
function __berth_words
  set -l skip 0
  for word in (commandline -opc)[2..-1]
    if test $skip = 1
      set skip 0
    else if contains -- $word $__berth_valued
      set skip 1
    else if not string match -q -- '-*' $word
      echo $word
    end
  end
end
# Whether they begin with these, and whether they are just these.
function __berth_in
  set -l typed (__berth_words)
  test (count $typed) -ge (count $argv); or return 1
  test (count $argv) -eq 0; or test "$typed[1..(count $argv)]" = "$argv"
end
function __berth_at
  set -l typed (__berth_words)
  test "$typed" = "$argv"
end
)";

}  // namespace

CommandTree describe_command(const CLI::App& app) {
  CommandTree tree;
  tree.name = app.get_name();
  tree.help = app.get_description();
  tree.takes_rest = app.get_prefix_command();
  for (const auto* option : app.get_options()) {
    if (!option->nonpositional()) continue;
    CommandTree::Flag flag;
    for (const auto& name : option->get_snames()) flag.names.push_back("-" + name);
    for (const auto& name : option->get_lnames()) flag.names.push_back("--" + name);
    flag.help = option->get_description();
    flag.takes_value = option->get_items_expected_max() > 0;
    tree.flags.push_back(std::move(flag));
  }
  const auto all = [](const CLI::App*) { return true; };
  for (const auto* verb : app.get_subcommands(all)) tree.verbs.push_back(describe_command(*verb));
  return tree;
}

std::string bash_completion(const CommandTree& berth) {
  std::string out =
      "# eval \"$(berth completion bash)\", or into /etc/bash_completion.d/berth\n_berth_at() {\n"
      "  rest=\n  case $1 in\n";
  each_place(berth, berth.name, [&](const std::string& path, const CommandTree& place) {
    out += "    " + single_quoted(path) + ") verbs=" + single_quoted(names_of(place.verbs)) +
           " flags=" + single_quoted(names_of(place.flags, false)) +
           " valued=" + single_quoted(names_of(place.flags, true)) + (place.takes_rest ? " rest=1" : "") +
           " ;;\n";
  });
  return out + "  esac\n}" + std::string(bash_function);
}

std::string zsh_completion(const CommandTree& berth) {
  std::string out =
      "#compdef berth\n# eval \"$(berth completion zsh)\", or as _berth into a folder of $fpath\n"
      "_berth_at() {\n  rest=\n  case $1 in\n";
  each_place(berth, berth.name, [&](const std::string& path, const CommandTree& place) {
    out += "    (" + single_quoted(path) + ")\n      verbs=(";
    for (const auto& verb : place.verbs) out += zsh_entry(verb.name, verb.help);
    out += " )\n      flags=(";
    for (const auto& flag : place.flags) {
      for (const auto& name : flag.names) out += zsh_entry(name, flag.help);
    }
    out += " )\n      valued=( " + names_of(place.flags, true) + " )\n";
    out += std::string(place.takes_rest ? "      rest=1\n" : "") + "      ;;\n";
  });
  return out + "  esac\n}" + std::string(zsh_function);
}

std::string fish_completion(const CommandTree& berth) {
  std::string valued;
  std::string lines;
  each_place(berth, "", [&](const std::string& path, const CommandTree& place) {
    valued += " " + names_of(place.flags, true);
    for (const auto& verb : place.verbs) {
      lines += "complete -c berth -f -n '__berth_at" + path + "' -a " + verb.name + " -d " +
               fish_quoted(verb.help) + "\n";
    }
    // A verb's flags go anywhere behind it, unless a lower verb has its own.
    const std::string condition = (place.verbs.empty() ? "__berth_in" : "__berth_at") + path;
    for (const auto& flag : place.flags) {
      lines += "complete -c berth -n '" + condition + "'";
      for (const auto& name : flag.names) {
        lines += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      lines += (flag.takes_value ? " -r" : "") + std::string(" -d ") + fish_quoted(flag.help) + "\n";
    }
  });
  return "# berth completion fish | source, or into ~/.config/fish/completions/berth.fish\n"
         "set -g __berth_valued" +
         valued + std::string(fish_functions) + lines;
}

}  // namespace berth::cli
