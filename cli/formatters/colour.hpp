// Colour for terminals that want it.
#pragma once

#include "shared/model/job.hpp"

#include <string>
#include <string_view>

namespace berth::cli {

enum class Colour { plain, dim, bold, red, green, yellow, blue };

// `text` in that colour, or as it is when not `enabled`.
std::string paint(std::string_view text, Colour colour, bool enabled);

Colour status_colour(JobStatus status);

}  // namespace berth::cli
