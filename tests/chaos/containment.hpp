// A run of chaos starts dozens of processes, mounts, network namespaces, cgroups and containers. None of them
// outlives it, however it ends:
//
//   chaos          what a person started; it only waits for the verdict
//     guard        not its child (so that whoever ends its whole tree doesn't reach it): sees chaos or the
//                  run end, sweeps, and is then done
//       run        PID 1 of a pid namespace, with mounts and a network of its own: when it dies, the kernel
//                  ends all that was started there, and with the processes go mounts and networks
//
// If the guard is killed, the run dies with it, and chaos sweeps.
#pragma once

#include <filesystem>
#include <functional>

namespace berth::chaos {

// What a run leaves outside its namespaces.
struct Traces {
  std::filesystem::path folder;  // everything on disk
  std::filesystem::path cgroup;  // below the root of every cgroup hierarchy
};

// A fresh folder and a cgroup name of this run's own. Throws std::system_error.
Traces make_traces();

// Removes both, after all processes are gone. What can't be removed is named on stderr.
void sweep(const Traces& traces);

// Runs `run` contained, in a process of its own, and returns what it returned; 2 if it died. SIGINT, SIGTERM
// and SIGHUP end it early: 128+n. Needs root. Throws std::system_error.
int contained(const Traces& traces, const std::function<int()>& run);

}  // namespace berth::chaos
