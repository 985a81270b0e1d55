// What a person asks for: the job definition, with every field of the product's contract.
#pragma once

#include "shared/base/time.hpp"
#include "shared/model/resources.hpp"
#include "shared/model/webhook.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace berth {

// How a job, or one attempt of it, ended.
enum class Cause {
  exit,             // its process ended by itself with a code
  signal,           // a signal ended it
  oom,              // it was killed for using more memory than it asked for
  timeout,          // one attempt ran longer than `timeout`
  queue_timeout,    // it was PENDING for longer than `queue_timeout`
  image_pull,       // the registry couldn't be reached, or the pull made no progress
  image_not_found,  // there is no such image
  start,            // the container couldn't be started: no such command, a bad mount …
  executor_lost,    // the machine fell silent
  exit_unknown,     // it ended, but nobody really saw how: never taken for success
  aborted,          // a person asked for it
};

template <>
struct EnumNames<Cause> {
  static constexpr std::array<std::pair<Cause, std::string_view>, 11> names{{
      {Cause::exit, "EXIT"},
      {Cause::signal, "SIGNAL"},
      {Cause::oom, "OOM"},
      {Cause::timeout, "TIMEOUT"},
      {Cause::queue_timeout, "QUEUE_TIMEOUT"},
      {Cause::image_pull, "IMAGE_PULL"},
      {Cause::image_not_found, "IMAGE_NOT_FOUND"},
      {Cause::start, "START"},
      {Cause::executor_lost, "EXECUTOR_LOST"},
      {Cause::exit_unknown, "EXIT_UNKNOWN"},
      {Cause::aborted, "ABORTED"},
  }};
};

enum class Network { bridge, none, host };

template <>
struct EnumNames<Network> {
  static constexpr std::array<std::pair<Network, std::string_view>, 3> names{
      {{Network::bridge, "bridge"}, {Network::none, "none"}, {Network::host, "host"}}};
};

// "/host:/container[:ro]"
struct Volume {
  std::string host;
  std::string container;
  bool read_only = false;
  bool operator==(const Volume&) const = default;
};

template <>
struct TextForm<Volume> {
  static constexpr std::string_view example = "/host:/container[:ro]";
  static Result<Volume> parse(std::string_view text);
  static std::string format(const Volume& volume);
};

// "1024" or "1024:2048": soft and hard; -1 is unlimited.
struct Ulimit {
  std::int64_t soft = 0;
  std::int64_t hard = 0;
  bool operator==(const Ulimit&) const = default;
};

template <>
struct TextForm<Ulimit> {
  static constexpr std::string_view example = "1024[:2048]";
  static Result<Ulimit> parse(std::string_view text);
  static std::string format(const Ulimit& limit);
};

struct Placement {
  std::vector<std::string> regions;
  std::vector<std::string> datacenters;
  std::map<std::string, std::string> labels;
  bool operator==(const Placement&) const = default;
};

struct Retries {
  std::uint32_t max = 0;
  Milliseconds backoff =
      limits::first_backoff;  // doubled from one retry to the next, up to limits::longest_backoff
  std::vector<Cause> on;      // empty: the job's own failures (EXIT, SIGNAL, OOM, TIMEOUT)
  bool operator==(const Retries&) const = default;
};

struct JobDefinition {
  std::optional<std::string> name;
  std::string image;
  std::optional<std::vector<std::string>> entrypoint;  // an empty list clears the image's, as in Docker
  std::vector<std::string> command;
  std::map<std::string, std::string> env;
  std::optional<std::string> working_dir;
  std::optional<std::string> user;
  bool read_only = false;
  std::optional<Bytes> shm_size;
  std::map<std::string, Ulimit> ulimits;
  Resources resources;
  Placement placement;
  std::vector<Volume> volumes;
  Network network = Network::bridge;
  int priority = 50;
  std::optional<Milliseconds> timeout;
  std::optional<Milliseconds> queue_timeout;
  std::string stop_signal = "SIGTERM";
  Milliseconds stop_grace = std::chrono::seconds{10};
  Retries retries;
  bool at_most_once = false;
  std::map<std::string, std::string> labels;
  std::vector<Webhook> webhooks;
  bool operator==(const JobDefinition&) const = default;
};

