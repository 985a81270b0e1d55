// Which GPUs a machine has, on trees like those of real ones and with a library that answers as NVIDIA's
// does.
#include "executor/host/gpus.hpp"

#include "executor/host/declared_gpus.hpp"
#include "tests/support/machine_tree.hpp"

#include <gtest/gtest.h>

namespace berth {
namespace {

using test::FakeNvml;
using test::MachineTree;

constexpr auto no_library = "libberth-no-such-library.so.1";

std::vector<std::string> uuids_of(const std::vector<UnhealthyGpu>& gpus) {
  std::vector<std::string> uuids;
  for (const auto& gpu : gpus) uuids.push_back(gpu.uuid);
  return uuids;
}
using Uuids = std::vector<std::string>;

// --- their types

TEST(GpuType, IsTheVendorAndWhatTellsModelsApart) {
  EXPECT_EQ(gpu_type("nvidia", "NVIDIA A100-SXM4-40GB"), "nvidia/a100");
  EXPECT_EQ(gpu_type("nvidia", "NVIDIA A100 80GB PCIe"), "nvidia/a100");
  EXPECT_EQ(gpu_type("nvidia", "NVIDIA H100 80GB HBM3"), "nvidia/h100");
  EXPECT_EQ(gpu_type("nvidia", "Tesla V100-SXM2-16GB"), "nvidia/v100");
  EXPECT_EQ(gpu_type("nvidia", "Tesla T4"), "nvidia/t4");
  EXPECT_EQ(gpu_type("nvidia", "NVIDIA L40S"), "nvidia/l40s");
  EXPECT_EQ(gpu_type("nvidia", "NVIDIA GeForce RTX 3090"), "nvidia/rtx-3090");
  EXPECT_EQ(gpu_type("nvidia", "NVIDIA GeForce GTX 1080 Ti"), "nvidia/gtx-1080-ti");
  EXPECT_EQ(gpu_type("amd", "AMD Instinct MI250X"), "amd/mi250x");
  EXPECT_EQ(gpu_type("amd", "AMD Radeon RX 7900 XTX"), "amd/rx-7900-xtx");
  EXPECT_EQ(gpu_type("nvidia", ""), "nvidia/unknown");
}

TEST(GpuType, OfEveryNameIsOneThatJobsCanAskFor) {
  for (const auto* name : {"NVIDIA A100-SXM4-40GB", "  ", "R\xc3\xa4ther (odd) name/1.5 -", "..."}) {
    const auto type = gpu_type("nvidia", name);
    EXPECT_EQ(check_gpu_type(type), std::nullopt) << type;
  }
}

TEST(GpuType, AJobMayNameTheVendorAlone) {
  const Gpu gpu{"nvidia/a100", "u", {}};
  EXPECT_TRUE(is_wanted({1, std::nullopt}, gpu));
  EXPECT_TRUE(is_wanted({1, "nvidia"}, gpu));
  EXPECT_TRUE(is_wanted({1, "nvidia/a100"}, gpu));
  EXPECT_FALSE(is_wanted({1, "nvidia/a10"}, gpu));
  EXPECT_FALSE(is_wanted({1, "nvi"}, gpu));
  EXPECT_FALSE(is_wanted({1, "amd"}, gpu));
}

// --- NVIDIA

TEST(NvidiaGpus, ByTheLibrary) {
  const MachineTree machine;
  const FakeNvml nvml("GPU-1|NVIDIA A100-SXM4-40GB|42949672960|0\nGPU-2|Tesla T4|16106127360|0\n");
  GpuProbe probe({machine.root(), FAKE_NVML});
  const auto found = probe.look();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].gpu, (Gpu{"nvidia/a100", "GPU-1", 40_GiB}));
  EXPECT_EQ(found[1].gpu, (Gpu{"nvidia/t4", "GPU-2", 15_GiB}));
  EXPECT_TRUE(found[0].is_nvidia);
  EXPECT_TRUE(found[0].nodes.empty()) << "the driver's own tools give a container what it needs";
  EXPECT_TRUE(unhealthy_of(found, found).empty());
}

TEST(NvidiaGpus, OneThatFailsIsUnhealthyAndComesBack) {
  const MachineTree machine;
  const FakeNvml nvml("GPU-1|Tesla T4|1024|0\nGPU-2|Tesla T4|1024|0\n");
  GpuProbe probe({machine.root(), FAKE_NVML});
  const auto known = probe.look();
  nvml.say("GPU-1|Tesla T4|1024|0\nGPU-2|Tesla T4|1024|15\n");
  const auto sick = unhealthy_of(known, probe.look());
  EXPECT_EQ(uuids_of(sick), Uuids{"GPU-2"});
  EXPECT_EQ(sick.at(0).message, "NVML: GPU is lost");
  nvml.say("GPU-1|Tesla T4|1024|lost\nGPU-2|Tesla T4|1024|0\n");
  EXPECT_EQ(uuids_of(unhealthy_of(known, probe.look())), Uuids{"GPU-1"});
  nvml.say("GPU-1|Tesla T4|1024|0\nGPU-2|Tesla T4|1024|0\n");
  EXPECT_TRUE(unhealthy_of(known, probe.look()).empty());
}

