#include "executor/host/gpus.hpp"

#include "executor/host/cgroup_mounts.hpp"
#include "executor/host/files.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace berth {
namespace {

namespace fs = std::filesystem;

// A device that was lost comes back only to a library that is opened anew, which may take seconds on a
// machine without NVIDIA's persistence daemon: once every so many looks.
constexpr int looks_before_reopening = 10;

GpuDevice nvidia_device(std::string_view product, std::string uuid) {
  GpuDevice device;
  device.gpu.type = gpu_type("nvidia", product);
  device.gpu.uuid = std::move(uuid);
  device.is_nvidia = true;
  return device;
}

void append(std::vector<GpuDevice>& all, std::vector<GpuDevice> more) {
  for (auto& device : more) all.push_back(std::move(device));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "80gb", "16gib".
bool is_size(std::string_view word) {
  const auto digits = std::find_if_not(word.begin(), word.end(), is_digit) - word.begin();
  const auto unit = word.substr(static_cast<std::size_t>(digits));
  return digits > 0 && (unit == "gb" || unit == "gib");
}

// Words of a product's name that don't tell one model from another.
bool is_filler(std::string_view word) {
  constexpr std::array<std::string_view, 14> fillers{"nvidia",  "amd",      "intel",  "corporation", "tesla",
                                                     "geforce", "quadro",   "radeon", "pcie",        "oam",
                                                     "gpu",     "instinct", "nvl",    "graphics"};
  if (std::find(fillers.begin(), fillers.end(), word) != fillers.end()) return true;
  return is_size(word) || word.starts_with("sxm") || word.starts_with("hbm");
}

}  // namespace

std::string gpu_type(std::string_view vendor, std::string_view product) {
  std::string words;
  for (const char c : product) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool is_kept = (lower >= 'a' && lower <= 'z') || is_digit(lower) || lower == '.';
    words += is_kept ? lower : ' ';
  }
  std::string model;
  for (auto word : split(words, ' ')) {
    word.remove_prefix(std::min(word.find_first_not_of('.'), word.size()));
    if (word.empty() || is_filler(word)) continue;
    if (!model.empty()) model += '-';
    model += word;
  }
  return std::string(vendor) + '/' + (model.empty() ? "unknown" : model);
}

bool has_nvidia_driver(const fs::path& root) {
  std::error_code error;
  return fs::exists(root / "proc/driver/nvidia", error);
}

std::vector<GpuDevice> nvidia_gpus_in_proc(const fs::path& root) {
  std::vector<GpuDevice> found;
  for (const auto& directory : entries_of(root / "proc/driver/nvidia/gpus")) {
    const auto text = read_text(directory / "information");
    std::string product;
    std::string uuid;
    bool is_excluded = false;
    for (const auto line : split(text, '\n')) {
      const auto colon = line.find(':');
      if (colon == std::string_view::npos) continue;
      const auto value = trimmed(line.substr(colon + 1));
      if (line.starts_with("Model:")) product = value;
      if (line.starts_with("GPU UUID:")) uuid = value;
      if (line.starts_with("GPU Excluded:")) is_excluded = value == "Yes";
    }
    // The driver writes question marks until the device has been used for the first time.
    if (is_excluded || uuid.empty() || uuid.find('?') != std::string::npos) continue;
    found.push_back(nvidia_device(product, std::move(uuid)));
  }
  return found;
}

std::vector<GpuDevice> GpuProbe::look_at_nvidia() {
  if (nvidia_looks_in_trouble_ > 0 && nvidia_looks_in_trouble_ % looks_before_reopening == 0) nvml_.reset();
  std::string trouble;
  if (!nvml_) {
    auto opened = Nvml::open(sources_.nvml);
    if (opened) {
      nvml_ = std::move(*opened);
    } else if (opened.error().kind != ErrorKind::not_found) {
      trouble = opened.error().message;
    }
  }
  if (!nvml_) {
    auto found = nvidia_gpus_in_proc(sources_.root);
    for (auto& device : found) device.trouble = trouble;
    return found;
  }
  std::vector<GpuDevice> found;
  const auto devices = nvml_->devices();
  bool is_well = devices.has_value();
  if (devices) {
    for (const auto& [name, uuid, memory, words] : *devices) {
      found.push_back(nvidia_device(name, uuid));
      found.back().gpu.memory = memory;
      found.back().trouble = words;
      is_well = is_well && words.empty();
    }
  }
  most_nvidia_ = std::max(most_nvidia_, found.size());
  is_well = is_well && found.size() == most_nvidia_;
  nvidia_looks_in_trouble_ = is_well ? 0 : nvidia_looks_in_trouble_ + 1;
  return found;
}

std::vector<GpuDevice> GpuProbe::look() {
  auto found = look_at_nvidia();
  append(found, amd_gpus(sources_.root));
  append(found, intel_gpus(sources_.root));
  return found;
}

std::vector<UnhealthyGpu> unhealthy_of(const std::vector<GpuDevice>& known,
                                       const std::vector<GpuDevice>& found) {
  std::vector<UnhealthyGpu> unhealthy;
  for (const auto& device : known) {
    const auto& uuid = device.gpu.uuid;
    const auto now = std::find_if(found.begin(), found.end(),
                                  [&](const GpuDevice& other) { return other.gpu.uuid == uuid; });
    if (now == found.end()) {
      unhealthy.push_back({uuid, "its driver doesn't list it any more"});
    } else if (!now->trouble.empty()) {
      unhealthy.push_back({uuid, now->trouble});
    }
  }
  return unhealthy;
}

}  // namespace berth
