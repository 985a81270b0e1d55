// Small files and directories, read without throwing: what isn't there is empty. Private to the executor.
#pragma once

#include "shared/base/result.hpp"

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

// "<what> <where>: " and the kernel's words for errno, as unavailable.
Error file_trouble(const std::string& what, const std::filesystem::path& where);

std::string_view trimmed(std::string_view text);

}  // namespace berth
