// Image references as Docker reads them: "[registry/]path[:tag][@digest]". Pure; what isn't a reference is
// taken apart all the same, and refused by Docker later.
#pragma once

#include <string>
#include <string_view>

namespace berth {

// "host:5000/team/app:1.2" → {"host:5000/team/app", "1.2"}. The tag is "latest" when there is none; a digest
// ("sha256:…") takes the place of the tag.
struct ImageReference {
  std::string name;
  std::string tag;
  bool operator==(const ImageReference&) const = default;
};
ImageReference parse_image_reference(std::string_view reference);

inline constexpr std::string_view docker_hub = "docker.io";

// "registry.example.com", "box:5000", or docker_hub.
std::string registry_of(std::string_view reference);

// One name for all ways to write it: "busybox" → "docker.io/library/busybox:latest".
std::string full_image_name(std::string_view reference);

}  // namespace berth
