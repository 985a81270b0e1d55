// Logins of registries, where `docker login` leaves them: in Docker's own configuration file, on the
// executor. They never pass through a job or the store.
#pragma once

#include "shared/base/result.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace berth::docker {

// What X-Registry-Auth says for that registry, by the text of a config.json; nothing when there is no login.
// Errors: invalid (no such file), refused (the login is kept by a credential helper: a program that Berth
// doesn't run).
Result<std::optional<std::string>> registry_auth(std::string_view config, std::string_view registry);

// $DOCKER_CONFIG/config.json, or ~/.docker/config.json; nothing when neither variable is set.
std::optional<std::filesystem::path> docker_config_file();

// The header for an image, by the file as it is now. What is wrong with it is logged, and the pull tried
// without a login: most images need none.
std::optional<std::string> login_for(std::string_view image);

}  // namespace berth::docker
