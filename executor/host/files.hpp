// Small files and directories of /proc and /sys, read without throwing: what isn't there is empty. Private to
// this folder.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace berth {

std::string read_text(const std::filesystem::path& path);
// Its first line, without blanks around it.
std::string read_line(const std::filesystem::path& path);
// What a directory holds, "9" before "10".
std::vector<std::filesystem::path> entries_of(const std::filesystem::path& directory);

std::string_view trimmed(std::string_view text);

}  // namespace berth
