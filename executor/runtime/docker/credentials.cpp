#include "executor/runtime/docker/credentials.hpp"

#include "executor/runtime/docker/json_access.hpp"
#include "shared/base/base64.hpp"
#include "shared/model/image_name.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace berth::docker {
namespace {

// A key of the file's `auths`: "https://index.docker.io/v1/", "registry.example.com:5000".
std::string registry_of_key(std::string_view key) {
  if (const auto scheme = key.find("://"); scheme != std::string_view::npos) key.remove_prefix(scheme + 3);
  key = key.substr(0, key.find('/'));
  return std::string(key == "index.docker.io" ? docker_hub : key);
}

// One of `auths`: either an identity token, or name and password in base64.
Result<json::object> login_of(const json::value& entry, std::string_view registry) {
  json::object login;
  const std::string address = registry == docker_hub ? "https://index.docker.io/v1/"
                                                     : std::string(registry);  // what `docker login` asked
  login.emplace("serveraddress", address);
  if (auto token = text_at(&entry, "identitytoken"); !token.empty()) {
    login.emplace("identitytoken", std::move(token));
    return login;
  }
  const auto pair = from_base64(text_at(&entry, "auth"));
  const auto colon = pair ? pair->find(':') : std::string::npos;
  if (colon == std::string::npos)
    return invalid("the login of " + std::string(registry) + " isn't NAME:PASSWORD in base64");
  login.emplace("username", pair->substr(0, colon));
  login.emplace("password", pair->substr(colon + 1));
  return login;
}

std::string helper_of(const json::value& config, std::string_view registry) {
  const auto* helpers = member(&config, "credHelpers");
  const auto* by_registry = helpers == nullptr ? nullptr : helpers->if_object();
  if (by_registry != nullptr) {
    for (const auto& entry : *by_registry) {
      if (registry_of_key(entry.key()) == registry) return text_at(helpers, entry.key());
    }
  }
  return text_at(&config, "credsStore");
}

}  // namespace

Result<std::optional<std::string>> registry_auth(std::string_view text, std::string_view registry) {
  const auto config = parse_reply(text);
  if (!config || !config->is_object()) return invalid("it isn't a JSON object");
  const auto* auths = member(&*config, "auths");
  const auto* entries = auths == nullptr ? nullptr : auths->if_object();
  const json::value* found = nullptr;
  if (entries != nullptr) {
    for (const auto& entry : *entries) {
      if (registry_of_key(entry.key()) == registry) found = &entry.value();
    }
  }
  // With a helper, the entry is there and empty.
  const bool has_login = !text_at(found, "auth").empty() || !text_at(found, "identitytoken").empty();
  if (!has_login) {
    const auto helper = helper_of(*config, registry);
    if (helper.empty()) return std::optional<std::string>();
    return Error{ErrorKind::refused, "the login of " + std::string(registry) +
                                         " is kept by docker-credential-" + helper +
                                         ", which Berth doesn't ask: log in without a helper"};
  }
  auto login = login_of(*found, registry);
  if (!login) return login.error();
  auto encoded = to_base64(json::serialize(*login));
  std::replace(encoded.begin(), encoded.end(), '+', '-');  // the alphabet for URLs, RFC 4648 section 5
  std::replace(encoded.begin(), encoded.end(), '/', '_');
  return std::optional(std::move(encoded));
}

std::optional<std::filesystem::path> docker_config_file() {
  if (const char* directory = std::getenv("DOCKER_CONFIG"); directory != nullptr && *directory != '\0')
    return std::filesystem::path(directory) / "config.json";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    return std::filesystem::path(home) / ".docker" / "config.json";
  return std::nullopt;
}

std::optional<std::string> login_for(std::string_view image) {
  const auto file = docker_config_file();
  std::error_code error;
  if (!file || !std::filesystem::exists(*file, error)) return std::nullopt;
  std::ifstream stream(*file);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  auto found = stream ? registry_auth(text, registry_of(image))
                      : Result<std::optional<std::string>>(invalid("it can't be opened"));
  if (found) return std::move(*found);
  spdlog::warn("pulling {} without a login: {}: {}", image, file->string(), found.error().message);
  return std::nullopt;
}

}  // namespace berth::docker
