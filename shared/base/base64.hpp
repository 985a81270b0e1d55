// Base64, RFC 4648 section 4, with padding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace berth {

std::string to_base64(std::string_view bytes);
// Nothing when it isn't base64.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace berth
