#include "tests/support/berth_process.hpp"

#include "tests/support/docker_daemon.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <sstream>
#include <stdexcept>

extern char** environ;  // NOLINT: POSIX wants it declared here

namespace berth::test {
namespace {

struct Pipe {
  int read_end = -1;
  int write_end = -1;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
  return {ends[0], ends[1]};
}

std::vector<std::string> merged_environment(const std::map<std::string, std::string>& variables) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (!variables.contains(std::string(text.substr(0, text.find('='))))) result.emplace_back(text);
  }
  for (const auto& [name, value] : variables) result.push_back(name + "=" + value);
  return result;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (auto& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

// Appends what there is; false at the end of the stream.
bool drain(int descriptor, std::string& target) {
  std::array<char, 65536> buffer{};
  const auto count = ::read(descriptor, buffer.data(), buffer.size());
  if (count > 0) target.append(buffer.data(), static_cast<std::size_t>(count));
  return count > 0;
}

int milliseconds_until(Monotonic deadline) {
  const auto left = std::chrono::ceil<Milliseconds>(deadline - std::chrono::steady_clock::now()).count();
  return left < 0 ? 0 : static_cast<int>(left);
}

}  // namespace

Process::Process(std::vector<std::string> words, std::map<std::string, std::string> variables,
                 std::string_view input) {
  auto environment = merged_environment(variables);
  auto argv = pointers(words);
  auto envp = pointers(environment);
  const auto in = make_pipe();
  const auto out = make_pipe();
  const auto err = make_pipe();
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) {
    ::dup2(in.read_end, 0);
    ::dup2(out.write_end, 1);
    ::dup2(err.write_end, 2);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // What a test's own threads have open is none of the child's: it would keep their connections open.
    ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    if (::getppid() == parent) ::execvpe(argv[0], argv.data(), envp.data());
    ::_exit(127);
  }
  ::close(in.read_end);
  ::close(out.write_end);
  ::close(err.write_end);
  out_ = out.read_end;
  err_ = err.read_end;
  feed(input, in.write_end);
}

// Inputs of tests are smaller than a pipe's buffer, so this never blocks.
void Process::feed(std::string_view input, int descriptor) {
  if (!input.empty() &&
      ::write(descriptor, input.data(), input.size()) != static_cast<ssize_t>(input.size())) {
    ::close(descriptor);
    throw std::runtime_error("the input doesn't fit into a pipe");
  }
  ::close(descriptor);
}

Process::~Process() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  if (out_ >= 0) ::close(out_);
  if (err_ >= 0) ::close(err_);
}

// Waits for output and collects it; false once both streams have ended or the deadline has passed.
bool Process::pump(Monotonic deadline) {
  std::array<pollfd, 2> streams{{{out_, POLLIN, 0}, {err_, POLLIN, 0}}};
  if ((out_ < 0 && err_ < 0) || ::poll(streams.data(), streams.size(), milliseconds_until(deadline)) <= 0)
    return false;
  const auto read_or_close = [](const pollfd& stream, int& descriptor, std::string& target) {
    if (stream.revents == 0 || drain(descriptor, target)) return;
    ::close(descriptor);
    descriptor = -1;
  };
  read_or_close(streams[0], out_, collected_.out);
  read_or_close(streams[1], err_, collected_.err);
  return true;
}

bool Process::wait_for(std::string_view text, Milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  const auto seen = [&] {
    return collected_.out.find(text) != std::string::npos || collected_.err.find(text) != std::string::npos;
  };
  while (!seen()) {
    if (!pump(deadline)) return false;
  }
  return true;
}

void Process::collect() {
  while (pump(std::chrono::steady_clock::now())) {
  }
}

Finished Process::wait(Milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (pump(deadline)) {
  }
  if (out_ >= 0 || err_ >= 0) {
    throw std::runtime_error("the process hasn't ended; so far it wrote:\n" + collected_.out +
                             collected_.err);
  }
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  collected_.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return collected_;
}

void Process::send(int signal) {
  if (pid_ > 0) ::kill(pid_, signal);
}

std::uint64_t Process::resident() const {
  std::ifstream statm("/proc/" + std::to_string(pid_) + "/statm");
  std::uint64_t pages = 0;
  statm >> pages >> pages;  // the second number
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

TemporaryFolder::TemporaryFolder() {
  std::string name = "/tmp/berth-e2e-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("can't make a folder below /tmp");
  path_ = name;
  // mkdtemp makes it for its owner alone; jobs of other users shall read it too.
  std::filesystem::permissions(path_, std::filesystem::perms{0755});
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

std::string TemporaryFolder::file(const std::string& name, std::string_view content) const {
  std::ofstream(path_ / name, std::ios::binary) << content;
  return path_ / name;
}

std::string TemporaryFolder::read(const std::string& name) const {
  std::ostringstream content;
  content << std::ifstream(path_ / name, std::ios::binary).rdbuf();
  return content.str();
}

BerthUp::BerthUp(std::string binary, std::vector<std::string> flags)
    : binary_(std::move(binary)), flags_(std::move(flags)) {
  start();
}

BerthUp::~BerthUp() {
  if (process_) {
    process_->send(SIGTERM);
    try {
      process_->wait();
    } catch (const std::runtime_error&) {
      process_.reset();  // kills it
    }
  }
  remove_containers_of(cluster());
}

void BerthUp::start() {
  std::vector<std::string> words{binary_, "up", "--data", data_.path(), "--listen", "127.0.0.1:0"};
  words.insert(words.end(), flags_.begin(), flags_.end());
  process_ = std::make_unique<Process>(words);
  constexpr std::string_view mark = "http://127.0.0.1:";
  if (!process_->wait_for("\nTry: ")) {
    throw std::runtime_error("berth up didn't come up:\n" + process_->out() + process_->err());
  }
  const auto start = process_->out().find(mark);
  url_ = process_->out().substr(start, process_->out().find_first_of(" \n", start) - start);
}

Finished BerthUp::stop() {
  process_->send(SIGINT);
  auto finished = process_->wait();
  process_.reset();
  return finished;
}

void BerthUp::kill() { process_.reset(); }

std::vector<std::string> BerthUp::command(std::vector<std::string> words) const {
  words.insert(words.begin(), binary_);
  return words;
}

std::map<std::string, std::string> BerthUp::variables() const { return {{"BERTH_URL", url_}}; }

Finished BerthUp::berth(std::vector<std::string> words, Milliseconds limit) const {
  Process process(command(std::move(words)), variables());
  return process.wait(limit);
}

std::string BerthUp::cluster() const {
  auto cluster = data_.read("cluster");
  while (cluster.ends_with('\n')) cluster.pop_back();
  return cluster;
}

std::vector<std::string> BerthUp::containers() const { return containers_of(cluster()); }

std::string BerthUp::last_words() const {
  constexpr std::size_t shown = 4000;  // bytes
  if (!process_) return {};
  process_->collect();
  const auto words = process_->out() + process_->err();
  return words.substr(words.size() - std::min(words.size(), shown));
}

bool BerthUp::leaves_no_container() const { return loses_all_containers(cluster()); }

}  // namespace berth::test