TEST(NvidiaGpus, MemoryThatItDoesNotTellIsNoTrouble) {
  const MachineTree machine;
  const FakeNvml nvml("GPU-1|NVIDIA GB10|0|3\n");
  GpuProbe probe({machine.root(), FAKE_NVML});
  const auto found = probe.look();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].trouble, "");
  EXPECT_EQ(found[0].gpu.memory, Bytes{});
}

void put_proc_gpu(const MachineTree& machine, const std::string& bus, const std::string& uuid,
                  const std::string& excluded = "No") {
  machine.file("proc/driver/nvidia/gpus/" + bus + "/information",
               "Model: \t\t NVIDIA A100-SXM4-40GB\nIRQ:   \t\t 35\nGPU UUID: \t " + uuid +
                   "\nVideo BIOS: \t 92.00\nBus Type: \t PCIe\nBus Location: \t " + bus +
                   "\nDevice Minor: \t 0\nGPU Excluded:\t " + excluded + "\n");
}

TEST(NvidiaGpus, InProcWhereTheLibraryIsMissing) {
  const MachineTree machine;
  put_proc_gpu(machine, "0000:07:00.0", "GPU-2");
  put_proc_gpu(machine, "0000:06:00.0", "GPU-1");
  put_proc_gpu(machine, "0000:08:00.0", "GPU-3", "Yes");
  put_proc_gpu(machine, "0000:09:00.0", "GPU-" + std::string(8, '?'));
  GpuProbe probe({machine.root(), no_library});
  const auto found = probe.look();
  ASSERT_EQ(found.size(), 2u) << "neither the excluded one nor one that can't be named";
  EXPECT_EQ(found[0].gpu, (Gpu{"nvidia/a100", "GPU-1", {}}));
  EXPECT_EQ(found[1].gpu.uuid, "GPU-2");
  EXPECT_TRUE(found[0].is_nvidia);
  EXPECT_TRUE(has_nvidia_driver(machine.root()));
  machine.remove("proc/driver/nvidia/gpus/0000:06:00.0");
  const auto sick = unhealthy_of(found, probe.look());
  EXPECT_EQ(uuids_of(sick), Uuids{"GPU-1"});
}

// After an upgrade of the driver's packages nothing works until the machine is restarted.
TEST(NvidiaGpus, ALibraryThatDoesNotWorkSaysWhy) {
  const MachineTree machine;
  put_proc_gpu(machine, "0000:06:00.0", "GPU-1");
  const FakeNvml nvml("init 18\n");
  GpuProbe probe({machine.root(), FAKE_NVML});
  const auto found = probe.look();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].trouble, "NVML: Driver/library version mismatch");
  nvml.say("GPU-1|NVIDIA A100-SXM4-40GB|1024|0\n");
  EXPECT_TRUE(unhealthy_of(found, probe.look()).empty());
}

TEST(NvidiaGpus, AMachineWithoutAnyHasNone) {
  const MachineTree machine;
  GpuProbe probe({machine.root(), no_library});
  EXPECT_TRUE(probe.look().empty());
  EXPECT_FALSE(has_nvidia_driver(machine.root()));
}

// --- AMD and Intel

void put_amd(const MachineTree& machine, int node, int minor, const std::string& unique_id,
             const std::string& product) {
  const auto kfd = "sys/class/kfd/kfd/topology/nodes/" + std::to_string(node);
  const auto render = "renderD" + std::to_string(minor);
  machine.file(kfd + "/properties",
               "cpu_cores_count 0\nsimd_count 416\nvendor_id 4098\ndevice_id 29711\n"
               "unique_id 0\ndrm_render_minor " +
                   std::to_string(minor) + "\n");
  machine.file(kfd + "/name", "aldebaran\n");
  const auto card = "sys/class/drm/" + render + "/device/";
  machine.file(card + "vendor", "0x1002\n");
  machine.file(card + "uevent", "DRIVER=amdgpu\nPCI_SLOT_NAME=0000:03:00." + std::to_string(node) + "\n");
  machine.file(card + "mem_info_vram_total", "68702699520\n");
  if (!unique_id.empty()) machine.file(card + "unique_id", unique_id + "\n");
  if (!product.empty()) machine.file(card + "product_name", product + "\n");
  machine.file("dev/kfd");
  machine.file("dev/dri/" + render);
}

TEST(AmdGpus, FromItsComputeDriver) {
  const MachineTree machine;
  machine.file("sys/class/kfd/kfd/topology/nodes/0/properties", "cpu_cores_count 64\nsimd_count 0\n");
  put_amd(machine, 1, 128, "5b4d0c9f5f4b5d3e", "AMD Instinct MI210");
  put_amd(machine, 2, 129, "", "");
  const auto found = amd_gpus(machine.root());
  ASSERT_EQ(found.size(), 2u) << "node 0 is the processor";
  EXPECT_EQ(found[0].gpu, (Gpu{"amd/mi210", "GPU-5b4d0c9f5f4b5d3e", Bytes{68702699520}}));
  EXPECT_EQ(found[0].nodes, (std::vector<std::string>{"/dev/kfd", "/dev/dri/renderD128"}));
  EXPECT_FALSE(found[0].is_nvidia);
  EXPECT_EQ(found[1].gpu.type, "amd/aldebaran") << "without a product's name, the driver's word";
  EXPECT_EQ(found[1].gpu.uuid, "0000:03:00.2") << "without an identifier, its place";
}

