// Redis's protocol as values: commands out, replies in. No I/O. hiredis formats and parses (RESP2).
#pragma once

#include "shared/base/result.hpp"

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

struct redisReader;

namespace berth::redis {

// A command under construction: its words, kept in one buffer because a function call may have thousands.
class Command {
 public:
  template <class... Words>
  explicit Command(const Words&... words) {
    (add(words), ...);
  }
  Command& add(std::string_view word) {
    bytes_ += word;
    lengths_.push_back(word.size());
    return *this;
  }
  template <std::integral Number>
  Command& add(Number number) {
    return add(std::to_string(number));
  }
  Command& append(const Command& words) {
    bytes_ += words.bytes_;
    lengths_.insert(lengths_.end(), words.lengths_.begin(), words.lengths_.end());
    return *this;
  }

  // As it goes over the wire.
  std::string encode() const;

 private:
  std::string bytes_;
  std::vector<std::size_t> lengths_;
};

struct Reply {
  struct Failure {
    std::string text;  // "WRONGTYPE Operation against …": its first word is a code
  };
  std::variant<std::monostate, std::int64_t, std::string, std::vector<Reply>, Failure> value;

  bool is_nil() const { return std::holds_alternative<std::monostate>(value); }
  const Failure* failure() const { return std::get_if<Failure>(&value); }
  // What the reply is, or an empty one where it is something else.
  std::string_view text() const;
  const std::vector<Reply>& items() const;
  // An integer reply, or a text that is one.
  std::optional<std::uint64_t> number() const;
};

// Cuts a byte stream into replies.
class ReplyReader {
 public:
  ReplyReader();
  ~ReplyReader();
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;

  void feed(std::string_view bytes);
  // The next whole reply, or nothing until more is fed. An error means that this isn't Redis's protocol.
  Result<std::optional<Reply>> next();

 private:
  redisReader* reader_;
};

// A failure reply as an error that says what a caller can do: unavailable (LOADING, BUSY, READONLY, RESTORING
// …: wait), refused (OOM, MISCONF, a wrong password), conflict (CONFLICT, of our own functions), internal
// (the rest).
Error to_error(const Reply::Failure& failure, std::string_view url);

}  // namespace berth::redis
