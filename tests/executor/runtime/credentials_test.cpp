// Which login goes with a pull, by what `docker login` wrote.
#include "executor/runtime/docker/credentials.hpp"

#include <gtest/gtest.h>

namespace berth::docker {
namespace {

constexpr std::string_view config = R"({"auths": {
  "https://index.docker.io/v1/": {"auth": "Ym86c2VjcmV0OnR3bw=="},
  "registry.example.com": {"identitytoken": "t0ken"},
  "box:5000": {"auth": "bm90aGluZw=="},
  "kept.example.com": {}},
  "credHelpers": {"kept.example.com": "pass"}})";

TEST(Credentials, ALoginIsNameAndPasswordOrAToken) {
  // {"serveraddress":"https://index.docker.io/v1/","username":"bo","password":"secret:two"}
  EXPECT_EQ(
      registry_auth(config, "docker.io").value(),
      "eyJzZXJ2ZXJhZGRyZXNzIjoiaHR0cHM6Ly9pbmRleC5kb2NrZXIuaW8vdjEvIiwidXNlcm5hbWUiOiJibyIsInBhc3N3b3JkIjoic2"
      "VjcmV0OnR3byJ9");
  // {"serveraddress":"registry.example.com","identitytoken":"t0ken"}
  EXPECT_EQ(registry_auth(config, "registry.example.com").value(),
            "eyJzZXJ2ZXJhZGRyZXNzIjoicmVnaXN0cnkuZXhhbXBsZS5jb20iLCJpZGVudGl0eXRva2VuIjoidDBrZW4ifQ==");
  EXPECT_EQ(registry_auth(config, "elsewhere.example.com").value(), std::nullopt);
  EXPECT_EQ(registry_auth("{}", "docker.io").value(), std::nullopt);
}

TEST(Credentials, WhatCannotBeUsedIsSaid) {
  EXPECT_EQ(
      registry_auth(config, "kept.example.com").error().message,
      "the login of kept.example.com is kept by docker-credential-pass, which Berth doesn't ask: log in "
      "without a helper");
  EXPECT_EQ(registry_auth(config, "box:5000").error().message,
            "the login of box:5000 isn't NAME:PASSWORD in base64");
  EXPECT_EQ(registry_auth("auths:", "docker.io").error().message, "it isn't a JSON object");
}

}  // namespace
}  // namespace berth::docker
