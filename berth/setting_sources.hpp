// Where a service's settings come from: flag, environment variable, settings file, default, in this order.
//
// A setting is declared once, as a flag of the verb. The names of its environment variable and of its key in
// the file follow from the flag's: --log-level, BERTH_LOG_LEVEL, log_level.
#pragma once

#include "shared/base/result.hpp"

#include <map>
#include <string>

namespace CLI {
class App;
}

namespace berth {

// What gave each setting its value, by flag: "--cpu", "BERTH_CPU", "/etc/berth/berth.yaml:4", or "default".
using SettingOrigins = std::map<std::string, std::string>;

// Adds --settings and --show-settings to a verb whose other flags have been declared, and tells its help.
void add_settings_flags(CLI::App& verb);
bool wants_to_see_settings(const CLI::App& verb);

// Gives every setting that wasn't given as a flag its value from the environment or from the files: the one
// named by --settings, else /etc/berth/berth.yaml and the user's own, which is the stronger. Error invalid:
// its field says where ("/etc/berth/berth.yaml:4", "BERTH_CPU").
Result<SettingOrigins> resolve_settings(CLI::App& verb);

// The settings as a settings file, with comments that say where each came from. Passwords are left out.
std::string shown_settings(CLI::App& verb, const SettingOrigins& origins);

// An error that names a flag, named after what gave that setting its value.
Error at_its_origin(Error error, const SettingOrigins& origins);

}  // namespace berth
