#include "shared/redis/log_directory.hpp"

#include "shared/base/file_descriptor.hpp"
#include "shared/base/limits.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>

namespace berth::redis {
namespace {

constexpr Milliseconds file_patience = limits::store_call;
constexpr std::size_t entries_at_once = 512;
constexpr std::uint64_t jobs_in_a_folder = 1'000;

static_assert(std::endian::native == std::endian::little, "machines share these files");
struct PieceEntry {
  std::uint64_t end = 0;
  std::uint64_t stream_start = 0;
  std::int64_t at = 0;
  std::uint32_t size = 0;
  std::uint32_t stream = 0;
};
static_assert(sizeof(PieceEntry) == 32);

// Where the files of one log are.
struct LogPlace {
  std::string root;
  std::string cluster;
  std::string bucket;
  std::string name;  // without its ending

  std::string path() const { return root + '/' + cluster + '/' + bucket + '/' + name; }
};

LogPlace place_of(const std::filesystem::path& root, const std::string& cluster, LogDirectory::Log log) {
  const auto& [job, attempt] = log;
  return {root.string(), cluster, std::to_string(job.value / jobs_in_a_folder),
          to_string(job) + '-' + std::to_string(attempt)};
}

Error file_trouble(std::string_view doing, const std::string& path, int why) {
  return {ErrorKind::refused, "can't " + std::string(doing) + " " + path + ": " + std::strerror(why)};
}

Error damaged(const LogPlace& place) {
  return internal_error("the output in " + place.path() + ".log isn't what its list of pieces says");
}

// Also a folder: that what was made in it is there.
bool is_synced(int file) { return ::fsync(file) == 0; }
bool are_bytes_synced(int file) { return ::fdatasync(file) == 0; }

// Opens the folder of a log, or makes it.
Result<FileDescriptor> open_log_folder(const LogPlace& place, bool make) {
  constexpr int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  FileDescriptor folder(::open(place.root.c_str(), flags));
  if (!folder.is_open()) return file_trouble("open", place.root, errno);
  for (const auto* name : {&place.cluster, &place.bucket}) {
    if (make) {
      const bool is_new = ::mkdirat(folder.get(), name->c_str(), 0700) == 0;
      if (!is_new && errno != EEXIST) return file_trouble("make a folder for", place.path(), errno);
      if (is_new && !is_synced(folder.get())) return file_trouble("write", place.root, errno);
    }
    FileDescriptor next(::openat(folder.get(), name->c_str(), flags | O_NOFOLLOW));
    if (!next.is_open()) return file_trouble("open", place.path() + ".log", errno);
    folder = std::move(next);
  }
  return folder;
}

Result<FileDescriptor> open_log_file(int folder, const LogPlace& place, const char* ending, int flags) {
  const auto name = place.name + ending;
  FileDescriptor file(::openat(folder, name.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.is_open()) return file_trouble("open", place.path() + ending, errno);
  return file;
}

bool is_put(int file, std::string_view bytes, std::uint64_t position) {
  while (!bytes.empty()) {
    const auto size = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(position));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(size));
    position += static_cast<std::uint64_t>(size);
  }
  return true;
}

// Fills `room`, or false: an error, or the file ends before (then errno is 0).
bool is_got(int file, char* room, std::size_t wanted, std::uint64_t position) {
  while (wanted > 0) {
    const auto size = ::pread(file, room, wanted, static_cast<off_t>(position));
    if (size < 0 && errno == EINTR) continue;
    if (size == 0) errno = 0;
    if (size <= 0) return false;
    room += size;
    wanted -= static_cast<std::size_t>(size);
    position += static_cast<std::uint64_t>(size);
  }
  return true;
}

Result<> write_pieces(const LogPlace& place, std::uint64_t count, const std::vector<LogPiece>& pieces) {
  const auto folder = open_log_folder(place, true);
  if (!folder) return folder.error();
  const auto data = open_log_file(folder->get(), place, ".log", O_WRONLY | O_CREAT);
  if (!data) return data.error();
  const auto list = open_log_file(folder->get(), place, ".pieces", O_WRONLY | O_CREAT);
  if (!list) return list.error();
  const auto complaint = [&] { return file_trouble("write", place.path() + ".log", errno); };
  // What lies there before a log begins is of another time, when the cluster gave these numbers before.
  if (count == 0 && (::ftruncate(data->get(), 0) != 0 || ::ftruncate(list->get(), 0) != 0))
    return complaint();
  std::string entries;
  for (const auto& piece : pieces) {
    if (!is_put(data->get(), piece.bytes, piece.end - piece.bytes.size())) return complaint();
    PieceEntry entry;
    entry.end = piece.end;
    entry.stream_start = piece.stream_start;
    entry.at = piece.at.milliseconds;
    entry.size = static_cast<std::uint32_t>(piece.bytes.size());
    entry.stream = piece.stream;
    entries.append(reinterpret_cast<const char*>(&entry), sizeof entry);
  }
  if (!is_put(list->get(), entries, count * sizeof(PieceEntry))) return complaint();
  if (!are_bytes_synced(data->get()) || !are_bytes_synced(list->get())) return complaint();
  if (count == 0 && !is_synced(folder->get())) return complaint();
  return {};
}

// A log's two files, for reading.
class LogFiles {
 public:
  static Result<LogFiles> open(LogPlace place) {
    const auto folder = open_log_folder(place, false);
    if (!folder) return folder.error();
    auto data = open_log_file(folder->get(), place, ".log", O_RDONLY);
    if (!data) return data.error();
    auto list = open_log_file(folder->get(), place, ".pieces", O_RDONLY);
    if (!list) return list.error();
    return LogFiles(std::move(place), std::move(*data), std::move(*list));
  }

