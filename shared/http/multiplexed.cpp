#include "shared/http/multiplexed.hpp"

#include <algorithm>

namespace berth::http {

Result<std::optional<MultiplexedPiece>> Demultiplexer::next(std::string_view& input) {
  while (!input.empty()) {
    if (remaining_ > 0) {
      const auto bytes = input.substr(0, remaining_);
      input.remove_prefix(bytes.size());
      remaining_ -= static_cast<std::uint32_t>(bytes.size());
      return MultiplexedPiece{stream_, bytes};
    }
    const auto part = input.substr(0, frame_header_size - header_used_);
    std::copy(part.begin(), part.end(), header_.begin() + static_cast<std::ptrdiff_t>(header_used_));
    header_used_ += part.size();
    input.remove_prefix(part.size());
    if (header_used_ < frame_header_size) break;
    if (const auto begun = begin_frame(); !begun) return begun.error();
  }
  return std::optional<MultiplexedPiece>{};
}

Result<> Demultiplexer::begin_frame() {
  if (header_[0] > error_stream || header_[1] != 0 || header_[2] != 0 || header_[3] != 0) {
    return internal_error("a multiplexed stream has a malformed frame header (is the output of a terminal?)");
  }
  stream_ = header_[0];
  remaining_ = 0;
  for (std::size_t i = 4; i < frame_header_size; ++i) remaining_ = remaining_ << 8 | header_[i];
  header_used_ = 0;
  return {};
}

std::string encode_frame_header(std::uint8_t stream, std::uint32_t length) {
  std::string header(frame_header_size, '\0');
  header[0] = static_cast<char>(stream);
  for (std::size_t i = 0; i < 4; ++i) header[4 + i] = static_cast<char>(length >> (24 - 8 * i) & 0xff);
  return header;
}

}  // namespace berth::http