TEST(AmdGpus, PartitionsOfOneAreToldApart) {
  const MachineTree machine;
  put_amd(machine, 1, 128, "abc", "AMD Instinct MI300X");
  put_amd(machine, 2, 129, "abc", "AMD Instinct MI300X");
  const auto found = amd_gpus(machine.root());
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].gpu.uuid, "GPU-abc");
  EXPECT_EQ(found[1].gpu.uuid, "GPU-abc-renderD129");
}

TEST(AmdGpus, WithoutItsDeviceNodeItIsUnhealthy) {
  const MachineTree machine;
  put_amd(machine, 1, 128, "abc", "AMD Instinct MI210");
  GpuProbe probe({machine.root(), no_library});
  const auto known = probe.look();
  machine.remove("dev/dri/renderD128");
  const auto sick = unhealthy_of(known, probe.look());
  ASSERT_EQ(sick.size(), 1u);
  EXPECT_EQ(sick[0].message, "its device node /dev/dri/renderD128 is gone");
  machine.file("dev/dri/renderD128");
  EXPECT_TRUE(unhealthy_of(known, probe.look()).empty());
}

void put_intel(const MachineTree& machine, int minor, const std::string& address, const std::string& id) {
  const auto render = "renderD" + std::to_string(minor);
  const auto card = "sys/class/drm/" + render + "/device/";
  machine.file(card + "vendor", "0x8086\n");
  machine.file(card + "device", id + "\n");
  machine.file(card + "uevent", "DRIVER=i915\nPCI_SLOT_NAME=" + address + "\n");
  machine.file(card + "resource",
               "0x0000000092000000 0x0000000092ffffff 0x0000000000140204\n"
               "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
               "0x0000004000000000 0x00000043ffffffff 0x000000000014220c\n");
  machine.file("dev/dri/" + render);
}

TEST(IntelGpus, CardsButNotTheProcessorsOwn) {
  const MachineTree machine;
  machine.file("sys/class/drm/card0/device/vendor", "0x8086\n");
  put_intel(machine, 128, "0000:00:02.0", "0x4680");
  put_intel(machine, 129, "0000:4d:00.0", "0x56c0");
  put_intel(machine, 130, "0000:5d:00.0", "0x9999");
  const auto found = intel_gpus(machine.root());
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].gpu, (Gpu{"intel/flex-170", "0000:4d:00.0", 16_GiB}));
  EXPECT_EQ(found[0].nodes, std::vector<std::string>{"/dev/dri/renderD129"});
  EXPECT_EQ(found[1].gpu.type, "intel/0x9999");
}

// --- declared ones

std::string complaint_about(const std::string& text) {
  const auto gpus = declared_gpus({text});
  return gpus ? "" : gpus.error().message;
}

TEST(DeclaredGpus, AreTheSameAtEveryStart) {
  const auto gpus = declared_gpus({"nvidia/a100=2", "amd/mi210=1"});
  ASSERT_TRUE(gpus);
  const std::vector<Gpu> expected{{"nvidia/a100", "declared-nvidia/a100-0", {}},
                                  {"nvidia/a100", "declared-nvidia/a100-1", {}},
                                  {"amd/mi210", "declared-amd/mi210-0", {}}};
  EXPECT_EQ(*gpus, expected);
  EXPECT_EQ(declared_gpus({"nvidia/a100=2", "amd/mi210=1"}).value(), expected);
}

TEST(DeclaredGpus, NoneLeavesOutTheMeasuredOnes) {
  const auto gpus = declared_gpus({"none"});
  ASSERT_TRUE(gpus);
  EXPECT_TRUE(gpus->empty());
}

TEST(DeclaredGpus, SayWhatIsWrong) {
  EXPECT_EQ(complaint_about("nvidia/a100"),
            "must be TYPE=COUNT such as nvidia/a100=4, or none: there is no count in \"nvidia/a100\"");
  EXPECT_NE(complaint_about("nvidia/a100=0").find("from 1 to 64"), std::string::npos);
  EXPECT_NE(complaint_about("nvidia/a100=65").find("from 1 to 64"), std::string::npos);
  EXPECT_NE(complaint_about("nvidia/a100=x").find("from 1 to 64"), std::string::npos);
  EXPECT_NE(complaint_about("NVIDIA/A100=1").find("lower case"), std::string::npos);
  EXPECT_NE(complaint_about("=1").find("lower case"), std::string::npos);
  const auto twice = declared_gpus({"a/b=1", "a/b=2"});
  ASSERT_FALSE(twice);
  EXPECT_NE(twice.error().message.find("given twice"), std::string::npos);
}

}  // namespace
}  // namespace berth
