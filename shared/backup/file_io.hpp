// Writing a backup to disk, and reading it back.
#pragma once

#include "shared/backup/backup_file.hpp"
#include "shared/base/file_descriptor.hpp"
#include "shared/base/sha256.hpp"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>

namespace berth::backup {

// A file appears under its name when it is whole and on disk, and not before; one of that name is replaced.
// Readable for its owner alone: records hold people's environment variables. "-" is stdout; what isn't a
// regular file (a pipe, a device) is written to as it is.
class Writer {
 public:
  // Errors of all its functions: refused, naming the file ("can't write FILE: No space left on device").
  static Result<Writer> open(const std::string& path);
  ~Writer();
  Writer(Writer&&) = default;
  Writer& operator=(Writer&&) = delete;

  Result<> begin(const Header& header);
  Result<> add(const Line& line);
  // The last line. Fills in what only the writer knows of it.
  Result<> end(End& end);

 private:
  Writer(std::string path, std::string draft, FileDescriptor file)
      : path_(std::move(path)), draft_(std::move(draft)), file_(std::move(file)) {}
  Result<> put(std::string line);
  Result<> flush();
  Error complaint() const;

  std::string path_;
  std::string draft_;  // where it is written; empty: at its own place
  FileDescriptor file_;
  std::string buffer_;
  Sha256 checksum_;
  std::uint64_t lines_ = 0;
};

// What is known of a file that was found to be whole.
struct Contents {
  Header header;
  End end;
  std::unordered_map<JobId, std::uint64_t> newest;  // of each job: the number of its last line
  std::unordered_set<JobId> gone;
};

class Reader {
 public:
  // "-" is stdin, which is copied into a temporary file first, because it is read twice. Errors of all
  // functions: invalid, their field says where ("FILE", "FILE:LINE").
  static Result<Reader> open(const std::string& path);

  // Reads all of it.
  Result<Contents> check();
  // After check(): the lines behind the first, one after the other; nothing at the end.
  Result<std::optional<Line>> next();
  std::uint64_t line_number() const { return line_; }

 private:
  using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
  Reader(std::string path, File file) : path_(std::move(path)), file_(std::move(file)) {}
  // With its newline, if it has one; empty at the end of the file.
  std::string_view read_line();
  Error at_line(Error error) const;

  std::string path_;
  File file_;
  std::unique_ptr<char, void (*)(void*)> room_{nullptr, std::free};
  std::size_t room_size_ = 0;
  std::uint64_t line_ = 0;
};

}  // namespace berth::backup
