// Owns a file descriptor of the kernel's, and closes it.
#pragma once

#include <unistd.h>

#include <utility>

namespace berth {

class FileDescriptor {
 public:
  explicit FileDescriptor(int value = -1) : value_(value) {}
  FileDescriptor(FileDescriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~FileDescriptor() {
    if (value_ >= 0) ::close(value_);
  }

  int get() const { return value_; }
  bool is_open() const { return value_ >= 0; }
  // Gives it away.
  int release() { return std::exchange(value_, -1); }

 private:
  int value_;
};

}  // namespace berth
