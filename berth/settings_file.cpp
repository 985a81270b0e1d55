#include "berth/settings_file.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>

namespace berth {
namespace {

// Collects the entries of one file; stops at the first error.
class Reader {
 public:
  Reader(std::string file, const std::vector<std::string>& sections)
      : file_(std::move(file)), sections_(sections) {}

  Result<std::vector<SettingsEntry>> read(const YAML::Node& root) {
    if (root.IsNull()) return entries_;
    if (!root.IsMap()) return invalid("must be a map of settings", place(root));
    if (auto error = read_map(root, "")) return *error;
    return entries_;
  }

 private:
  std::string place(const YAML::Node& node) const {
    return file_ + ':' + std::to_string(std::max(node.Mark().line, 0) + 1);
  }

  bool is_section(const std::string& key, const YAML::Node& value) const {
    const bool is_named = std::find(sections_.begin(), sections_.end(), key) != sections_.end();
    return is_named && value.IsMap();
  }

  std::optional<Error> read_map(const YAML::Node& map, const std::string& section) {
    for (const auto& member : map) {
      if (!member.first.IsScalar()) return invalid("a key must be one word", place(member.first));
      const auto key = member.first.Scalar();
      if (auto error = section.empty() && is_section(key, member.second)
                           ? read_map(member.second, key)
                           : add(section, key, place(member.first), member.second)) {
        return error;
      }
    }
    return std::nullopt;
  }

  std::optional<Error> add(const std::string& section, const std::string& key, const std::string& at,
                           const YAML::Node& value) {
    const auto is_same = [&](const auto& entry) { return entry.section == section && entry.key == key; };
    const auto earlier = std::find_if(entries_.begin(), entries_.end(), is_same);
    if (earlier != entries_.end()) {
      return invalid("\"" + key + "\" is set twice, first at " + earlier->place + ": keep one", at);
    }
    SettingsEntry entry{section, key, {}, !value.IsScalar(), at};
    if (value.IsScalar()) {
      entry.values.push_back(value.Scalar());
    } else if (value.IsNull()) {
      return invalid("\"" + key + "\" has no value: give it one, or leave it out", at);
    } else {
      for (const auto& element : value) {
        auto text = value.IsMap() ? pair_text(element.first, element.second) : scalar_text(element);
        if (!text) return invalid("\"" + key + "\" must be a value, a list of values or a map of values", at);
        entry.values.push_back(std::move(*text));
      }
    }
    entries_.push_back(std::move(entry));
    return std::nullopt;
  }

  static std::optional<std::string> scalar_text(const YAML::Node& node) {
    if (!node.IsScalar()) return std::nullopt;
    return node.Scalar();
  }
  static std::optional<std::string> pair_text(const YAML::Node& key, const YAML::Node& value) {
    if (!key.IsScalar() || !value.IsScalar()) return std::nullopt;
    return key.Scalar() + '=' + value.Scalar();
  }

  std::string file_;
  const std::vector<std::string>& sections_;
  std::vector<SettingsEntry> entries_;
};

}  // namespace

Result<std::vector<SettingsEntry>> read_settings_file(const std::filesystem::path& path,
                                                      const std::vector<std::string>& sections) {
  std::ifstream in(path);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in) return invalid(std::string("can't be read: ") + std::strerror(errno), path.string());
  try {
    return Reader(path.string(), sections).read(YAML::Load(text));
  } catch (const YAML::Exception& error) {
    return invalid("isn't YAML: " + error.msg, path.string() + ':' + std::to_string(error.mark.line + 1));
  }
}

}  // namespace berth
