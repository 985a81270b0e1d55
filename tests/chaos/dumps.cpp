#include "tests/chaos/dumps.hpp"

#include "shared/http/multiplexed.hpp"
#include "shared/model/executor_info.hpp"
#include "tests/chaos/jobs.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <stdexcept>

namespace berth::chaos {
namespace {

using namespace std::chrono_literals;

constexpr Milliseconds dump_patience = 60s;
constexpr Milliseconds between_looks = 500ms;

std::string sha256(const std::string& bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  ::EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, ::EVP_sha256(), nullptr);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    text += digits[digest[i] >> 4];
    text += digits[digest[i] & 15];
  }
  return text;
}

struct Output {
  std::string bytes;
  bool is_marked = false;  // Berth says that something is left out
};

Output taken_apart(const std::string& body) {
  Output output;
  http::Demultiplexer demultiplexer;
  std::string_view rest = body;
  for (;;) {
    const auto piece = demultiplexer.next(rest);
    if (!piece) throw std::runtime_error("output in bad frames: " + piece.error().message);
    if (!*piece) return output;
    if ((*piece)->stream == http::stdout_stream) output.bytes += (*piece)->bytes;
    if ((*piece)->stream == http::error_stream) output.is_marked = true;
  }
}

// What Berth adds to the message of an attempt whose output it can't vouch for.
bool is_said_to_be_incomplete(const Attempt& attempt) {
  return attempt.message.find("its output is incomplete") != std::string::npos;
}

Task<> dump_log(Api& api, const HistoryWriter& history, JobId job, std::uint32_t attempt,
                std::string expected, bool is_marked) {
  const auto target =
      "/v1/jobs/" + std::to_string(job.value) + "/logs?stream=stdout&attempt=" + std::to_string(attempt);
  http::Headers headers{{"Accept", "application/vnd.docker.multiplexed-stream"}};
  const auto answer = co_await api.get(target, dump_patience, std::move(headers));
  const auto output = taken_apart(answer.body);
  LogCheck check;
  check.job = job.value;
  check.attempt = attempt;
  check.bytes = static_cast<std::int64_t>(output.bytes.size());
  check.sha256 = sha256(output.bytes);
  check.expected_bytes = static_cast<std::int64_t>(expected.size());
  check.expected_sha256 = sha256(expected);
  check.marked = is_marked || output.is_marked;
  history.append(check);
}

Task<std::vector<Job>> all_jobs(Api& api) {
  std::vector<Job> jobs;
  std::string cursor;
  do {
    const auto target = "/v1/jobs?limit=1000" + (cursor.empty() ? cursor : "&cursor=" + cursor);
    const auto page = co_await api.ask(target, dump_patience);
    for (const auto& record : page.at("jobs").as_array()) {
      auto job = from_json<Job>(record);
      if (!job) throw std::runtime_error("a job's record can't be read: " + job.error().message);
      jobs.push_back(std::move(*job));
    }
    const auto& next = page.at("next");
    cursor = next.is_null() ? std::string() : std::string(next.as_string());
  } while (!cursor.empty());
  std::reverse(jobs.begin(), jobs.end());
  co_return jobs;
}

std::vector<std::string> docker_list(World& world, const std::string& machine,
                                     std::vector<std::string> more) {
  std::vector<std::string> words{"timeout", "30", "docker", "ps", "--all", "--no-trunc"};
  words.insert(words.end(), more.begin(), more.end());
  std::istringstream text(run_on(world.node(machine).host.get(), std::move(words)));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

// "k=v,k=v"
std::map<std::string, std::string> labels_of(const std::string& text) {
  std::map<std::string, std::string> labels;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    const auto equals = part.find('=');
    if (equals != std::string::npos) labels.emplace(part.substr(0, equals), part.substr(equals + 1));
  }
  return labels;
}

}  // namespace

Task<bool> settle(Api& api, Milliseconds limit) {
  const auto give_up = deadline_in(limit);
  while (loop_now() < give_up) {
    std::string target = "/v1/stats";
    const auto stats = co_await api.ask(std::move(target), dump_patience);
    std::int64_t live = 0;
    for (const auto* status : {"PENDING", "RUNNING"}) {
      const auto* count = stats.at("jobs").as_object().if_contains(status);
      if (count != nullptr) live += count->to_number<std::int64_t>();
    }
    if (live == 0) co_return true;
    co_await sleep_until(deadline_in(between_looks));
  }
  co_return false;
}

Task<> await_no_containers(World& world, Milliseconds limit) {
  const auto give_up = deadline_in(limit);
  const auto is_clean = [&] {
    return std::all_of(world.machines().begin(), world.machines().end(), [&](const std::string& machine) {
      return docker_list(world, machine, {"--quiet"}).empty();
    });
  };
  while (!is_clean() && loop_now() < give_up) co_await sleep_until(deadline_in(between_looks));
}

Task<> dump_records(Api& api, const HistoryWriter& history) {
  const auto jobs = co_await all_jobs(api);
  for (const auto& job : jobs) {
    history.append(job);
    for (const auto& attempt : job.attempts) {
      if (attempt.cause != Cause::exit) continue;
      auto expected = expected_output(job.definition);
      co_await dump_log(api, history, job.id, attempt.number, std::move(expected),
                        is_said_to_be_incomplete(attempt));
    }
  }
}

Task<> dump_executors(Api& api, const HistoryWriter& history) {
  std::string target = "/v1/executors";
  const auto list = co_await api.ask(std::move(target), dump_patience);
  for (const auto& executor : list.at("executors").as_array()) {
    const auto status = from_json<ExecutorStatus>(executor);
    if (!status) throw std::runtime_error("an executor can't be read: " + status.error().message);
    Allocation line;
    line.executor = status->name;
    line.allocated_cpu = status->allocated.cpu.value;
    line.allocated_memory = status->allocated.memory.value;
    line.jobs = static_cast<std::uint32_t>(status->allocated.jobs);
    history.append(line);
  }
}

void dump_containers(World& world, const HistoryWriter& history) {
  for (const auto& machine : world.machines()) {
    for (const auto& line :
         docker_list(world, machine, {"--format", "{{.Names}}\t{{.State}}\t{{.Labels}}"})) {
      std::istringstream fields(line);
      Container container;
      std::string labels;
      container.machine = machine;
      std::getline(fields, container.name, '\t');
      std::getline(fields, container.state, '\t');
      std::getline(fields, labels, '\t');
      container.labels = labels_of(labels);
      history.append(container);
    }
  }
}

}  // namespace berth::chaos
