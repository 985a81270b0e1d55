// Pieces of output made smaller with zstd, each by itself, so that any of them can be read alone.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace berth::redis {

// Nothing where that isn't worth it: too small, too large to be a piece, or hardly smaller afterwards.
std::optional<std::string> compressed(std::string_view bytes);

// What was compressed, which had `size` bytes. Nothing where it had not, or isn't anything that was
// compressed: whatever it says of itself, no more is made of it than a piece may have.
std::optional<std::string> decompressed(std::string_view packed, std::size_t size);

}  // namespace berth::redis
