// A job's output, copied to this process's own streams byte by byte.
#pragma once

#include "cli/client.hpp"
#include "cli/formatters/log_json.hpp"
#include "cli/formatters/log_text.hpp"
#include "shared/base/sha256.hpp"
#include "shared/http/multiplexed.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace berth::cli {

enum class OutputFormat {
  bytes,  // stdout to stdout and stderr to stderr, as they were written; Berth's own notices to stderr
  text,   // so, too, but what goes to a terminal is made safe for it: cli/formatters/log_text.hpp
  json    // all of it to stdout: cli/formatters/log_json.hpp
};

class OutputCopy {
 public:
  // `before_output` is called before each write; it may erase a progress line. `client` outlives this.
  OutputCopy(Client& client, LogQuery query, OutputFormat format, std::function<void()> before_output)
      : client_(client),
        query_(std::move(query)),
        format_(format),
        before_output_(std::move(before_output)) {}

  // Returns at the end of what there is; with query.follow, once the job has ended and all was delivered,
  // further attempts included (with query.attempt: once that attempt is over). A connection that is lost
  // while following is made again where it broke off, for `patience` after the last success; then error
  // unavailable. Output that the server has a checksum of, and that comes whole in one answer, is compared
  // with it: error internal. To be called once.
  Task<Result<>> run();

  static constexpr Milliseconds patience{60'000};
  // Without a byte for so long a followed connection may be dead without having said so: it is made anew.
  static constexpr Milliseconds silence{60'000};

 private:
  // What is known of one of our own streams.
  struct Screen {
    bool is_terminal = false;
    bool is_line_begun = false;
    TerminalText text{};
  };
  Task<Result<>> follow_job();
  Task<Result<>> follow_attempt();
  Task<Result<JobRecord>> look(std::optional<std::uint64_t> seen);
  Task<Result<>> copy_once();
  Result<> deliver(std::string_view bytes, http::Demultiplexer& frames);
  void begin(const http::Response& head);
  Result<> deliver_piece(std::uint8_t stream, std::string_view bytes);
  Result<> check() const;
  void end_text();
  void take_notice();
  LogPlace place() const { return {query_.job, attempt_, query_.offset, at_}; }
  bool is_worth_another_try(const Error& error) const;
  Task<> pause();

  Client& client_;
  LogQuery query_;      // its offset moves with what was delivered: it counts within one attempt
  std::string notice_;  // as much of it as has come
  OutputFormat format_;
  std::function<void()> before_output_;
  std::string at_;                 // when what comes next was written, if that was asked for
  std::map<int, Screen> screens_;  // of stdout and stderr
  std::string sha256_;             // that all of it has, where that can be compared …
  std::optional<Sha256> digest_;   // … with this
  std::uint32_t attempt_ = 0;      // which one the server is sending
  Deadline give_up_ = no_deadline;
  Milliseconds pause_ = shortest_pause;

  static constexpr Milliseconds shortest_pause{100};
  static constexpr Milliseconds longest_pause{2'000};
};

}  // namespace berth::cli
