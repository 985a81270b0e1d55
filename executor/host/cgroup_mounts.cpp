#include "executor/host/cgroup_mounts.hpp"

#include <algorithm>
#include <optional>

namespace berth {
namespace {

namespace fs = std::filesystem;

bool lists(std::string_view comma_separated, std::string_view wanted) {
  const auto names = split(comma_separated, ',');
  return std::find(names.begin(), names.end(), wanted) != names.end();
}

// A line of /proc/self/cgroup is "4:cpu,cpuacct:/path"; v2's is "0::/path".
std::optional<std::string_view> path_in_hierarchy(std::string_view cgroup, std::string_view controller) {
  for (const auto line : split(cgroup, '\n')) {
    const auto first = line.find(':');
    const auto second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const auto controllers = line.substr(first + 1, second - first - 1);
    const bool is_wanted = controller.empty() ? controllers.empty() : lists(controllers, controller);
    if (is_wanted) return line.substr(second + 1);
  }
  return std::nullopt;
}

struct Mount {
  std::string_view root;   // the part of the hierarchy that is mounted
  std::string_view point;  // where
};

// A line of mountinfo is "36 35 98:0 /root /point options - type source superoptions", with optional fields
// before the dash (proc(5)).
std::optional<Mount> cgroup_mount(std::string_view line, std::string_view controller) {
  const auto fields = split(line, ' ');
  const auto dash = std::find(fields.begin(), fields.end(), "-");
  if (fields.size() < 5 || fields.end() - dash < 4) return std::nullopt;
  const auto type = dash[1];
  const bool is_wanted =
      controller.empty() ? type == "cgroup2" : type == "cgroup" && lists(dash[3], controller);
  return is_wanted ? std::optional{Mount{fields[3], fields[4]}} : std::nullopt;
}

}  // namespace

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto end = text.find(separator);
    if (end != 0) out.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return out;
}

std::vector<CgroupPlace> find_cgroup(std::string_view cgroup, std::string_view mountinfo,
                                     std::string_view controller) {
  std::vector<CgroupPlace> out;
  const auto path = path_in_hierarchy(cgroup, controller);
  if (!path) return out;
  for (const auto line : split(mountinfo, '\n')) {
    const auto mount = cgroup_mount(line, controller);
    if (!mount) continue;
    // In a container the mounted part often is the process's own cgroup, and the path may be one that isn't
    // visible from here: then the mount point is the nearest that can be read.
    const fs::path point{mount->point};
    const auto below = fs::path(*path).lexically_relative(fs::path(mount->root));
    const bool is_below = !below.empty() && *below.begin() != "..";
    out.push_back({point, is_below ? (point / below).lexically_normal() : point});
  }
  return out;
}

}  // namespace berth
