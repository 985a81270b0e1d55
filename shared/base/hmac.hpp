// HMAC-SHA256 (RFC 2104, FIPS 180-4).
#pragma once

#include <string>
#include <string_view>

namespace berth {

// The code of `text` under `key`, as 64 lower-case hexadecimal digits.
std::string hmac_sha256_hex(std::string_view key, std::string_view text);

}  // namespace berth
