#include "shared/model/job_definition.hpp"

#include "shared/base/ids.hpp"
#include "shared/model/executor_info.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace berth {
namespace {

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_letter_or_digit(char c) { return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z'); }
bool is_name_mark(char c) { return c == '.' || c == '_' || c == '-'; }
bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

bool is_env_name(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return is_letter_or_digit(c) || c == '_'; });
}

// An absolute path without "." and ".." components, so that what it names can't change under the reader's
// eyes.
bool is_plain_absolute(std::string_view path) {
  if (!path.starts_with('/') || has_nul(path)) return false;
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto end = std::min(path.find('/'), path.size());
    const auto part = path.substr(0, end);
    if (part == "." || part == "..") return false;
    path.remove_prefix(end);
  }
  return true;
}

std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

// Linux' signals that a person may use to ask a process to end.
constexpr std::array<std::string_view, 16> signals{
    "SIGTERM", "SIGINT",  "SIGQUIT", "SIGKILL", "SIGHUP",  "SIGUSR1", "SIGUSR2", "SIGWINCH",
    "SIGPIPE", "SIGALRM", "SIGABRT", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGPWR",  "SIGIO",
};

}  // namespace

Result<Volume> TextForm<Volume>::parse(std::string_view text) {
  const auto complaint = [&](std::string_view why) {
    return invalid("must be /host:/container[:ro], got " + quoted(text) + std::string(why));
  };
  Volume volume;
  const auto first = text.find(':');
  if (first == std::string_view::npos) return complaint("");
  volume.host = text.substr(0, first);
  auto rest = text.substr(first + 1);
  if (const auto second = rest.find(':'); second != std::string_view::npos) {
    const auto mode = rest.substr(second + 1);
    if (mode != "ro" && mode != "rw") return complaint(": the mode is ro or rw");
    volume.read_only = mode == "ro";
    rest = rest.substr(0, second);
  }
  volume.container = rest;
  if (!is_plain_absolute(volume.host)) return complaint(": the host path must be absolute, without . and ..");
  if (!is_plain_absolute(volume.container) || volume.container == "/") {
    return complaint(": the container path must be absolute, without . and .., and not /");
  }
  return volume;
}

std::string TextForm<Volume>::format(const Volume& volume) {
  return volume.host + ':' + volume.container + (volume.read_only ? ":ro" : "");
}

Result<Ulimit> TextForm<Ulimit>::parse(std::string_view text) {
  const auto colon = text.find(':');
  const auto soft = parse_integer<std::int64_t>(text.substr(0, colon));
  const auto hard =
      colon == std::string_view::npos ? soft : parse_integer<std::int64_t>(text.substr(colon + 1));
  if (!soft || !hard || *soft < -1 || *hard < -1) return invalid("must be SOFT[:HARD], got " + quoted(text));
  if (*hard != -1 && (*soft == -1 || *soft > *hard)) {
    return invalid("the soft limit must not be above the hard one, got " + quoted(text));
  }
  return Ulimit{*soft, *hard};
}

std::string TextForm<Ulimit>::format(const Ulimit& limit) {
  return limit.soft == limit.hard ? std::to_string(limit.soft)
                                  : std::to_string(limit.soft) + ':' + std::to_string(limit.hard);
}

Complaint check_job_name(const std::string& name) {
  const bool good =
      !name.empty() && name.size() <= 63 && is_lower_or_digit(name[0]) &&
      std::all_of(name.begin(), name.end(), [](char c) { return is_lower_or_digit(c) || is_name_mark(c); });
  if (good) return std::nullopt;
  return "must be 1 to 63 of a-z, 0-9, '.', '_' and '-', starting with a letter or digit, got " +
         quoted(name);
}

Complaint check_executor_name(const std::string& name) {
  const bool good =
      !name.empty() && name.size() <= 63 && is_letter_or_digit(name[0]) &&
      std::all_of(name.begin(), name.end(), [](char c) { return is_letter_or_digit(c) || is_name_mark(c); });
  if (good) return std::nullopt;
  return "must be 1 to 63 letters, digits, '.', '_' and '-', starting with a letter or digit, got " +
         quoted(name);
}

