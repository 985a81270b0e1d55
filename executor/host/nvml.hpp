// NVIDIA's management library, loaded at run time: most machines don't have it, and Berth needs it neither to
// be built nor to run. Blocking.
#pragma once

#include "shared/base/quantity.hpp"
#include "shared/base/result.hpp"

#include <memory>
#include <string>
#include <vector>

namespace berth {

class Nvml {
 public:
  struct Device {
    std::string name;     // "NVIDIA A100-SXM4-40GB"
    std::string uuid;     // "GPU-…"
    Bytes memory{};       // 0: it doesn't tell
    std::string trouble;  // the library's words about a device that doesn't answer
  };

  // Loads and initialises it. Errors: not_found (there is no such library here), unavailable (it doesn't
  // work: no driver, or another version of it; the message has its words).
  static Result<std::unique_ptr<Nvml>> open(const std::string& library);
  ~Nvml();
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;

  // The devices, in the library's order; those whose uuid it can't tell are left out.
  Result<std::vector<Device>> devices();

 private:
  struct Functions;
  Nvml(void* library, std::unique_ptr<Functions> functions);
  std::string words(int code) const;

  void* library_;
  std::unique_ptr<Functions> functions_;
};

}  // namespace berth
