#include "shared/base/utf8.hpp"

#include <array>

namespace berth {

Letter first_letter(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {lead, 1, false};
  std::uint32_t code = lead & (0xffu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {lead, 1, false};
    code = code << 6 | (byte(i) & 0x3fu);
  }
  constexpr std::array<std::uint32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < smallest[length] || surrogate || code > 0x10ffff) return {lead, 1, false};
  return {code, length, true};
}

std::string as_utf8(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const auto letter = first_letter(text);
    if (letter.valid) {
      clean += text.substr(0, letter.length);
    } else {
      clean += "\xef\xbf\xbd";
    }
    text.remove_prefix(letter.length);
  }
  return clean;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto letter = first_letter(text);
    if (!letter.valid) return false;
    text.remove_prefix(letter.length);
  }
  return true;
}

}  // namespace berth
