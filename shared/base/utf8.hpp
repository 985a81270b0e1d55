// UTF-8 (RFC 3629), for text that came from elsewhere and may be any bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace berth {

struct Letter {
  std::uint32_t code = 0;  // the code point; of what isn't valid, the byte
  std::size_t length = 1;  // bytes
  bool valid = false;
};

// The first letter of a non-empty text. Overlong forms, surrogates and cut sequences aren't valid.
Letter first_letter(std::string_view text);

// Whether all of it is valid; an empty text is.
bool is_utf8(std::string_view text);

// The text with U+FFFD in place of every byte that isn't part of a letter. JSON is UTF-8, but a message may
// quote what a client, a container or its runtime wrote.
std::string as_utf8(std::string_view text);

}  // namespace berth
