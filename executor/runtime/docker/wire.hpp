// The Docker Engine API's JSON, to and from Berth's values. Pure: tested without a daemon.
#pragma once

#include "executor/runtime/container_runtime.hpp"
#include "init/protocol.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace berth::docker {

// What Berth knows of the daemon that it talks to.
struct DaemonFacts {
  std::string version;      // "20.10.24"
  std::string api_version;  // the one that Berth speaks with it, "1.41"
  std::string incarnation;  // see incarnation.hpp
  int cpus = 0;             // cores that it can hand out; 0: unknown
  bool has_cpu_quota = true;
  std::string id = {};    // the daemon's own, kept over restarts
  std::string root = {};  // its directory of images and containers
  bool operator==(const DaemonFacts&) const = default;
};

// The oldest Engine API that Berth works with (Docker 20.10). Berth speaks the oldest one that both sides
// know: its meaning is the best settled.
inline constexpr std::string_view oldest_api = "1.41";

// From the bodies of GET /version and GET /info; `incarnation` stays empty. Error refused when the daemon is
// too old.
Result<DaemonFacts> parse_facts(std::string_view version_body, std::string_view info_body);

// The container's id, from the body of a create that was done; empty if it isn't there.
std::string parse_created_id(std::string_view body);

// What an image says of the command that runs in it.
struct ImageCommand {
  std::vector<std::string> entrypoint;
  std::vector<std::string> command;
};
// From the body of GET /images/{name}/json.
Result<ImageCommand> parse_image_command(std::string_view body);

// Whether the definition alone doesn't say which command runs.
bool needs_image_command(const JobDefinition& definition);
// The command that Docker would run: an entrypoint of the definition replaces the image's and its command, a
// command only the image's. Error refused: there is none.
Result<std::vector<std::string>> command_of(const JobDefinition& definition, const ImageCommand& image);

// What berth-init is told of the definition.
berth_go go_for(const JobDefinition& definition);

// How berth-init is put before the command.
struct InitLaunch {
  std::string directory;  // of the attempt, on the host
  std::vector<std::string> command;
};

// The body of POST /containers/create. Members and lists come in a fixed order. A request for more cores than
// the daemon has gets all of them: it refuses such a quota, though an executor may have been told to offer
// more.
std::string create_body(const ContainerSpec& spec, const DaemonFacts& facts, const InitLaunch& launch);

// The largest number of processes and threads in one container: far above what a job needs, far below what
// would starve the machine of process ids.
inline constexpr int pids_limit = 16'384;

// Where output goes to Docker: init's own words, and the output of jobs that an older executor began. Its
// `local` driver keeps this much of a container's output in a file, and two files at most. Within
// the first file every byte can be read back in order; when the driver rotates, a reader that follows may
// lose or repeat some.
inline constexpr std::string_view log_file_size = "1g";
inline constexpr std::string_view log_files = "2";
inline constexpr std::uint64_t exact_log = 1'000'000'000;  // bytes; each write costs some 20 more

// One container as inspected.
struct Inspection {
  ContainerState state;     // exit_code as Docker tells it: whether to believe it is decided elsewhere
  std::string incarnation;  // of the daemon that created it
  bool has_init = false;    // berth-init is its first process …
  bool is_held = false;     // … and waits for the word to begin; set by who has read its record
  std::string id;
  int pid = 0;  // of its first process, as the daemon sees it; 0: it has none
};
// From the body of GET /containers/{name}/json. Error conflict: that container isn't Berth's.
Result<Inspection> parse_inspection(std::string_view body);

// One container of a list: no exit code and no times there.
struct Listed {
  ContainerIdentity identity;
  ContainerPhase phase = ContainerPhase::created;
};
// From the body of GET /containers/json. Containers without Berth's labels are left out.
Result<std::vector<Listed>> parse_list(std::string_view body);

// The value of the list's `filters` parameter: JSON, not yet percent-encoded.
std::string list_filters(std::string_view cluster, std::string_view executor);

// From the body of GET /images/json: the full names (full_image_name) of the images that are there, sorted,
// and their sizes, of the newest limits::images_told. One that was pulled by its digest has no other name.
std::map<std::string, Bytes> parse_images(std::string_view body);

// Percent-encodes a reference for a path: its slashes, colons and at-sign stay.
std::string encode_reference(std::string_view reference);

}  // namespace berth::docker
