// Containers in Docker, over the Engine API (1.41 and later) on a Unix or TCP socket.
//
// What it guards against, each seen on real daemons:
// - A create whose answer was lost is found again by its name, and taken if its labels are those of the
// attempt.
// - A start whose answer was lost is never repeated blindly: Docker would run a container that has ended a
// second time.
// - An exit code is told only if the daemon that tells it saw the exit (incarnation.hpp); otherwise it is
// absent.
// - How a process ended is told by the record that berth-init, PID 1 of each container, wrote of it
// (init_files.hpp). Only where that says nothing, because init itself was killed, Docker's word counts, under
// the rule above.
// - A container runs before its job's process does: init waits for a word that start() gives. Until then it
// is `created`.
// - Output doesn't go through Docker, which would have to write and rotate all of it, and loses some where it
//   rotates or is restarted: job_output.hpp. Docker's own log is read where an executor from before that
//   began the container.
// - Pulls: an image is not_found when the registry says so, and also when the name of the registry doesn't
// exist; a
//   registry that can't be asked is unavailable (the rule and its reason: replies.hpp).
//
// Not thread-safe; must outlive every call.
#pragma once

#include "executor/host/container_cgroup.hpp"
#include "executor/runtime/container_runtime.hpp"
#include "executor/runtime/docker/engine.hpp"
#include "executor/runtime/docker/init_files.hpp"
#include "executor/runtime/docker/init_link.hpp"
#include "executor/runtime/docker/job_output.hpp"
#include "executor/runtime/docker/pull.hpp"
#include "shared/runtime/off_loop.hpp"
#include "shared/runtime/slots.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace berth {

// $DOCKER_HOST, or the usual socket.
std::string default_docker_host();

class DockerRuntime final : public ContainerRuntime {
 public:
  // `files`: on the machine of the daemon, under the same path as the daemon sees it.
  DockerRuntime(asio::any_io_executor executor, http::Address address, docker::InitFiles files);
  ~DockerRuntime() override;

  Task<RuntimeInfo> probe() override;
  Task<Result<bool>> has_image(std::string image) override;
  Task<Result<>> pull(std::string image, OnPullProgress on_progress) override;
  Task<Result<>> create(ContainerSpec spec) override;
  Task<Result<>> start(ContainerSpec spec, MayStart may_start) override;
  void extend_lease(BootTime until) override { files_.extend_lease(until); }
  Task<Result<ContainerState>> wait(ContainerIdentity identity) override;
  Task<Result<>> kill(ContainerIdentity identity, std::string signal) override;
  Task<Result<>> remove(ContainerIdentity identity) override;
  Task<Result<ContainerState>> inspect(ContainerIdentity identity) override;
  Task<Result<std::vector<ContainerState>>> list(std::string cluster, std::string executor) override;
  Task<std::optional<std::vector<ContainerCounters>>> counters(
      std::vector<ContainerIdentity> identities) override;
  Task<Result<>> copy_logs(ContainerIdentity identity, std::uint64_t skip, LogSink& sink) override;
  Task<Result<>> copy_ended_logs(ContainerIdentity identity, std::uint64_t skip, LogSink& sink) override;

  // Deadlines of single calls. A loaded daemon takes many seconds to create or start a container; giving up
  // earlier would only make it do the work twice.
  static constexpr Milliseconds probe_deadline = std::chrono::seconds{10};
  static constexpr Milliseconds read_deadline = std::chrono::seconds{20};     // inspect, list, image
  static constexpr Milliseconds change_deadline = std::chrono::seconds{60};   // create, start, kill, remove
  static constexpr Milliseconds release_deadline = std::chrono::seconds{20};  // from the start to the process
  static constexpr Milliseconds pull_stall = std::chrono::minutes{2};         // no news of a pull

  static constexpr Milliseconds slot_deadline = std::chrono::minutes{2};  // until a change may begin

  // Creates and starts at once, and as many removes: more gains nothing, because the daemon works on them one
  // by one. Removes have places of their own, because they are what ends jobs when creates hang.
  static constexpr std::size_t changes_at_once = 4;

 private:
  // What this process knows about a container beyond what the daemon tells.
  struct Memory {
    bool is_fresh = false;     // created here, and no start was sent yet
    bool was_running = false;  // seen running …
    std::string incarnation;   // … by this daemon
    bool exit_seen = false;    // by an unbroken wait
    std::optional<WallTime> started_at;
    std::string id;                         // Docker's; empty: not known
    int pid = 0;                            // of its init, as Docker or the kernel told it; 0: not known
    std::optional<ContainerCgroup> cgroup;  // once it was found
    bool has_no_cgroup = false;             // it was looked for, and can't be seen from here
  };
  struct Look;
  // Which part of a log one request is for.
  enum class Reading { follow, whole, tail };
  // How far a copy of the output has come.
  struct LogCursor {
    std::uint64_t delivered = 0;  // bytes of both streams together that the sink has, or was told to skip
    std::string last;  // of these, at least the last compared_at_end, as far as they were seen here
    std::optional<Error> broken;  // why the last stream ended early
  };

  Task<Result<std::vector<std::string>>> command_of(JobDefinition definition);
  Task<Result<>> adopt(ContainerIdentity identity);
  Task<Result<>> start_container(ContainerIdentity identity);
  Task<Result<>> release(std::string name, berth_go go, docker::InitLink link, MayStart may_start);
  Task<Result<docker::Inspection>> look(std::string name);
  Task<Result<ContainerState>> conclude(docker::Inspection inspection, bool wait_was_unbroken);
  Task<Result<>> await_exit(std::string name);
  Task<Result<>> await_removal(std::string name);
  Result<std::shared_ptr<docker::JobOutput>> output_of(const std::string& name);
  void forget_output(const std::string& name);
  Task<Result<>> copy_output(std::string name, std::uint64_t skip, LogSink& sink,
                             std::optional<Milliseconds> patience);
  Task<Result<>> follow_docker_log(std::string name, std::uint64_t skip, LogSink& sink);
  Task<Result<>> read_docker_log(std::string name, std::uint64_t skip, LogSink& sink);
  Task<Result<>> copy_once(std::string name, Reading reading, LogCursor& cursor, LogSink& sink);
  Task<bool> ends_with(std::string name, std::string delivered);
  // refused: the end of its output may be missing.
  Result<> judge_log(const docker::Inspection& ended) const;
  void remember_running(const std::string& name, const std::string& incarnation,
                        std::optional<WallTime> started_at);

  Task<> look_at_images();

  asio::any_io_executor executor_;
  docker::InitFiles files_;
  docker::Engine engine_;
  Slots slots_;  // of creates and starts
  Slots removal_slots_;
  docker::SharedPulls pulls_;
  OffLoop looks_;                                   // at what containers use
  std::map<std::string, Bytes> images_;             // and their sizes, as last seen
  Deadline images_due_{};                           // when to look again
  std::unordered_map<std::string, Memory> memory_;  // by container name; forgotten when it is removed
  std::unordered_map<std::string, std::shared_ptr<docker::JobOutput>> outputs_;  // the same
};

// `docker_host` is unix:///PATH, tcp://HOST:PORT, or empty for the default; `state` is this executor's own
// directory on the daemon's machine. Errors: invalid (the host is neither), refused (the directory can't be
// used); the field says which flag is meant.
Result<std::unique_ptr<ContainerRuntime>> make_docker_runtime(asio::any_io_executor executor,
                                                              std::string_view docker_host,
                                                              const std::filesystem::path& state);

}  // namespace berth
