// AMD's and Intel's GPUs, from what their drivers show in sysfs.
#include "executor/host/cgroup_mounts.hpp"
#include "executor/host/files.hpp"
#include "executor/host/gpus.hpp"
#include "shared/base/ids.hpp"

#include <fmt/format.h>

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <utility>

namespace berth {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t amd_vendor = 0x1002;
constexpr std::string_view intel_vendor = "0x8086";

// Says so where the node is missing; notes the group whose members may open it.
void add_node(GpuDevice& device, const fs::path& root, const std::string& node) {
  device.nodes.push_back(node);
  struct stat facts {};
  if (::stat((root / fs::path(node).relative_path()).c_str(), &facts) != 0) {
    if (device.trouble.empty()) device.trouble = "its device node " + node + " is gone";
    return;
  }
  const bool is_known =
      std::find(device.groups.begin(), device.groups.end(), facts.st_gid) != device.groups.end();
  if (facts.st_gid != 0 && !is_known) device.groups.push_back(facts.st_gid);
}

// The lines "KEY VALUE" of KFD's topology.
std::map<std::string, std::uint64_t, std::less<>> read_properties(const fs::path& path) {
  std::map<std::string, std::uint64_t, std::less<>> properties;
  const auto text = read_text(path);
  for (const auto line : split(text, '\n')) {
    const auto words = split(line, ' ');
    if (words.size() != 2) continue;
    if (const auto value = parse_integer<std::uint64_t>(words[1])) properties[std::string(words[0])] = *value;
  }
  return properties;
}

// "0000:03:00.0", from the line PCI_SLOT_NAME=… of the device's uevent.
std::string pci_address(const fs::path& device) {
  constexpr std::string_view key = "PCI_SLOT_NAME=";
  const auto text = read_text(device / "uevent");
  for (const auto line : split(text, '\n')) {
    if (line.starts_with(key)) return std::string(trimmed(line.substr(key.size())));
  }
  return {};
}

Bytes read_bytes(const fs::path& path) {
  return Bytes{parse_integer<std::int64_t>(read_line(path)).value_or(0)};
}

// The largest memory region of a PCI device that may be prefetched: a graphics card's memory, as far as the
// processor sees it. Lines are "START END FLAGS", in hexadecimal.
Bytes largest_region(const fs::path& resource) {
  constexpr unsigned long long prefetchable_memory = 0x2200;
  Bytes largest{};
  const auto text = read_text(resource);
  for (const auto line : split(text, '\n')) {
    const auto words = split(line, ' ');
    if (words.size() != 3) continue;
    std::array<unsigned long long, 3> values{};
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = std::strtoull(std::string(words[i]).c_str(), nullptr, 16);
    }
    const auto [start, end, flags] = values;
    if ((flags & prefetchable_memory) != prefetchable_memory || end <= start) continue;
    largest = std::max(largest, Bytes{static_cast<std::int64_t>(end - start + 1)});
  }
  return largest;
}

// Intel's drivers don't tell the product's name.
std::string intel_product(const std::string& device_id) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 10> products{{
      {"0x56a0", "arc a770"},
      {"0x56a1", "arc a750"},
      {"0x56a2", "arc a580"},
      {"0x56a5", "arc a380"},
      {"0x56a6", "arc a310"},
      {"0x56c0", "flex 170"},
      {"0x56c1", "flex 140"},
      {"0x0bd5", "max 1550"},
      {"0x0bda", "max 1100"},
      {"0xe20b", "arc b580"},
  }};
  for (const auto& [id, product] : products) {
    if (id == device_id) return std::string(product);
  }
  return device_id;
}

std::optional<GpuDevice> amd_gpu(const fs::path& root, const fs::path& node) {
  const auto properties = read_properties(node / "properties");
  const auto value = [&](std::string_view key) {
    const auto found = properties.find(key);
    return found == properties.end() ? 0 : found->second;
  };
  if (value("simd_count") == 0 || value("vendor_id") != amd_vendor) return std::nullopt;  // a processor
  const auto render = "renderD" + std::to_string(value("drm_render_minor"));
  const auto card = root / "sys/class/drm" / render / "device";
  GpuDevice device;
  auto product = read_line(card / "product_name");
  if (product.empty()) product = read_line(node / "name");
  if (product.empty()) product = fmt::format("{:#06x}", value("device_id"));
  device.gpu.type = gpu_type("amd", product);
  auto unique = read_line(card / "unique_id");
  if (unique.empty() && value("unique_id") != 0) unique = fmt::format("{:016x}", value("unique_id"));
  device.gpu.uuid = unique.empty() ? pci_address(card) : "GPU-" + unique;
  device.gpu.memory = read_bytes(card / "mem_info_vram_total");
  add_node(device, root, "/dev/kfd");
  add_node(device, root, "/dev/dri/" + render);
  return device;
}

std::optional<GpuDevice> intel_gpu(const fs::path& root, const fs::path& render) {
  const auto card = render / "device";
  if (read_line(card / "vendor") != intel_vendor) return std::nullopt;
  GpuDevice device;
  device.gpu.uuid = pci_address(card);
  const auto bus = device.gpu.uuid.find(':');
  const bool is_integrated = bus == std::string::npos || device.gpu.uuid.compare(bus, 4, ":00:") == 0;
  if (is_integrated) return std::nullopt;
  device.gpu.type = gpu_type("intel", intel_product(read_line(card / "device")));
  device.gpu.memory = largest_region(card / "resource");
  add_node(device, root, "/dev/dri/" + render.filename().string());
  return device;
}

}  // namespace

std::vector<GpuDevice> amd_gpus(const fs::path& root) {
  std::vector<GpuDevice> found;
  for (const auto& node : entries_of(root / "sys/class/kfd/kfd/topology/nodes")) {
    auto device = amd_gpu(root, node);
    if (!device || device->gpu.uuid.empty()) continue;
    // One that is split into partitions appears several times under one identifier.
    const auto is_same = [&](const GpuDevice& other) { return other.gpu.uuid == device->gpu.uuid; };
    if (std::any_of(found.begin(), found.end(), is_same)) {
      device->gpu.uuid += "-" + fs::path(device->nodes.back()).filename().string();
    }
    found.push_back(std::move(*device));
  }
  return found;
}

std::vector<GpuDevice> intel_gpus(const fs::path& root) {
  std::vector<GpuDevice> found;
  for (const auto& entry : entries_of(root / "sys/class/drm")) {
    if (!entry.filename().native().starts_with("renderD")) continue;
    if (auto device = intel_gpu(root, entry)) found.push_back(std::move(*device));
  }
  return found;
}

}  // namespace berth
