#include "executor/host/nvml.hpp"

#include <dlfcn.h>

#include <array>
#include <utility>

namespace berth {
namespace {

// The part of nvml.h that is needed here; its names and layouts are a stable interface.
using Code = int;
using Handle = void*;
struct Memory {
  unsigned long long total = 0;
  unsigned long long free = 0;
  unsigned long long used = 0;
};
constexpr Code success = 0;
constexpr Code not_supported = 3;  // of memory: a GPU that shares the processor's
constexpr unsigned name_size = 96;

template <class Function>
bool find(void* library, const char* name, Function& target) {
  target = reinterpret_cast<Function>(::dlsym(library, name));
  return target != nullptr;
}

}  // namespace

struct Nvml::Functions {
  Code (*init)() = nullptr;
  Code (*shutdown)() = nullptr;
  const char* (*error_string)(Code) = nullptr;
  Code (*count)(unsigned*) = nullptr;
  Code (*handle)(unsigned, Handle*) = nullptr;
  Code (*name)(Handle, char*, unsigned) = nullptr;
  Code (*uuid)(Handle, char*, unsigned) = nullptr;
  Code (*memory)(Handle, Memory*) = nullptr;

  bool find_all(void* library) {
    return find(library, "nvmlInit_v2", init) && find(library, "nvmlShutdown", shutdown) &&
           find(library, "nvmlErrorString", error_string) && find(library, "nvmlDeviceGetCount_v2", count) &&
           find(library, "nvmlDeviceGetHandleByIndex_v2", handle) &&
           find(library, "nvmlDeviceGetName", name) && find(library, "nvmlDeviceGetUUID", uuid) &&
           find(library, "nvmlDeviceGetMemoryInfo", memory);
  }
};

Nvml::Nvml(void* library, std::unique_ptr<Functions> functions)
    : library_(library), functions_(std::move(functions)) {}

Nvml::~Nvml() {
  functions_->shutdown();
  ::dlclose(library_);
}

Result<std::unique_ptr<Nvml>> Nvml::open(const std::string& library) {
  void* loaded = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (loaded == nullptr) return Error{ErrorKind::not_found, library + " isn't there"};
  auto functions = std::make_unique<Functions>();
  if (!functions->find_all(loaded)) {
    ::dlclose(loaded);
    return unavailable(library + " lacks functions that Berth needs");
  }
  if (const Code code = functions->init(); code != success) {
    Error error = unavailable("NVML: " + std::string(functions->error_string(code)));
    ::dlclose(loaded);
    return error;
  }
  return std::unique_ptr<Nvml>(new Nvml(loaded, std::move(functions)));
}

std::string Nvml::words(int code) const { return "NVML: " + std::string(functions_->error_string(code)); }

Result<std::vector<Nvml::Device>> Nvml::devices() {
  unsigned count = 0;
  if (const Code code = functions_->count(&count); code != success) return unavailable(words(code));
  std::vector<Device> found;
  for (unsigned i = 0; i < count; ++i) {
    Handle handle = nullptr;
    std::array<char, name_size> text{};
    if (functions_->handle(i, &handle) != success) continue;
    if (functions_->uuid(handle, text.data(), text.size()) != success) continue;
    Device device;
    device.uuid = text.data();
    const auto note = [&](Code code) {
      if (code != success && device.trouble.empty()) device.trouble = words(code);
    };
    text = {};
    note(functions_->name(handle, text.data(), text.size()));
    device.name = text.data();
    Memory memory;
    if (const Code code = functions_->memory(handle, &memory); code == success) {
      device.memory = Bytes{static_cast<std::int64_t>(memory.total)};
    } else if (code != not_supported) {
      note(code);
    }
    found.push_back(std::move(device));
  }
  return found;
}

}  // namespace berth
