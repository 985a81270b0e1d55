// Log lines that concern an executor, a job or an attempt: with --log-format json they carry it in fields of
// its own
// ("executor":"m1","job":12,"attempt":1), so that a log can be searched for it. The text says it too, for
// people.
#pragma once

#include "shared/base/ids.hpp"

#include <spdlog/spdlog.h>

#include <cstdint>
#include <string_view>
#include <utility>

namespace berth {

struct LogSubject {
  std::string_view executor{};  // empty: none
  JobId job{};                  // 0: none
  std::uint32_t attempt = 0;    // 0: none
};

namespace detail {
// For as long as it lives, the lines of this thread are about the subject.
class SubjectScope {
 public:
  explicit SubjectScope(const LogSubject& subject);
  ~SubjectScope();
  SubjectScope(const SubjectScope&) = delete;
  SubjectScope& operator=(const SubjectScope&) = delete;
};
const LogSubject* current_subject();
}  // namespace detail

template <class... Args>
void log_about(const LogSubject& subject, spdlog::level::level_enum level, fmt::format_string<Args...> text,
               Args&&... args) {
  const detail::SubjectScope scope(subject);
  spdlog::log(level, text, std::forward<Args>(args)...);
}

}  // namespace berth
