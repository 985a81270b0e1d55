#include "shared/redis/compression.hpp"

#include "shared/base/limits.hpp"

#include <zstd.h>

#include <memory>

namespace berth::redis {
namespace {

constexpr int compression_level = 1;            // the executor's loop waits for it: some 0.1 ms a piece
constexpr std::size_t least_to_compress = 256;  // bytes

struct FreeCompressor {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
struct FreeDecompressor {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

}  // namespace

std::optional<std::string> compressed(std::string_view bytes) {
  if (bytes.size() < least_to_compress || bytes.size() > limits::log_chunk) return std::nullopt;
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeCompressor> context(ZSTD_createCCtx());
  if (!context) return std::nullopt;
  // With less room than that it fails: then it isn't worth it.
  std::string packed(bytes.size() - bytes.size() / 16, '\0');
  const std::size_t size = ZSTD_compressCCtx(context.get(), packed.data(), packed.size(), bytes.data(),
                                             bytes.size(), compression_level);
  if (ZSTD_isError(size) != 0) return std::nullopt;
  packed.resize(size);
  return packed;
}

std::optional<std::string> decompressed(std::string_view packed, std::size_t size) {
  if (size > limits::log_chunk) return std::nullopt;
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeDecompressor> context(ZSTD_createDCtx());
  if (!context) return std::nullopt;
  std::string bytes(size, '\0');
  const std::size_t made =
      ZSTD_decompressDCtx(context.get(), bytes.data(), bytes.size(), packed.data(), packed.size());
  if (ZSTD_isError(made) != 0 || made != size) return std::nullopt;
  return bytes;
}

}  // namespace berth::redis
