#include "executor/runtime/docker/spool.hpp"

#include "executor/host/files.hpp"
#include "shared/base/ids.hpp"

#include <fmt/core.h>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace berth::docker {
namespace {

namespace fs = std::filesystem;

constexpr mode_t segment_mode = 0600;
constexpr std::size_t read_at_once = 64u << 10;  // bytes

struct Header {
  std::uint32_t size = 0;  // 0: up to the file's end
  std::uint32_t stream = 0;
};
constexpr std::uint64_t header_size = sizeof(Header);

std::optional<LogSize> parse_name(const std::string& name) {
  const auto dash = name.find('-');
  if (dash == std::string::npos) return std::nullopt;
  const auto out = parse_integer<std::uint64_t>(name.substr(0, dash));
  const auto err = parse_integer<std::uint64_t>(name.substr(dash + 1));
  if (!out || !err) return std::nullopt;
  return LogSize{*out + *err, *out, *err};
}

bool read_header(int file, std::uint64_t at, Header& header) {
  return ::pread(file, &header, header_size, static_cast<off_t>(at)) == static_cast<ssize_t>(header_size);
}

bool write_header(int file, std::uint64_t at, Header header) {
  return ::pwrite(file, &header, header_size, static_cast<off_t>(at)) == static_cast<ssize_t>(header_size);
}

void grow(LogSize& size, LogStream stream, std::uint64_t by) {
  size.both += by;
  (stream == LogStream::err ? size.err : size.out) += by;
}

}  // namespace

Result<Spool> Spool::open(fs::path directory, std::uint64_t segment, std::size_t segments) {
  Spool spool(std::move(directory), segment, segments);
  const auto recovered = spool.recover();
  if (!recovered) return recovered.error();
  return spool;
}

// The process before may have ended between any two calls: what its last frame has, the file's size tells.
Result<> Spool::recover() {
  std::error_code failure;
  fs::directory_iterator entry(directory_, failure);
  for (; !failure && entry != fs::directory_iterator(); entry.increment(failure)) {
    const auto begin = parse_name(entry->path().filename().string());
    if (begin) segments_.push_back({*begin, entry->file_size(failure)});
    if (failure) break;
  }
  if (failure) return unavailable("can't read " + directory_.string() + ": " + failure.message());
  const auto is_older = [](const Segment& a, const Segment& b) { return a.begin.both < b.begin.both; };
  std::sort(segments_.begin(), segments_.end(), is_older);
  if (segments_.empty()) return {};

  auto& last = segments_.back();
  const auto path = path_of(last);
  const FileDescriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!file.is_open()) return file_trouble("can't open", path);
  end_ = last.begin;
  Header header;
  std::uint64_t at = 0;
  while (at + header_size < last.size) {
    if (!read_header(file.get(), at, header)) return file_trouble("can't read", path);
    if (header.size == 0) {
      header.size = static_cast<std::uint32_t>(last.size - at - header_size);
      if (!write_header(file.get(), at, header)) return file_trouble("can't write", path);
    }
    grow(end_, static_cast<LogStream>(header.stream), header.size);
    at += header_size + header.size;
  }
  last.size = at;
  return {};
}

fs::path Spool::path_of(const Segment& segment) const {
  return directory_ / fmt::format("{}-{}", segment.begin.out, segment.begin.err);
}

bool Spool::is_full() const {
  // What an earlier process left grows no more.
  return segments_.size() >= most_segments_ && (!file_.is_open() || segments_.back().size >= most_bytes_);
}

