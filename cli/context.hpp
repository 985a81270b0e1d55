// What the command line said, for all verbs alike.
#pragma once

#include <functional>
#include <string>

namespace berth::cli {

inline constexpr const char* default_url = "http://127.0.0.1:3625";

struct Context {
  // Of the verb: --url behind it, else before it, else BERTH_URL, else default_url. Several with commas.
  std::string url;
  bool json = false;
  bool quiet = false;
  // The chosen verb, set while the command line is parsed; its result is the process's exit code.
  std::function<int()> verb;
};

}  // namespace berth::cli
