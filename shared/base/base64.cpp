#include "shared/base/base64.hpp"

#include <openssl/evp.h>

#include <algorithm>

namespace berth {
namespace {

const unsigned char* octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* octets(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

std::string to_base64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // OpenSSL ends it with a zero
  const auto length = EVP_EncodeBlock(octets(text), octets(bytes), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string bytes(text.size() / 4 * 3 + 1, '\0');
  const auto length = EVP_DecodeBlock(octets(bytes), octets(text), static_cast<int>(text.size()));
  const auto padding = std::count(text.begin(), text.end(), '=');  // which OpenSSL counts as bytes
  if (length < padding) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(length - padding));
  return bytes;
}

}  // namespace berth
