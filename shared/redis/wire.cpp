#include "shared/redis/wire.hpp"

#include "shared/base/ids.hpp"

#include <hiredis/hiredis.h>

#include <array>
#include <new>

namespace berth::redis {
namespace {

// hiredis calls these for each value it has parsed. The root is owned by the reader until next() takes it; a
// value inside an array lives in its parent's vector.
void* put(const redisReadTask* task, Reply reply) {
  if (task->parent == nullptr) return new Reply(std::move(reply));
  auto& siblings = std::get<std::vector<Reply>>(static_cast<Reply*>(task->parent->obj)->value);
  Reply& slot = siblings[static_cast<std::size_t>(task->idx)];
  slot = std::move(reply);
  return &slot;
}

void* create_string(const redisReadTask* task, char* text, std::size_t size) {
  std::string copy(text, size);
  if (task->type == REDIS_REPLY_ERROR) return put(task, {Reply::Failure{std::move(copy)}});
  return put(task, {std::move(copy)});
}

void* create_array(const redisReadTask* task, int size) {
  return put(task, {std::vector<Reply>(static_cast<std::size_t>(size))});
}

void* create_integer(const redisReadTask* task, long long number) {
  return put(task, {static_cast<std::int64_t>(number)});
}

void* create_nil(const redisReadTask* task) { return put(task, {}); }

void free_root(void* reply) { delete static_cast<Reply*>(reply); }

redisReplyObjectFunctions functions{create_string, create_array, create_integer, create_nil, free_root};

}  // namespace

std::string Command::encode() const {
  std::vector<const char*> words;
  words.reserve(lengths_.size());
  const char* word = bytes_.data();
  for (const std::size_t length : lengths_) {
    words.push_back(word);
    word += length;
  }
  char* formatted = nullptr;
  const int size =
      redisFormatCommandArgv(&formatted, static_cast<int>(words.size()), words.data(), lengths_.data());
  if (size < 0) throw std::bad_alloc();
  std::string encoded(formatted, static_cast<std::size_t>(size));
  redisFreeCommand(formatted);
  return encoded;
}

std::string_view Reply::text() const {
  const auto* text = std::get_if<std::string>(&value);
  return text ? std::string_view(*text) : std::string_view();
}

const std::vector<Reply>& Reply::items() const {
  static const std::vector<Reply> none;
  const auto* items = std::get_if<std::vector<Reply>>(&value);
  return items ? *items : none;
}

std::optional<std::uint64_t> Reply::number() const {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    if (*integer < 0) return std::nullopt;
    return static_cast<std::uint64_t>(*integer);
  }
  return parse_integer<std::uint64_t>(text());
}

ReplyReader::ReplyReader() : reader_(redisReaderCreateWithFunctions(&functions)) {
  if (reader_ == nullptr) throw std::bad_alloc();
}

ReplyReader::~ReplyReader() { redisReaderFree(reader_); }

void ReplyReader::feed(std::string_view bytes) {
  // Its error, if any, is what next() returns.
  redisReaderFeed(reader_, bytes.data(), bytes.size());
}

Result<std::optional<Reply>> ReplyReader::next() {
  void* root = nullptr;
  if (redisReaderGetReply(reader_, &root) != REDIS_OK) {
    return internal_error("the answer isn't Redis's protocol (" + std::string(reader_->errstr) + ")");
  }
  if (root == nullptr) return std::optional<Reply>();
  const std::unique_ptr<Reply> owner(static_cast<Reply*>(root));
  return std::optional<Reply>(std::move(*owner));
}

Error to_error(const Reply::Failure& failure, std::string_view url) {
  struct Known {
    std::string_view code;
    ErrorKind kind;
    std::string_view meaning;
  };
  static constexpr std::array<Known, 14> known{{
      {"CONFLICT", ErrorKind::conflict, ""},
      {"RESTORING", ErrorKind::unavailable, ""},
      {"LOADING", ErrorKind::unavailable, "is still loading its data"},
      {"BUSY", ErrorKind::unavailable, "is busy with a long script"},
      {"READONLY", ErrorKind::unavailable, "is a read-only replica; point Berth at the primary"},
      {"MASTERDOWN", ErrorKind::unavailable, "is a replica that has lost its primary"},
      {"CLUSTERDOWN", ErrorKind::unavailable, "belongs to a cluster that is down"},
      {"TRYAGAIN", ErrorKind::unavailable, "is moving keys"},
      {"OOM", ErrorKind::refused, "is out of memory (maxmemory); free some or raise it"},
      {"MISCONF", ErrorKind::refused, "can't write to its disk; see its log"},
      {"NOREPLICAS", ErrorKind::refused, "has too few replicas (min-replicas-to-write)"},
      {"NOAUTH", ErrorKind::refused, "wants a password; put it into the Redis URL"},
      {"WRONGPASS", ErrorKind::refused, "refused the user or password of the Redis URL"},
      {"NOPERM", ErrorKind::refused, "doesn't permit this to the user of the Redis URL"},
  }};
  const std::string_view text = failure.text;
  const auto code = text.substr(0, text.find(' '));
  for (const auto& [name, kind, meaning] : known) {
    if (code != name) continue;
    if (meaning.empty()) return {kind, std::string(text.substr(std::min(text.size(), name.size() + 1)))};
    return {kind, "Redis at " + std::string(url) + " " + std::string(meaning) + ": " + failure.text};
  }
  return internal_error("Redis at " + std::string(url) + " answered: " + failure.text);
}

}  // namespace berth::redis