  Result<std::vector<PieceEntry>> entries(std::uint64_t from, std::size_t count) const {
    std::vector<PieceEntry> entries(count);
    auto* room = reinterpret_cast<char*>(entries.data());
    if (!is_got(list_.get(), room, count * sizeof(PieceEntry), from * sizeof(PieceEntry))) return trouble();
    return entries;
  }

  Result<LogPiece> piece(const PieceEntry& entry) const {
    const bool is_sound = entry.size <= limits::log_chunk && entry.size <= entry.end &&
                          (entry.stream == 1 || entry.stream == 2);
    if (!is_sound) return damaged(place_);
    LogPiece piece;
    piece.end = entry.end;
    piece.stream = static_cast<std::uint8_t>(entry.stream);
    piece.stream_start = entry.stream_start;
    piece.at = WallTime{entry.at};
    piece.bytes.resize(entry.size);
    if (!is_got(data_.get(), piece.bytes.data(), entry.size, entry.end - entry.size)) return trouble();
    return piece;
  }

 private:
  LogFiles(LogPlace place, FileDescriptor data, FileDescriptor list)
      : place_(std::move(place)), data_(std::move(data)), list_(std::move(list)) {}
  Error trouble() const {
    return errno == 0 ? damaged(place_) : file_trouble("read", place_.path() + ".log", errno);
  }

