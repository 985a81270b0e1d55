// A job's output as JSON, one object a line.
#pragma once

#include "shared/base/ids.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace berth::cli {

// Where a piece stands: `offset` counts the attempt's output, of one stream if only that was asked for.
struct LogPlace {
  JobId job;
  std::uint32_t attempt = 0;
  std::uint64_t offset = 0;
  std::string at{};  // when it was written, where that is known
};

// {"job":7,"attempt":1,"offset":0,"stream":"stdout","text":"…"}; a piece that isn't UTF-8 by itself has
// "base64" instead of "text", and one whose instant is known "at".
std::string log_line(const LogPlace& place, std::string_view stream, std::string_view bytes);

// {"job":7,"attempt":1,"offset":104,"left_out":100}: so many bytes before `offset` are gone.
std::string left_out_line(const LogPlace& place, std::uint64_t left_out);

}  // namespace berth::cli