// The rules of single fields, by name for the descriptions below; also used by the command line for early
// errors.
Complaint check_job_name(const std::string& name);
Complaint check_image(const std::string& image);
Complaint check_arguments(const std::vector<std::string>& arguments);
Complaint check_env(const std::map<std::string, std::string>& env);
Complaint check_labels(const std::map<std::string, std::string>& labels);
Complaint check_absolute_path(const std::string& path);
Complaint check_user(const std::string& user);
Complaint check_volumes(const std::vector<Volume>& volumes);
Complaint check_ulimits(const std::map<std::string, Ulimit>& ulimits);
Complaint check_signal(const std::string& signal);
Complaint check_retry_causes(const std::vector<Cause>& causes);

template <>
struct Description<Placement> {
  static constexpr std::string_view name = "Placement";
  static constexpr auto fields = std::make_tuple(
      field("regions", &Placement::regions, "Eligible regions; empty means any."),
      field("datacenters", &Placement::datacenters, "Eligible datacenters; empty means any."),
      field("labels", &Placement::labels, "Executor labels that must match.").satisfies(check_labels));
};

template <>
struct Description<Retries> {
  static constexpr std::string_view name = "Retries";
  static constexpr auto fields = std::make_tuple(
      field("max", &Retries::max, "How many more attempts after the first.").between(0, limits::max_retries),
      field("backoff", &Retries::backoff, "Wait before the first retry; doubles each time.")
          .between(Milliseconds{0}, limits::max_duration),
      field("on", &Retries::on, "Causes to retry on; empty means EXIT, SIGNAL, OOM and TIMEOUT.")
          .satisfies(check_retry_causes));
};

template <>
struct Description<JobDefinition> {
  static constexpr std::string_view name = "JobDefinition";
  static constexpr auto fields = std::make_tuple(
      field("name", &JobDefinition::name, "Label for people; need not be unique.")
          .matches("^[a-z0-9][a-z0-9._-]{0,62}$", check_job_name),
      field("image", &JobDefinition::image, "Docker image reference.").required().satisfies(check_image),
      field("entrypoint", &JobDefinition::entrypoint, "Replaces the image's entrypoint.")
          .satisfies(check_arguments),
      field("command", &JobDefinition::command, "Replaces the image's command.").satisfies(check_arguments),
      field("env", &JobDefinition::env, "Environment variables; names starting with BERTH_ are reserved.")
          .satisfies(check_env),
      field("working_dir", &JobDefinition::working_dir, "Working directory in the container.")
          .satisfies(check_absolute_path),
      field("user", &JobDefinition::user, "User, or user:group, by name or number.").satisfies(check_user),
      field("read_only", &JobDefinition::read_only, "Make the root file system read-only."),
      field("shm_size", &JobDefinition::shm_size, "Size of /dev/shm.").between(Bytes{0}, limits::max_memory),
      field("ulimits", &JobDefinition::ulimits, "Kernel limits: name to soft[:hard].")
          .satisfies(check_ulimits),
      field("resources", &JobDefinition::resources, "What it needs."),
      field("placement", &JobDefinition::placement, "Where it may run."),
      field("volumes", &JobDefinition::volumes, "Host directories, /host:/container[:ro].")
          .satisfies(check_volumes),
      field("network", &JobDefinition::network, "bridge, none or host."),
      field("priority", &JobDefinition::priority, "Higher goes first; first in, first out inside one.")
          .between(0, limits::max_priority),
      field("timeout", &JobDefinition::timeout, "Longest running time of one attempt.")
          .between(Milliseconds{1}, limits::max_duration),
      field("queue_timeout", &JobDefinition::queue_timeout, "Longest time spent PENDING.")
          .between(Milliseconds{1}, limits::max_duration),
      field("stop_signal", &JobDefinition::stop_signal, "How it is asked to end.").satisfies(check_signal),
      field("stop_grace", &JobDefinition::stop_grace, "Time between stop_signal and SIGKILL.")
          .between(Milliseconds{0}, limits::max_duration),
      field("retries", &JobDefinition::retries, "Retry policy for the job's own failures."),
      field("at_most_once", &JobDefinition::at_most_once, "Never rerun after its machine was lost."),
      field("labels", &JobDefinition::labels, "Free labels for finding jobs.").satisfies(check_labels),
      field("webhooks", &JobDefinition::webhooks, "Where to tell of its events as they happen.")
          .satisfies(check_webhooks));
};

}  // namespace berth
