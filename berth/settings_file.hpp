// The settings file: YAML, one key a setting.
//
//   redis: redis://redis.example:6379   # for every service that has this setting
//   executor:                           # for `berth executor` alone; stronger than the same key above
//     region: eu
//     label: {rack: r7}                 # a list may also be written as a map, or with one value as that
//     value
#pragma once

#include "shared/base/result.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace berth {

struct SettingsEntry {
  std::string section;  // the service it is for; empty: every one
  std::string key;
  std::vector<std::string> values;
  bool is_list = false;  // was written as a list or a map
  std::string place;     // "FILE:LINE"
};

// Keys in `sections` whose value is a map are sections. Error invalid: it can't be read, isn't YAML, or has a
// key twice; its field is "FILE:LINE", or FILE.
Result<std::vector<SettingsEntry>> read_settings_file(const std::filesystem::path& path,
                                                      const std::vector<std::string>& sections);

}  // namespace berth
