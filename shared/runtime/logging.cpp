#include "shared/runtime/logging.hpp"

#include "shared/base/time.hpp"
#include "shared/runtime/log_subject.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

namespace berth {
namespace {

using Level = spdlog::level::level_enum;

constexpr std::array<std::pair<std::string_view, Level>, 6> levels{{
    {"trace", Level::trace},
    {"debug", Level::debug},
    {"info", Level::info},
    {"warn", Level::warn},
    {"error", Level::err},
    {"off", Level::off},
}};

std::string_view name_of(Level level) {
  for (const auto& [name, value] : levels) {
    if (value == level) return name;
  }
  return "error";  // spdlog's "critical", which Berth doesn't use
}

std::optional<Level> level_of(std::string_view wanted) {
  for (const auto& [name, value] : levels) {
    if (name == wanted) return value;
  }
  return std::nullopt;
}

void append(spdlog::memory_buf_t& line, std::string_view text) {
  line.append(text.data(), text.data() + text.size());
}

void append_escaped(spdlog::memory_buf_t& line, std::string_view text) {
  static constexpr std::string_view digits = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      line.push_back('\\');
      line.push_back(c);
    } else if (byte < 0x20 || byte == 0x7f) {
      append(line, "\\u00");
      line.push_back(digits[byte >> 4]);
      line.push_back(digits[byte & 15]);
    } else {
      line.push_back(c);
    }
  }
}

// ,"executor":"m1","job":12,"attempt":1
void append_fields(spdlog::memory_buf_t& line, const LogSubject& subject) {
  if (!subject.executor.empty()) {
    append(line, ",\"executor\":\"");
    append_escaped(line, subject.executor);
    line.push_back('"');
  }
  if (subject.job.value != 0) append(line, ",\"job\":" + to_string(subject.job));
  if (subject.attempt != 0) append(line, ",\"attempt\":" + std::to_string(subject.attempt));
}

// spdlog's patterns can't escape a message, and a message may hold whatever a container runtime said.
class JsonFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& line) override {
    const auto since_epoch = message.time.time_since_epoch();
    const WallTime time{std::chrono::duration_cast<Milliseconds>(since_epoch).count()};
    append(line, "{\"time\":\"");
    append(line, to_string(time));
    append(line, "\",\"level\":\"");
    append(line, name_of(message.level));
    line.push_back('"');
    if (const auto* subject = detail::current_subject()) append_fields(line, *subject);
    append(line, ",\"message\":\"");
    append_escaped(line, {message.payload.data(), message.payload.size()});
    append(line, "\"}\n");
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<JsonFormatter>(); }
};

// The logger writes before spdlog's functions return, so this is about the line that is being written.
thread_local const LogSubject* subject_now = nullptr;

}  // namespace

namespace detail {
SubjectScope::SubjectScope(const LogSubject& subject) { subject_now = &subject; }
SubjectScope::~SubjectScope() { subject_now = nullptr; }
const LogSubject* current_subject() { return subject_now; }
}  // namespace detail

Result<> setup_logging(std::string_view level, std::string_view format) {
  const auto threshold = level_of(level);
  if (!threshold) {
    return invalid("must be trace, debug, info, warn, error or off, got \"" + std::string(level) + "\"",
                   "--log-level");
  }
  if (format != "human" && format != "json") {
    return invalid("must be human or json, got \"" + std::string(format) + "\"", "--log-format");
  }
  const char* no_color = std::getenv("NO_COLOR");
  const bool colored = format == "human" && (no_color == nullptr || *no_color == '\0');
  spdlog::sink_ptr sink;
  if (colored) {
    sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
  } else {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  }
  auto logger = std::make_shared<spdlog::logger>("berth", std::move(sink));
  if (format == "json") {
    logger->set_formatter(std::make_unique<JsonFormatter>());
  } else {
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%-5l%$ %v", spdlog::pattern_time_type::utc);
  }
  logger->set_level(*threshold);
  logger->flush_on(Level::trace);
  spdlog::set_default_logger(std::move(logger));
  return {};
}

}  // namespace berth