Complaint check_image(const std::string& image) {
  if (image.empty()) return "must name a Docker image, such as busybox or registry.example.com/team/app:1.2";
  if (image.size() > limits::max_image) return "is too long for an image reference";
  const bool clean = std::all_of(image.begin(), image.end(), [](char c) {
    return is_letter_or_digit(c) || is_name_mark(c) || c == '/' || c == ':' || c == '@';
  });
  if (!clean || !is_letter_or_digit(image[0]) || image.find("//") != std::string::npos) {
    return "is not an image reference: " + quoted(image);
  }
  // The repository is in lower case; host and tag may have capitals: "LOCALHOST:5000/app:V1".
  const auto slash = image.rfind('/');
  const auto last = std::string_view{image}.substr(slash == std::string::npos ? 0 : slash + 1);
  const auto repository = last.substr(0, last.find_first_of(":@"));
  if (std::any_of(repository.begin(), repository.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) {
    return "must have its repository in lower case: " + quoted(image);
  }
  return std::nullopt;
}

Complaint check_arguments(const std::vector<std::string>& arguments) {
  if (arguments.size() > limits::max_arguments) {
    return "must have at most " + std::to_string(limits::max_arguments) + " entries";
  }
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (has_nul(arguments[i])) return "entry " + std::to_string(i) + " holds a NUL, which no argument can";
    if (arguments[i].size() >= limits::max_argument) {
      return "entry " + std::to_string(i) + " is longer than the kernel allows (131071 bytes)";
    }
  }
  return std::nullopt;
}

Complaint check_env(const std::map<std::string, std::string>& env) {
  if (env.size() > limits::max_env)
    return "must have at most " + std::to_string(limits::max_env) + " entries";
  for (const auto& [name, value] : env) {
    if (!is_env_name(name)) return "names must match [A-Za-z_][A-Za-z0-9_]*, got " + quoted(name);
    if (name.starts_with("BERTH_")) return "names starting with BERTH_ are reserved, got " + quoted(name);
    if (has_nul(value)) return name + " holds a NUL, which no variable can";
    if (name.size() + 1 + value.size() >= limits::max_env_string) {
      return name +
             " is longer than the kernel allows (131071 bytes with its name); pass large data in a volume";
    }
  }
  return std::nullopt;
}

Complaint check_labels(const std::map<std::string, std::string>& labels) {
  if (labels.size() > limits::max_labels)
    return "must have at most " + std::to_string(limits::max_labels) + " entries";
  for (const auto& [name, value] : labels) {
    if (name.empty() || name.size() > limits::max_label || value.size() > limits::max_label) {
      return "names must have 1 and values at most " + std::to_string(limits::max_label) + " characters";
    }
    if (name.find('=') != std::string::npos) return "names must not contain '=', got " + quoted(name);
  }
  return std::nullopt;
}

Complaint check_absolute_path(const std::string& path) {
  if (path.starts_with('/') && !has_nul(path)) return std::nullopt;
  return "must be an absolute path, got " + quoted(path);
}

Complaint check_user(const std::string& user) {
  const bool good = !user.empty() && user.size() <= 256 && std::all_of(user.begin(), user.end(), [](char c) {
    return is_letter_or_digit(c) || is_name_mark(c) || c == ':' || c == '$';
  });
  if (good) return std::nullopt;
  return "must be USER or USER:GROUP, by name or number, got " + quoted(user);
}

Complaint check_volumes(const std::vector<Volume>& volumes) {
  if (volumes.size() > limits::max_volumes)
    return "must have at most " + std::to_string(limits::max_volumes) + " entries";
  for (std::size_t i = 0; i < volumes.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (volumes[i].container == volumes[j].container) return "mounts " + volumes[i].container + " twice";
    }
  }
  return std::nullopt;
}

Complaint check_ulimits(const std::map<std::string, Ulimit>& ulimits) {
  static constexpr std::array<std::string_view, 15> names{
      "core",   "cpu",   "data", "fsize",  "locks",  "memlock",    "msgqueue", "nice",
      "nofile", "nproc", "rss",  "rtprio", "rttime", "sigpending", "stack"};
  for (const auto& [name, limit] : ulimits) {
    if (std::find(names.begin(), names.end(), name) == names.end())
      return "has no limit called " + quoted(name);
  }
  return std::nullopt;
}

Complaint check_signal(const std::string& signal) {
  if (std::find(signals.begin(), signals.end(), signal) != signals.end()) return std::nullopt;
  const auto number = parse_integer<int>(signal);
  if (number && *number >= 1 && *number <= 64) return std::nullopt;
  return "must be a signal such as SIGTERM or SIGINT, got " + quoted(signal);
}

Complaint check_retry_causes(const std::vector<Cause>& causes) {
  for (const auto cause : causes) {
    if (cause == Cause::aborted || cause == Cause::queue_timeout) {
      return "can't retry on " + std::string(to_string(cause));
    }
  }
  return std::nullopt;
}

}  // namespace berth
