#include "executor/core/init_record.hpp"

#include "shared/base/ids.hpp"

#include <string>
#include <vector>

namespace berth {
namespace {

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const auto end = std::min(line.find(' '), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

std::optional<WallTime> instant(std::string_view word) {
  const auto number = parse_integer<std::int64_t>(word);
  return number ? std::optional(WallTime{*number}) : std::nullopt;
}

std::optional<InitRecord::Why> why(std::string_view word) {
  if (word == "itself") return InitRecord::Why::itself;
  if (word == "timeout") return InitRecord::Why::timeout;
  if (word == "lease") return InitRecord::Why::lease;
  return std::nullopt;
}

// "ended <instant> <how> <number> <why> <peak> <cpu> <kills>"
std::optional<InitRecord::Ending> ending(const std::vector<std::string_view>& words) {
  if (words.size() < 8 || (words[2] != "exit" && words[2] != "signal")) return std::nullopt;
  const auto at = instant(words[1]);
  const auto number = parse_integer<int>(words[3]);
  const auto reason = why(words[4]);
  const auto peak = parse_integer<std::int64_t>(words[5]);
  const auto cpu = parse_integer<std::int64_t>(words[6]);
  const auto kills = parse_integer<std::uint64_t>(words[7]);
  if (!at || !number || !reason || !peak || !cpu || !kills) return std::nullopt;
  InitRecord::Ending ending;
  ending.at = *at;
  ending.by_signal = words[2] == "signal";
  ending.number = *number;
  ending.why = *reason;
  ending.peak_memory = Bytes{*peak};
  ending.cpu_time = Milliseconds{*cpu};
  ending.oom_kills = *kills;
  return ending;
}

}  // namespace

InitRecord parse_init_record(std::string_view text) {
  InitRecord record;
  text = text.substr(0, text.find('\0'));
  for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    const auto words = words_of(text.substr(0, end));
    text.remove_prefix(end + 1);
    if (words.size() < 2) continue;
    const auto at = instant(words[1]);
    if (!at) continue;
    if (words[0] == "started") {
      record.started = at;
      record.is_piped = words.size() > 2 && words[2] == "piped";
    }
    if (words[0] == "emptied") record.is_emptied = true;
    if (words[0] == "signal") record.is_signalled = true;
    if (words[0] == "ended") record.ended = ending(words);
    if (words[0] == "failed" && words.size() > 2) {
      if (const auto error = parse_integer<int>(words[2])) record.failed = InitRecord::Failure{*at, *error};
    }
  }
  return record;
}

}  // namespace berth
