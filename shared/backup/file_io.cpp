#include "shared/backup/file_io.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace berth::backup {
namespace {

constexpr std::size_t buffer_size = 1u << 20;

bool is_written(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto size = ::write(file, bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

// A file without a name that holds all of `from`.
std::FILE* copy_of(std::FILE* from) {
  std::FILE* copy = std::tmpfile();
  if (copy == nullptr) return nullptr;
  std::array<char, 65'536> chunk;
  while (const auto size = std::fread(chunk.data(), 1, chunk.size(), from)) {
    if (std::fwrite(chunk.data(), 1, size, copy) != size) break;
  }
  if (std::ferror(from) != 0 || std::ferror(copy) != 0 || std::fflush(copy) != 0) {
    std::fclose(copy);
    return nullptr;
  }
  std::rewind(copy);
  return copy;
}

bool is_file_of_name(int file, const std::string& path) {
  struct stat mine {};
  struct stat named {};
  return ::fstat(file, &mine) == 0 && ::stat(path.c_str(), &named) == 0 && mine.st_dev == named.st_dev &&
         mine.st_ino == named.st_ino;
}

// An empty file that nobody else writes: it is locked, until it gets its own name when it is whole. So one
// whose lock came after that is another's backup by now.
Result<FileDescriptor> open_draft(const std::string& path) {
  const auto complaint = [&](const std::string& why) {
    return Error{ErrorKind::refused, "can't write " + path + ": " + why};
  };
  while (true) {
    FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_CREAT, 0600));
    if (!file.is_open()) return complaint(std::strerror(errno));
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0)
      return complaint(errno == EWOULDBLOCK ? "another backup does: let it end, or name another file"
                                            : std::strerror(errno));
    if (!is_file_of_name(file.get(), path)) continue;
    if (::ftruncate(file.get(), 0) != 0) return complaint(std::strerror(errno));
    return file;
  }
}

}  // namespace

Result<Writer> Writer::open(const std::string& path) {
  if (path == "-") return Writer("stdout", "", FileDescriptor(::dup(STDOUT_FILENO)));
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  const bool is_special = std::filesystem::exists(status) && !std::filesystem::is_regular_file(status);
  if (is_special) {
    Writer writer(path, "", FileDescriptor(::open(path.c_str(), O_WRONLY | O_CLOEXEC)));
    if (!writer.file_.is_open()) return writer.complaint();
    return writer;
  }
  const auto draft = path + ".new";
  auto file = open_draft(draft);
  if (!file) return file.error();
  return Writer(path, draft, std::move(*file));
}

Writer::~Writer() {
  if (file_.is_open() && !draft_.empty()) ::unlink(draft_.c_str());
}

Error Writer::complaint() const {
  return {ErrorKind::refused, "can't write " + path_ + ": " + std::strerror(errno)};
}

Result<> Writer::put(std::string line) {
  line += '\n';
  buffer_ += line;
  ++lines_;
  checksum_.add(line);
  if (buffer_.size() < buffer_size) return {};
  return flush();
}

Result<> Writer::flush() {
  if (!is_written(file_.get(), buffer_)) return complaint();
  buffer_.clear();
  return {};
}

Result<> Writer::begin(const Header& header) { return put(encode(header)); }
Result<> Writer::add(const Line& line) { return put(encode(line)); }

Result<> Writer::end(End& end) {
  end.lines = lines_;
  end.sha256 = checksum_.hex();
  buffer_ += encode(end) + '\n';
  if (auto flushed = flush(); !flushed) return flushed;
  if (draft_.empty()) return {};
  if (::fsync(file_.get()) != 0 || ::rename(draft_.c_str(), path_.c_str()) != 0) return complaint();
  draft_.clear();
  const auto folder = std::filesystem::absolute(path_).parent_path();
  const FileDescriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open() || ::fsync(directory.get()) != 0) return complaint();
  return {};
}

Result<Reader> Reader::open(const std::string& path) {
  const bool is_stdin = path == "-";
  File file(is_stdin ? copy_of(stdin) : std::fopen(path.c_str(), "re"), std::fclose);
  const auto name = is_stdin ? std::string("stdin") : path;
  if (!file) return invalid(std::string("can't be read: ") + std::strerror(errno), name);
  return Reader(name, std::move(file));
}

std::string_view Reader::read_line() {
  char* room = room_.release();
  const auto size = ::getline(&room, &room_size_, file_.get());
  room_.reset(room);
  if (size <= 0) return {};
  ++line_;
  return {room_.get(), static_cast<std::size_t>(size)};
}

Error Reader::at_line(Error error) const {
  error.field = path_ + ':' + std::to_string(line_);
  return error;
}

Result<Contents> Reader::check() {
  Contents contents;
  const auto first = read_line();
  if (std::ferror(file_.get()) != 0)
    return invalid(std::string("can't be read: ") + std::strerror(errno), path_);
  auto header = decode_header(first);
  if (!header) return Error{ErrorKind::invalid, header.error().message, path_};
  contents.header = std::move(*header);
  Sha256 checksum;
  checksum.add(first);
  for (;;) {
    const auto text = read_line();
    if (!text.ends_with('\n')) {
      return at_line(
          invalid("the file is cut off here: its last line is missing. Take another backup; nothing was "
                  "restored"));
    }
    auto line = decode_line(text);
    if (!line) return at_line(line.error());
    if (auto* end = std::get_if<End>(&*line)) {
      contents.end = std::move(*end);
      break;
    }
    checksum.add(text);
    const auto& body = std::get<Line>(*line);
    if (const auto* job = std::get_if<JobRecord>(&body)) contents.newest[job->id] = line_;
    if (const auto* job = std::get_if<GoneJob>(&body)) contents.gone.insert(job->id);
  }
  if (contents.end.lines != line_ - 1 || contents.end.sha256 != checksum.hex())
    return invalid("is damaged: its checksum doesn't match. Take another backup; nothing was restored",
                   path_);
  if (!read_line().empty()) return at_line(invalid("something follows behind the backup's last line"));
  std::rewind(file_.get());
  line_ = 0;
  read_line();  // the header
  return contents;
}

Result<std::optional<Line>> Reader::next() {
  auto line = decode_line(read_line());
  if (!line) return at_line(line.error());
  if (std::holds_alternative<End>(*line)) return std::optional<Line>();
  return std::optional<Line>(std::get<Line>(std::move(*line)));
}

}  // namespace berth::backup
