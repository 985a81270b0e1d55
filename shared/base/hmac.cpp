#include "shared/base/hmac.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

namespace berth {

std::string hmac_sha256_hex(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> code{};
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), code.data(), &length);
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * std::size_t{length});
  for (unsigned i = 0; i < length; ++i) {
    hex += digits[code[i] >> 4];
    hex += digits[code[i] & 15];
  }
  return hex;
}

}  // namespace berth