Result<Spool::Taken> Spool::take(int pipe, LogStream stream) {
  pollfd look{pipe, POLLIN, 0};
  if (::poll(&look, 1, 0) < 0) return file_trouble("can't look at a pipe of", directory_);
  if ((look.revents & POLLIN) == 0)
    return (look.revents & POLLHUP) != 0 ? Taken::nothing_ever : Taken::nothing;
  if (!file_.is_open() || segments_.back().size >= most_bytes_) {
    const auto begun = begin_segment();
    if (!begun) return begun.error();
  }
  if (stream_ != stream) {
    const auto begun = begin_frame(stream);
    if (!begun) return begun.error();
  }
  auto& segment = segments_.back();
  auto place = static_cast<loff_t>(segment.size);
  const auto room = segment.size < most_bytes_ ? most_bytes_ - segment.size : 1;
  const auto moved = ::splice(pipe, nullptr, file_.get(), &place, room, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  if (moved < 0 && errno == EAGAIN) return Taken::nothing;
  if (moved < 0) return file_trouble("can't write", path_of(segment));
  if (moved == 0) return Taken::nothing_ever;
  const auto size = static_cast<std::uint64_t>(moved);
  segment.size += size;
  frame_size_ += size;
  grow(end_, stream, size);
  return Taken::some;
}

Result<> Spool::begin_segment() {
  const auto ended = end_frame();
  if (!ended) return ended;
  Segment segment{end_, 0};
  const auto path = path_of(segment);
  FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, segment_mode));
  if (!file.is_open()) return file_trouble("can't write", path);
  // One that has no byte has the same name.
  if (!segments_.empty() && segments_.back().begin == end_) segments_.pop_back();
  segments_.push_back(segment);
  file_ = std::move(file);
  return {};
}

// Its stream is written down before its bytes are: whatever becomes of this process, what they are is known.
Result<> Spool::begin_frame(LogStream stream) {
  const auto ended = end_frame();
  if (!ended) return ended;
  auto& segment = segments_.back();
  const Header header{0, static_cast<std::uint32_t>(stream)};
  if (!write_header(file_.get(), segment.size, header)) return file_trouble("can't write", path_of(segment));
  stream_ = stream;
  frame_ = segment.size;
  frame_size_ = 0;
  segment.size += header_size;
  return {};
}

Result<> Spool::end_frame() {
  if (!stream_) return {};
  auto& segment = segments_.back();
  if (frame_size_ == 0) {
    segment.size = frame_;  // the next one takes its place
  } else {
    const Header header{static_cast<std::uint32_t>(frame_size_), static_cast<std::uint32_t>(*stream_)};
    if (!write_header(file_.get(), frame_, header)) return file_trouble("can't write", path_of(segment));
  }
  stream_.reset();
  return {};
}

void Spool::free_up_to(std::uint64_t stored) {
  while (segments_.size() > 1 && segments_[1].begin.both <= stored) {
    ::unlink(path_of(segments_.front()).c_str());
    segments_.pop_front();
  }
}

// --- reading ---

// The one that has the next byte.
Result<> Spool::Reader::open_segment() {
  const auto is_before = [](std::uint64_t place, const Segment& segment) {
    return place < segment.begin.both;
  };
  const auto& segments = spool_.segments_;
  const auto behind = std::upper_bound(segments.begin(), segments.end(), place_, is_before);
  if (behind == segments.begin()) return internal_error("output of a job was freed before it was read");
  const auto& segment = *std::prev(behind);
  if (file_.is_open() && segment_ == segment.begin.both) return {};
  const auto path = spool_.path_of(segment);
  file_ = FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file_.is_open()) return file_trouble("can't read", path);
  segment_ = before_frame_ = segment.begin.both;
  frame_ = 0;
  return {};
}

Result<std::optional<Spool::Reader::Piece>> Spool::Reader::next() {
  while (place_ < spool_.end_.both) {
    const auto opened = open_segment();
    if (!opened) return opened.error();
    Header header;
    if (!read_header(file_.get(), frame_, header)) return file_trouble("can't read", spool_.directory_);
    const auto size = header.size > 0 ? header.size : spool_.end_.both - before_frame_;
    if (place_ >= before_frame_ + size) {
      before_frame_ += size;
      frame_ += header_size + size;
      continue;
    }
    const auto skipped = place_ - before_frame_;
    Piece piece;
    piece.stream = static_cast<LogStream>(header.stream);
    piece.bytes.resize(static_cast<std::size_t>(std::min<std::uint64_t>(size - skipped, read_at_once)));
    const auto from = static_cast<off_t>(frame_ + header_size + skipped);
    const auto got = ::pread(file_.get(), piece.bytes.data(), piece.bytes.size(), from);
    if (got <= 0) return file_trouble("can't read", spool_.directory_);
    piece.bytes.resize(static_cast<std::size_t>(got));
    place_ += static_cast<std::uint64_t>(got);
    return std::optional(std::move(piece));
  }
  return std::optional<Piece>();
}

}  // namespace berth::docker
