// A backup as a file: lines of JSON, each an object, so that it streams in both directions whatever its size.
//
//   {"berth_backup":1,"berth":"0.1.0","cluster":"berth","begun_at":"2026-…"}          the first line
//   {"job":12,"record":["status","RUNNING",…]}      the fields of job:12; a later line of a job replaces
//   earlier ones
//   {"gone":12}                                     it was deleted while the backup was taken
//   {"event":"17-0","fields":["e","{…}"]}           an entry of the stream of events
//   {"log":12,"attempt":1,"id":"64-1","fields":[…]} an entry of an attempt's output
//   {"request":KEY,"jobs":"12 12 HASH","ms":86000}  an idempotency key, and how long it is still kept
//   {"drain":"exec1","fields":["drain_since",…]}    an operator's order
//   {"end":{"at":…,"seq":17,"last_job":12,"epoch":3,"jobs":12,"lines":40,"sha256":"…"}}   the last line
//
// A word is a string, or {"base64":"…"} where it isn't UTF-8. The last line counts the lines before it, and
// has the SHA-256 of their bytes: a file that was cut or changed is noticed before anything of it is used.
#pragma once

#include "shared/base/ids.hpp"
#include "shared/base/result.hpp"
#include "shared/base/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace berth::backup {

inline constexpr std::uint64_t format = 1;

using Words = std::vector<std::string>;  // name, value, name, value …

struct Header {
  std::string berth;  // the version that wrote it
  std::string cluster;
  WallTime begun_at{};
};
struct JobRecord {
  JobId id;
  Words words;
};
struct GoneJob {
  JobId id;
};
struct EventEntry {
  std::string id;
  Words words;
};
struct LogEntry {
  JobId job;
  std::uint32_t attempt = 0;
  std::string id;
  Words words;
};
struct KnownRequest {
  std::string key;
  std::string jobs;  // "FIRST LAST BODY-HASH"
  Milliseconds left{};
};
struct DrainOrder {
  std::string executor;
  Words words;
};
using Line = std::variant<JobRecord, GoneJob, EventEntry, LogEntry, KnownRequest, DrainOrder>;

// What all records of the file are as of.
struct End {
  WallTime at{};
  std::uint64_t seq = 0;  // the last event
  std::uint64_t last_job = 0;
  std::uint64_t epoch = 0;
  std::uint64_t jobs = 0;   // how many are kept
  std::uint64_t lines = 0;  // before this one
  std::string sha256;       // of these, in hex
};

std::string encode(const Header& header);
std::string encode(const Line& line);
std::string encode(const End& end);

// A first line. Invalid: it isn't one, or of a format that this Berth doesn't read; the message says what to
// do.
Result<Header> decode_header(std::string_view text);
// Any other line: a Line, or the End.
Result<std::variant<Line, End>> decode_line(std::string_view text);

}  // namespace berth::backup
