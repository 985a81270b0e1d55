// Several byte streams in one, framed as the Docker Engine API frames a container's output; Berth's own log
// API uses the same. A frame is eight bytes of header and its payload:
//
//   byte 0      the stream: 0 stdin, 1 stdout, 2 stderr, 3 the sender's own error message
//   bytes 1-3   zero
//   bytes 4-7   length of the payload in bytes, big-endian; 0 is legal
//
// https://docs.docker.com/engine/api/v1.41/#tag/Container/operation/ContainerAttach
#pragma once

#include "shared/base/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace berth::http {

inline constexpr std::size_t frame_header_size = 8;

inline constexpr std::uint8_t stdout_stream = 1;
inline constexpr std::uint8_t stderr_stream = 2;
inline constexpr std::uint8_t error_stream = 3;

// Payload of one frame, or a part of it. `bytes` points into the input that it came from, and is never empty.
struct MultiplexedPiece {
  std::uint8_t stream = stdout_stream;
  std::string_view bytes;
};

// Takes such a stream apart, however it was cut into pieces on its way. Needs nine bytes of memory whatever
// the length of a frame, because a payload is handed on as it comes.
//
//   while (true) {
//     const auto piece = demultiplexer.next(input);
//     if (!piece) return piece.error();
//     if (!*piece) break;  // all of `input` is used up
//     …
//   }
class Demultiplexer {
 public:
  // Takes the next piece off the front of `input`; nothing once `input` is used up. Error internal when the
  // input isn't such a stream: nothing after that can be believed, so stop there.
  Result<std::optional<MultiplexedPiece>> next(std::string_view& input);

  // True between two frames: a stream that ends elsewhere was cut off.
  bool at_boundary() const { return header_used_ == 0 && remaining_ == 0; }

 private:
  Result<> begin_frame();

  std::array<unsigned char, frame_header_size> header_{};
  std::size_t header_used_ = 0;  // 0 while within a payload
  std::uint8_t stream_ = 0;      // of the frame that `remaining_` belongs to
  std::uint32_t remaining_ = 0;  // bytes of its payload that are still to come
};

std::string encode_frame_header(std::uint8_t stream, std::uint32_t length);

}  // namespace berth::http
