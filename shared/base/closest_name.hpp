// What somebody probably meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace berth {

// The known name that differs least from a mistyped one, if it is close (two changes at most); else empty.
std::string closest_name(std::string_view name, const std::vector<std::string_view>& known);

// "; did you mean NAME?", or nothing.
std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& known);

}  // namespace berth
