#include "executor/host/files.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

namespace berth {

namespace fs = std::filesystem;

std::string read_text(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string read_line(const fs::path& path) {
  const auto text = read_text(path);
  return std::string(trimmed(std::string_view(text).substr(0, text.find('\n'))));
}

std::vector<fs::path> entries_of(const fs::path& directory) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    entries.push_back(entry->path());
  }
  std::sort(entries.begin(), entries.end(), [](const fs::path& a, const fs::path& b) {
    const auto left = a.filename().native();
    const auto right = b.filename().native();
    return std::pair(left.size(), left) < std::pair(right.size(), right);
  });
  return entries;
}

Error file_trouble(const std::string& what, const fs::path& where) {
  return unavailable(what + " " + where.string() + ": " + std::generic_category().message(errno));
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace berth
