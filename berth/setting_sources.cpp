#include "berth/setting_sources.hpp"

#include "berth/settings_file.hpp"
#include "shared/base/closest_name.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <yaml-cpp/emitter.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <optional>

namespace berth {
namespace {

constexpr const char* file_flag = "--settings";
constexpr const char* show_flag = "--show-settings";
constexpr const char* by_default = "default";

std::string key_of(const std::string& flag) {
  auto key = flag.substr(flag.find_first_not_of('-'));
  std::replace(key.begin(), key.end(), '-', '_');
  return key;
}

std::string variable_of(const std::string& flag) {
  auto name = "BERTH_" + key_of(flag);
  for (auto& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

std::string flag_of(const CLI::Option& option) { return "--" + option.get_lnames().front(); }

bool is_list(const CLI::Option& option) { return option.get_delimiter() != '\0'; }

// The settings among a verb's flags, in the order of their declaration.
std::vector<CLI::Option*> settings_of(CLI::App& verb) {
  return verb.get_options([](const CLI::Option* option) {
    if (option->get_lnames().empty()) return false;
    const auto flag = flag_of(*option);
    return flag != "--help" && flag != file_flag && flag != show_flag;
  });
}

// The verbs that have settings: the services.
std::vector<CLI::App*> services_of(CLI::App& verb) {
  return verb.get_parent()->get_subcommands(
      [](const CLI::App* app) { return app->get_option_no_throw(show_flag) != nullptr; });
}

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

std::vector<std::filesystem::path> default_files() {
  std::vector<std::filesystem::path> found;
  std::error_code ignored;
  const auto add = [&](const std::filesystem::path& path) {
    if (std::filesystem::exists(path, ignored)) found.push_back(path);
  };
  add("/etc/berth/berth.yaml");
  if (const auto config = environment("XDG_CONFIG_HOME")) {
    add(std::filesystem::path(*config) / "berth/berth.yaml");
  } else if (const auto home = environment("HOME")) {
    add(std::filesystem::path(*home) / ".config/berth/berth.yaml");
  }
  return found;
}

std::optional<Error> unknown_key(const SettingsEntry& entry, const std::vector<CLI::App*>& services) {
  std::vector<std::string> keys;
  for (auto* service : services) {
    if (!entry.section.empty() && service->get_name() != entry.section) continue;
    for (const auto* option : settings_of(*service)) keys.push_back(key_of(flag_of(*option)));
  }
  const std::vector<std::string_view> known(keys.begin(), keys.end());
  if (std::find(known.begin(), known.end(), entry.key) != known.end()) return std::nullopt;
  const auto of = entry.section.empty() ? "" : " of `berth " + entry.section + "`";
  return invalid("unknown setting \"" + entry.key + "\"" + of + did_you_mean(entry.key, known), entry.place);
}

// What the files say, the weaker file first.
Result<std::vector<SettingsEntry>> read_files(CLI::App& verb, const std::vector<CLI::App*>& services) {
  std::vector<std::string> sections;
  for (const auto* service : services) sections.push_back(service->get_name());
  std::vector<std::filesystem::path> files;
  auto given = verb.get_option(file_flag)->as<std::string>();
  if (given.empty()) given = environment(variable_of(file_flag)).value_or("");
  if (given.empty()) {
    files = default_files();
  } else {
    files.emplace_back(given);
  }
  std::vector<SettingsEntry> all;
  for (const auto& file : files) {
    auto entries = read_settings_file(file, sections);
    if (!entries) return entries.error();
    for (auto& entry : *entries) {
      if (auto error = unknown_key(entry, services)) return *error;
      all.push_back(std::move(entry));
    }
  }
  return all;
}

// The strongest entry for a setting: the later file, and in it the service's own section.
const SettingsEntry* find_entry(const std::vector<SettingsEntry>& entries, const std::string& service,
                                const std::string& key) {
  const SettingsEntry* found = nullptr;
  std::string file;
  for (const auto& entry : entries) {
    if (entry.key != key || !(entry.section.empty() || entry.section == service)) continue;
    const auto its_file = entry.place.substr(0, entry.place.rfind(':'));
    const bool is_weaker = found != nullptr && its_file == file && entry.section.empty();
    if (is_weaker) continue;
    found = &entry;
    file = its_file;
  }
  return found;
}

// Hands values to the option as if they had been typed.
std::optional<Error> give(CLI::Option& option, std::vector<std::string> values, const std::string& place) {
  const auto flag = flag_of(option);
  try {
    option.add_result(std::move(values));
    option.run_callback();
    return std::nullopt;
  } catch (const CLI::Error& error) {
    std::string message = error.what();
    if (message.starts_with(flag + ": ")) message.erase(0, flag.size() + 2);
    return invalid(std::move(message), place);
  }
}

// "redis://user:secret@host" without the secret.
std::string without_password(std::string text) {
  const auto scheme = text.find("://");
  const auto at = text.rfind('@');
  if (scheme == std::string::npos || at == std::string::npos || at < scheme) return text;
  const auto colon = text.find(':', scheme + 3);
  if (colon < at) text.replace(colon + 1, at - colon - 1, "***");
  return text;
}

std::string as_yaml(const std::vector<std::string>& values, bool list) {
  YAML::Emitter out;
  if (list) out << YAML::Flow << YAML::BeginSeq;
  for (const auto& value : values) {
    if (value.empty()) out << YAML::DoubleQuoted;
    out << without_password(value);
  }
  if (list) out << YAML::EndSeq;
  return out.c_str();
}

}  // namespace

void add_settings_flags(CLI::App& verb) {
  verb.add_option(file_flag,
                  "Settings file (default: /etc/berth/berth.yaml and\n"
                  "~/.config/berth/berth.yaml, if there)")
      ->option_text("FILE");
  const std::string help = "Print the settings and where each came from, and end";
  verb.add_flag(show_flag, help);
  verb.footer(
      "Every flag can also be given as an environment variable (--log-level: BERTH_LOG_LEVEL) or in the\n"
      "settings file (log_level: info). A flag is stronger than the environment, which is stronger than\n"
      "the file.");
}

bool wants_to_see_settings(const CLI::App& verb) { return verb.count(show_flag) > 0; }

Result<SettingOrigins> resolve_settings(CLI::App& verb) {
  const auto entries = read_files(verb, services_of(verb));
  if (!entries) return entries.error();
  SettingOrigins origins;
  for (auto* option : settings_of(verb)) {
    const auto flag = flag_of(*option);
    const auto variable = variable_of(flag);
    auto& origin = origins[flag];
    std::optional<Error> error;
    if (option->count() > 0) {
      origin = flag;
    } else if (const auto value = environment(variable)) {
      origin = variable;
      const std::vector<std::string> values{*value};
      error = give(*option, values, variable);
    } else if (const auto* entry = find_entry(*entries, verb.get_name(), key_of(flag))) {
      origin = entry->place;
      const auto place = entry->place + ": " + entry->key;
      if (entry->is_list && !is_list(*option)) return invalid("must be one value, not a list", place);
      if (!entry->values.empty()) error = give(*option, entry->values, place);
    } else {
      origin = by_default;
    }
    if (error) return *error;
  }
  return origins;
}

std::string shown_settings(CLI::App& verb, const SettingOrigins& origins) {
  std::vector<std::pair<std::string, std::string>> lines;
  std::size_t width = 0;
  for (const auto* option : settings_of(verb)) {
    const auto flag = flag_of(*option);
    std::string text = key_of(flag) + ": ";
    if (option->count() > 0) {
      text += as_yaml(option->reduced_results(), is_list(*option));
    } else if (is_list(*option)) {
      text += "[]";
    } else if (option->get_expected_max() == 0) {
      text += "false";  // a switch
    } else if (const auto value = option->get_default_str(); value.starts_with('(')) {
      text = "# " + text + value;  // found out later
    } else {
      text += as_yaml({value}, false);
    }
    width = std::max(width, text.size());
    lines.emplace_back(std::move(text), origins.at(flag));
  }
  std::string shown;
  for (const auto& [text, origin] : lines) {
    shown += text + std::string(width - text.size() + 2, ' ') + "# " + origin + '\n';
  }
  return shown;
}

Error at_its_origin(Error error, const SettingOrigins& origins) {
  const auto origin = origins.find(error.field);
  if (origin == origins.end() || origin->second == by_default) return error;
  const bool is_file = origin->second.find(':') != std::string::npos;
  error.field = is_file ? origin->second + ": " + key_of(error.field) : origin->second;
  return error;
}

}  // namespace berth