  LogPlace place_;
  FileDescriptor data_;
  FileDescriptor list_;
};

LogSize size_up_to(const PieceEntry& entry) {
  const auto own = entry.stream_start + entry.size;
  const auto other = entry.end - own;
  return entry.stream == 1 ? LogSize{entry.end, own, other} : LogSize{entry.end, other, own};
}

// Of `count` entries, the first for which it is true, as for all that follow it; `count` if there is none.
template <class Condition>
Result<std::uint64_t> first_where(const LogFiles& files, std::uint64_t count, Condition condition) {
  std::uint64_t low = 0;
  std::uint64_t high = count;
  while (low < high) {
    const auto middle = low + (high - low) / 2;
    const auto entry = files.entries(middle, 1);
    if (!entry) return entry.error();
    if (condition(entry->front())) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

Result<std::vector<LogPiece>> read_pieces(const LogPlace& place, std::uint64_t count, std::uint64_t after,
                                          std::size_t most) {
  const auto files = LogFiles::open(place);
  if (!files) return files.error();
  const auto first = first_where(*files, count, [=](const PieceEntry& entry) { return entry.end > after; });
  if (!first) return first.error();
  std::vector<LogPiece> pieces;
  std::size_t bytes = 0;
  auto end = after;
  for (auto at = *first; at < count;) {
    const auto some = static_cast<std::size_t>(std::min<std::uint64_t>(entries_at_once, count - at));
    const auto entries = files->entries(at, some);
    if (!entries) return entries.error();
    for (const auto& entry : *entries) {
      if (bytes >= most) return pieces;
      if (entry.end <= end) return damaged(place);  // who reads on behind it would never come to an end
      end = entry.end;
      auto piece = files->piece(entry);
      if (!piece) return piece.error();
      bytes += piece->bytes.size() + limits::log_piece_cost;
      pieces.push_back(std::move(*piece));
    }
    at += some;
  }
  return pieces;
}

Result<std::uint64_t> seek_piece(const LogPlace& place, std::uint64_t count, const LogStart& start) {
  const auto files = LogFiles::open(place);
  if (!files) return files.error();
  const auto first = first_where(*files, count, [&](const PieceEntry& entry) {
    if (start.since) return entry.at >= start.since->milliseconds;
    return chosen_of(size_up_to(entry), start.stream) >= start.offset;
  });
  if (!first) return first.error();
  const auto wanted = std::min(*first, count - 1);
  if (wanted == 0) return wanted;
  const auto before = files->entries(wanted - 1, 1);
  if (!before) return before.error();
  return before->front().end;
}

Result<> remove_files(const LogPlace& place) {
  const auto folder = open_log_folder(place, false);
  if (!folder) return {};
  for (const char* ending : {".log", ".pieces"}) {
    const auto name = place.name + ending;
    if (::unlinkat(folder->get(), name.c_str(), 0) != 0 && errno != ENOENT)
      return file_trouble("delete", place.path() + ending, errno);
  }
  // Its folder, if that was the last: the system keeps any other. Who is about to write into it makes it
  // again.
  ::unlinkat(folder->get(), ("../" + place.bucket).c_str(), AT_REMOVEDIR);
  return {};
}

// What is in a folder below the root; nothing where that isn't there.
Result<std::vector<std::string>> names_in(const std::string& root, const std::vector<std::string>& folders) {
  constexpr int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  FileDescriptor folder(::open(root.c_str(), flags));
  if (!folder.is_open()) return file_trouble("open", root, errno);
  auto path = root;
  for (const auto& name : folders) {
    path += '/' + name;
    FileDescriptor next(::openat(folder.get(), name.c_str(), flags | O_NOFOLLOW));
    if (!next.is_open() && errno == ENOENT) return std::vector<std::string>{};
    if (!next.is_open()) return file_trouble("open", path, errno);
    folder = std::move(next);
  }
  struct Close {
    void operator()(DIR* list) const { ::closedir(list); }
  };
  const std::unique_ptr<DIR, Close> list(::fdopendir(folder.get()));
  if (!list) return file_trouble("read", path, errno);
  folder.release();
  std::vector<std::string> names;
  errno = 0;
  while (const auto* entry = ::readdir(list.get())) {
    names.emplace_back(entry->d_name);
    errno = 0;
  }
  if (errno != 0) return file_trouble("read", path, errno);
  return names;
}

// The log that a file belongs to.
std::optional<LogDirectory::Log> log_of(std::string_view name) {
  const auto dash = name.find('-');
  const auto dot = name.find('.');
  if (dash == std::string_view::npos || dot == std::string_view::npos || dot < dash) return std::nullopt;
  const auto ending = name.substr(dot);
  const auto job = parse_job_id(name.substr(0, dash));
  const auto attempt = parse_integer<std::uint32_t>(name.substr(dash + 1, dot - dash - 1));
  if ((ending != ".log" && ending != ".pieces") || !job || !attempt) return std::nullopt;
  return LogDirectory::Log{*job, *attempt};
}

// As a folder's name: other than letters, digits and a few harmless characters as %XX.
std::string folder_name(std::string_view text) {
  constexpr std::string_view harmless = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string name;
  for (const char c : text) {
    if (harmless.find(c) != std::string_view::npos) {
      name += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    name += '%';
    name += digits[byte >> 4];
    name += digits[byte & 15];
  }
  return name.empty() ? "%" : name;
}

Error no_answer(const std::filesystem::path& root) {
  return {ErrorKind::timeout, "the file system of " + root.string() + " (--log-dir) doesn't answer"};
}

}  // namespace

LogDirectory::LogDirectory(asio::any_io_executor executor, std::filesystem::path root,
                           std::string_view cluster)
    : executor_(std::move(executor)), root_(std::move(root)), cluster_(folder_name(cluster)) {}

Task<Result<>> LogDirectory::check() {
  const auto answer = std::make_shared<Result<>>();
  std::function<void()> work = [answer, root = root_.string()] {
    if (::access(root.c_str(), R_OK | W_OK | X_OK) != 0) *answer = file_trouble("write to", root, errno);
    const FileDescriptor folder(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (*answer && !folder.is_open()) *answer = file_trouble("open", root, errno);
  };
  const bool is_done = co_await run(for_reading_, std::move(work), deadline_in(file_patience));
  if (!is_done) co_return no_answer(root_);
  if (*answer) co_return Result<>{};
  Error error = answer->error();
  error.message += " (--log-dir)";
  co_return error;
}

Task<Result<>> LogDirectory::write(Log log, std::uint64_t count, std::vector<LogPiece> pieces) {
  const auto answer = std::make_shared<Result<>>();
  const auto what = std::make_shared<const std::vector<LogPiece>>(std::move(pieces));
  const auto earlier = writing_.find(log);
  if (earlier != writing_.end() && earlier->second->load() == Writing::running) co_return no_answer(root_);
  const auto state = std::make_shared<std::atomic<Writing>>(Writing::not_begun);
  writing_[log] = state;
  std::function<void()> work = [answer, state, what, count, place = place_of(root_, cluster_, log)] {
    auto expected = Writing::not_begun;
    if (!state->compare_exchange_strong(expected, Writing::running)) return;
    *answer = write_pieces(place, count, *what);
    state->store(Writing::returned);
  };
  const bool is_done = co_await run(for_writing_, std::move(work), deadline_in(file_patience));
  auto expected = Writing::not_begun;
  const bool is_over = is_done || state->compare_exchange_strong(expected, Writing::given_up);
  if (is_over) writing_.erase(log);
  if (!is_done) co_return no_answer(root_);
  co_return *answer;
}

Task<Result<std::vector<LogPiece>>> LogDirectory::read(Log log, std::uint64_t count, std::uint64_t after,
                                                       std::size_t most) {
  using Answer = Result<std::vector<LogPiece>>;
  const auto answer = std::make_shared<Answer>(std::vector<LogPiece>{});
  std::function<void()> work = [answer, count, after, most, place = place_of(root_, cluster_, log)] {
    *answer = read_pieces(place, count, after, most);
  };
  const bool is_done = co_await run(for_reading_, std::move(work), deadline_in(file_patience));
  if (!is_done) co_return no_answer(root_);
  co_return std::move(*answer);
}

Task<Result<std::uint64_t>> LogDirectory::seek(Log log, std::uint64_t count, LogStart start) {
  const auto answer = std::make_shared<Result<std::uint64_t>>(std::uint64_t{0});
  std::function<void()> work = [answer, count, start, place = place_of(root_, cluster_, log)] {
    *answer = seek_piece(place, count, start);
  };
  const bool is_done = co_await run(for_reading_, std::move(work), deadline_in(file_patience));
  if (!is_done) co_return no_answer(root_);
  co_return std::move(*answer);
}

Task<Result<>> LogDirectory::remove(std::vector<Log> logs) {
  const auto answer = std::make_shared<Result<>>();
  std::vector<LogPlace> places;
  for (const auto& log : logs) places.push_back(place_of(root_, cluster_, log));
  std::function<void()> work = [answer, places = std::move(places)] {
    for (const auto& place : places) {
      auto removed = remove_files(place);
      if (!removed) *answer = std::move(removed);
    }
  };
  const bool is_done = co_await run(for_reading_, std::move(work), deadline_in(file_patience));
  if (!is_done) co_return no_answer(root_);
  co_return *answer;
}

Task<Result<std::vector<std::uint64_t>>> LogDirectory::folders() {
  using Answer = Result<std::vector<std::uint64_t>>;
  const auto answer = std::make_shared<Answer>(std::vector<std::uint64_t>{});
  std::function<void()> work = [answer, root = root_.string(), cluster = cluster_] {
    const auto names = names_in(root, {cluster});
    if (!names) {
      *answer = names.error();
      return;
    }
    for (const auto& name : *names) {
      if (const auto number = parse_integer<std::uint64_t>(name)) (*answer)->push_back(*number);
    }
  };
  const bool is_done = co_await run(for_reading_, std::move(work), deadline_in(file_patience));
  if (!is_done) co_return no_answer(root_);
  co_return std::move(*answer);
}

Task<Result<std::vector<LogDirectory::Log>>> LogDirectory::logs_in(std::uint64_t folder) {
  using Answer = Result<std::vector<Log>>;
  const auto answer = std::make_shared<Answer>(std::vector<Log>{});
  std::function<void()> work = [answer, folder, root = root_.string(), cluster = cluster_] {
    const auto names = names_in(root, {cluster, std::to_string(folder)});
    if (!names) {
      *answer = names.error();
      return;
    }
    auto& logs = **answer;
    for (const auto& name : *names) {
      const auto log = log_of(name);
      if (log && log->first.value / jobs_in_a_folder == folder) logs.push_back(*log);
    }
    std::sort(logs.begin(), logs.end());
    logs.erase(std::unique(logs.begin(), logs.end()), logs.end());
  };
  const bool is_done = co_await run(for_reading_, std::move(work), deadline_in(file_patience));
  if (!is_done) co_return no_answer(root_);
  co_return std::move(*answer);
}

// --- lanes ---

class LogDirectory::Taken {
 public:
  Taken(Lanes& lanes, Lane& lane) : lanes_(lanes), lane_(lane) { lane_.is_taken = true; }
  ~Taken() {
    lane_.is_taken = false;
    pass_on(lanes_);
  }
  Taken(const Taken&) = delete;
  Taken& operator=(const Taken&) = delete;

 private:
  Lanes& lanes_;
  Lane& lane_;
};

// One whose last call hangs isn't.
LogDirectory::Lane* LogDirectory::free_lane(Lanes& lanes) {
  const auto found = std::find_if(lanes.all.begin(), lanes.all.end(),
                                  [](const Lane& lane) { return !lane.is_taken && lane.calls.is_free(); });
  return found == lanes.all.end() ? nullptr : &*found;
}

// To the first who still waits: one that has gone holds nothing of its turn any more.
void LogDirectory::pass_on(Lanes& lanes) {
  while (!lanes.waiting.empty()) {
    const auto turn = std::move(lanes.waiting.front());
    lanes.waiting.pop_front();
    if (turn.use_count() == 1) continue;
    turn->set(true);
    return;
  }
}

Task<bool> LogDirectory::run(Lanes& lanes, std::function<void()> work, Deadline deadline) {
  Lane* lane = free_lane(lanes);
  while (lane == nullptr) {
    // While all calls hang nobody passes a turn on, but who waited goes.
    while (!lanes.waiting.empty() && lanes.waiting.front().use_count() == 1) lanes.waiting.pop_front();
    const auto turn = std::make_shared<OneShot<bool>>(executor_);
    lanes.waiting.push_back(turn);
    const auto has_come = co_await turn->wait(deadline);
    if (!has_come) co_return false;
    lane = free_lane(lanes);
  }
  const Taken taken(lanes, *lane);
  const bool is_done = co_await lane->calls.run(std::move(work), deadline);
  co_return is_done;
}

}  // namespace berth::redis
