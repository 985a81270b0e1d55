// NVIDIA's management library as far as Berth uses it, for machines without one. It reads the file that
// BERTH_FAKE_NVML names, anew at every count: "init CODE" says what opening answers, and each other line is a
// device: UUID|NAME|MEMORY|CODE, where CODE is what its memory answers (0: well); "lost" in its place means
// that not even a handle can be had.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace {

struct Device {
  std::string uuid;
  std::string name;
  unsigned long long memory = 0;
  std::string code;
};

struct Memory {
  unsigned long long total, free, used;
};

constexpr int success = 0;
constexpr int uninitialized = 1;
constexpr int gpu_is_lost = 15;

std::vector<Device> devices;
bool is_open = false;

std::ifstream description() {
  const char* path = std::getenv("BERTH_FAKE_NVML");
  return std::ifstream(path == nullptr ? "" : path);
}

int copy(const std::string& text, char* target, unsigned size) {
  std::snprintf(target, size, "%s", text.c_str());
  return success;
}

}  // namespace

extern "C" {

int nvmlInit_v2() {
  auto file = description();
  std::string word;
  int code = success;
  if (file >> word && word == "init") file >> code;
  is_open = code == success;
  return code;
}

int nvmlShutdown() {
  is_open = false;
  return success;
}

const char* nvmlErrorString(int code) {
  if (code == gpu_is_lost) return "GPU is lost";
  if (code == 18) return "Driver/library version mismatch";
  return "Unknown Error";
}

int nvmlDeviceGetCount_v2(unsigned* count) {
  if (!is_open) return uninitialized;
  devices.clear();
  auto file = description();
  for (std::string line; std::getline(file, line);) {
    if (line.find('|') == std::string::npos) continue;
    std::istringstream fields(line);
    Device device;
    std::string memory;
    std::getline(fields, device.uuid, '|');
    std::getline(fields, device.name, '|');
    std::getline(fields, memory, '|');
    std::getline(fields, device.code);
    device.memory = std::stoull(memory);
    devices.push_back(device);
  }
  *count = static_cast<unsigned>(devices.size());
  return success;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** handle) {
  if (devices[index].code == "lost") return gpu_is_lost;
  *handle = &devices[index];
  return success;
}

int nvmlDeviceGetName(void* handle, char* name, unsigned size) {
  return copy(static_cast<Device*>(handle)->name, name, size);
}

int nvmlDeviceGetUUID(void* handle, char* uuid, unsigned size) {
  return copy(static_cast<Device*>(handle)->uuid, uuid, size);
}

int nvmlDeviceGetMemoryInfo(void* handle, void* memory) {
  const auto& device = *static_cast<Device*>(handle);
  const Memory answer{device.memory, device.memory, 0};
  std::memcpy(memory, &answer, sizeof answer);
  return std::stoi(device.code);
}

}  // extern "C"
