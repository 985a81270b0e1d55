// The real Docker daemon for tests.
#pragma once

#include "shared/base/time.hpp"

#include <optional>
#include <string>
#include <vector>

namespace berth::test {

inline constexpr const char* docker_socket = "/var/run/docker.sock";

// The image that tests run. `./dev test` makes sure that it is there.
inline constexpr const char* test_image = "busybox";

// Why tests can't use the daemon, with what to do about it; nothing when they can.
std::optional<std::string> why_docker_is_unusable();

// Docker's ids of a cluster's containers, in whatever state.
std::vector<std::string> containers_of(const std::string& cluster);
// True once there are none, false if some remain after `limit`.
bool loses_all_containers(const std::string& cluster, Milliseconds limit = Milliseconds{15'000});
void remove_containers_of(const std::string& cluster);

}  // namespace berth::test
