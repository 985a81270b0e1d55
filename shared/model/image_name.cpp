#include "shared/model/image_name.hpp"

namespace berth {
namespace {

// "box:5000" of "box:5000/team/app"; empty when the first part doesn't look like a host.
std::string_view host_of(std::string_view reference) {
  const auto slash = reference.find('/');
  const auto first = reference.substr(0, slash);
  const bool is_host = slash != std::string_view::npos &&
                       (first.find_first_of(".:") != std::string_view::npos || first == "localhost");
  return is_host ? first : std::string_view();
}

bool is_hub(std::string_view host) { return host.empty() || host == docker_hub || host == "index.docker.io"; }

}  // namespace

ImageReference parse_image_reference(std::string_view reference) {
  if (const auto at = reference.find('@'); at != std::string_view::npos) {
    // name:tag@digest: the digest decides, and Docker wants the name alone beside it.
    ImageReference named = parse_image_reference(reference.substr(0, at));
    return {named.name, std::string(reference.substr(at + 1))};
  }
  // A colon before the last slash belongs to the registry's port.
  const auto slash = reference.rfind('/');
  const auto colon = reference.find(':', slash == std::string_view::npos ? 0 : slash);
  if (colon == std::string_view::npos) return {std::string(reference), "latest"};
  return {std::string(reference.substr(0, colon)), std::string(reference.substr(colon + 1))};
}

std::string registry_of(std::string_view reference) {
  const auto host = host_of(reference);
  return std::string(is_hub(host) ? docker_hub : host);
}

std::string full_image_name(std::string_view reference) {
  const auto [name, tag] = parse_image_reference(reference);
  const auto host = host_of(name);
  auto path = host.empty() ? name : name.substr(host.size() + 1);
  if (is_hub(host) && path.find('/') == std::string::npos) path = "library/" + path;
  const bool is_digest = tag.find(':') != std::string::npos;
  return registry_of(name) + "/" + path + (is_digest ? "@" : ":") + tag;
}

}  // namespace berth
