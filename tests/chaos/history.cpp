#include "tests/chaos/history.hpp"

#include "shared/codec/json.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>

namespace berth::chaos {
namespace {

constexpr std::string_view run_file = "run.json";
constexpr std::string_view asked_file = "asked.jsonl";
constexpr std::string_view calls_file = "history.jsonl";
constexpr std::string_view faults_file = "faults.jsonl";
constexpr std::string_view recovery_file = "recovery.jsonl";
constexpr std::string_view jobs_file = "jobs.jsonl";
constexpr std::string_view events_file = "events.jsonl";
constexpr std::string_view containers_file = "containers.jsonl";
constexpr std::string_view allocations_file = "assigned.jsonl";
constexpr std::string_view logs_file = "logs.jsonl";
constexpr std::array line_files{asked_file,  calls_file,      faults_file,      recovery_file, jobs_file,
                                events_file, containers_file, allocations_file, logs_file};

[[noreturn]] void fail(const std::filesystem::path& path) {
  throw std::system_error(errno, std::generic_category(), path.string());
}

template <class Record>
std::string as_line(const Record& record) {
  return json::serialize(json::value_from(record));
}

template <class Record>
Result<Record> from_line(const json::value& value) {
  if constexpr (Described<Record>) {
    return from_json<Record>(value);
  } else {
    auto record = json::try_value_to<Record>(value);
    if (!record) return invalid("isn't such a line: " + record.error().message());
    return std::move(*record);
  }
}

template <>
Result<FeedLine> from_line<FeedLine>(const json::value& value) {
  const auto* object = value.if_object();
  if (object != nullptr && object->contains("gap")) {
    auto gap = from_line<FeedGap>(object->at("gap"));
    if (!gap) return gap.error();
    return *gap;
  }
  auto event = from_line<Event>(value);
  if (!event) return event.error();
  return std::move(*event);
}

Result<std::string> whole_text(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  if (file.peek() != std::ifstream::traits_type::eof()) text << file.rdbuf();
  if (!file.is_open() || file.bad())
    return Error{ErrorKind::not_found, "can't read " + path.string() + ": is this the directory of a run?"};
  return text.str();
}

template <class Record>
Result<> read_lines(const std::filesystem::path& path, std::vector<Record>& records) {
  const auto text = whole_text(path);
  if (!text) return text.error();
  std::size_t number = 0;
  for (std::size_t begin = 0; begin < text->size();) {
    const auto end = text->find('\n', begin);
    if (end == std::string::npos) break;  // the writer died there
    ++number;
    const auto value = parse_json(std::string_view(*text).substr(begin, end - begin));
    auto record = value ? from_line<Record>(*value) : Result<Record>(value.error());
    if (!record) {
      const auto& error = record.error();
      return invalid(path.string() + ", line " + std::to_string(number) + ": " +
                     (error.field.empty() ? "" : error.field + " ") + error.message);
    }
    records.push_back(std::move(*record));
    begin = end + 1;
  }
  return {};
}

std::optional<TruthLine> parse_truth(const std::string& text) {
  std::istringstream words(text);
  TruthLine line;
  std::string sign;
  if (!(words >> line.attempt >> sign >> line.at)) return std::nullopt;
  if (sign == "begin") {
    line.sign = Sign::begin;
  } else if (sign == "end") {
    line.sign = Sign::end;
    int code = 0;
    if (!(words >> code)) return std::nullopt;
    line.code = code;
  } else if (sign != "beat") {
    return std::nullopt;
  }
  return line;
}

// A process may be killed in the middle of its write: such a line is as if it had come a moment earlier.
std::vector<TruthLine> read_truth(const std::filesystem::path& path) {
  std::vector<TruthLine> lines;
  std::ifstream file(path);
  for (std::string text; std::getline(file, text);) {
    if (file.eof()) break;  // cut off
    if (const auto line = parse_truth(text)) lines.push_back(*line);
  }
  return lines;
}

Result<> read_truths(const std::filesystem::path& folder,
                     std::map<std::uint64_t, std::vector<TruthLine>>& truth) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (const auto job = parse_job_id(entry.path().filename().string()))
      truth.emplace(job->value, read_truth(entry.path()));
  }
  if (error) return Error{ErrorKind::not_found, "can't read " + folder.string() + ": " + error.message()};
  return {};
}

}  // namespace

HistoryWriter::HistoryWriter(std::filesystem::path directory) : directory_(std::move(directory)) {
  std::filesystem::create_directories(truth_folder());
  std::filesystem::permissions(truth_folder(), std::filesystem::perms::all);
  for (const auto name : line_files) {
    const auto path = directory_ / name;
    FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644));
    if (file.get() < 0) fail(path);
    files_.emplace(name, std::move(file));
  }
}

void HistoryWriter::append_line(std::string_view name, std::string line) const {
  line += '\n';
  const auto written = ::write(files_.find(name)->second.get(), line.data(), line.size());
  if (written == static_cast<ssize_t>(line.size())) return;
  if (written >= 0) errno = ENOSPC;
  fail(directory_ / name);
}

void HistoryWriter::write(const Run& run) const {
  const auto path = directory_ / run_file;
  const auto beside = directory_ / "run.json.new";
  {
    std::ofstream file(beside);
    file << as_line(run) << '\n';
    file.close();
    if (!file) fail(path);
  }
  std::filesystem::rename(beside, path);
}

void HistoryWriter::append(const Asked& line) const { append_line(asked_file, as_line(line)); }
void HistoryWriter::append(const Call& line) const { append_line(calls_file, as_line(line)); }
void HistoryWriter::append(const Fault& line) const { append_line(faults_file, as_line(line)); }
void HistoryWriter::append(const Recovery& line) const { append_line(recovery_file, as_line(line)); }
void HistoryWriter::append(const Job& line) const { append_line(jobs_file, json::serialize(to_json(line))); }
void HistoryWriter::append(const Event& line) const {
  append_line(events_file, json::serialize(to_json(line)));
}
void HistoryWriter::append(const FeedGap& line) const {
  append_line(events_file, json::serialize(json::object{{"gap", json::value_from(line)}}));
}
void HistoryWriter::append(const Container& line) const { append_line(containers_file, as_line(line)); }
void HistoryWriter::append(const Allocation& line) const { append_line(allocations_file, as_line(line)); }
void HistoryWriter::append(const LogCheck& line) const { append_line(logs_file, as_line(line)); }

Result<History> read_history(const std::filesystem::path& directory) {
  History history;
  const auto text = whole_text(directory / run_file);
  if (!text) return text.error();
  const auto value = parse_json(*text);
  auto run = value ? from_line<Run>(*value) : Result<Run>(value.error());
  if (!run) return invalid((directory / run_file).string() + ": " + run.error().message);
  history.run = std::move(*run);

  std::optional<Error> error;
  const auto read = [&](std::string_view name, auto& records) {
    if (error) return;
    if (const auto done = read_lines(directory / name, records); !done) error = done.error();
  };
  read(asked_file, history.asked);
  read(calls_file, history.calls);
  read(faults_file, history.faults);
  read(recovery_file, history.recoveries);
  read(jobs_file, history.jobs);
  read(events_file, history.feed);
  read(containers_file, history.containers);
  read(allocations_file, history.allocations);
  read(logs_file, history.logs);
  if (error) return *error;
  if (const auto done = read_truths(directory / "truth", history.truth); !done) return done.error();
  return history;
}

}  // namespace berth::chaos
