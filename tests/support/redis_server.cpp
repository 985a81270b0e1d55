#include "tests/support/redis_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace berth::test {
namespace {

using namespace std::chrono_literals;

constexpr auto server_patience = 20s;

std::string fresh_folder() {
  std::string name = "/tmp/berth-redis-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr)
    throw std::runtime_error("can't make a folder in /tmp for a Redis server");
  return name;
}

std::vector<std::string> command_line(const std::string& folder, const std::vector<std::string>& settings) {
  std::vector<std::string> words{"redis-server",
                                 "--port",
                                 "0",
                                 "--unixsocket",
                                 folder + "/redis.sock",
                                 "--dir",
                                 folder,
                                 "--appendonly",
                                 "yes",
                                 "--appendfsync",
                                 "always",
                                 "--maxmemory-policy",
                                 "noeviction",
                                 "--save",
                                 "",
                                 "--hash-max-listpack-value",
                                 "4096",
                                 "--logfile",
                                 folder + "/redis.log"};
  words.insert(words.end(), settings.begin(), settings.end());
  return words;
}

}  // namespace

int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  const bool is_bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0 &&
                        ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(fd);
  if (!is_bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

std::vector<std::string> documented_user(const std::string& source_folder, const std::string& password,
                                         const std::string& cluster) {
  std::ifstream docs(source_folder + "/docs/redis-layout.md");
  std::string line;
  while (std::getline(docs, line) && !line.starts_with("user berth ")) {
  }
  if (line.empty())
    throw std::runtime_error("docs/redis-layout.md has no line that begins with \"user berth\"");
  std::istringstream rule(line);
  std::vector<std::string> words;
  for (std::string word; rule >> word;) {
    if (word == ">PASSWORD") word = '>' + password;
    const auto place = word.find("{berth:berth}");
    if (place != std::string::npos) word.replace(place, 13, "{berth:" + cluster + "*}");
    words.push_back(std::move(word));
  }
  words.front() = "--user";
  return words;
}

RedisServer::RedisServer(std::vector<std::string> settings)
    : folder_(fresh_folder()), settings_(command_line(folder_, settings)) {
  try {
    start();
  } catch (...) {
    kill();
    std::filesystem::remove_all(folder_);
    throw;
  }
}

RedisServer::~RedisServer() {
  kill();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void RedisServer::exec() const {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::signal(SIGXFSZ, SIG_IGN);  // a file that is too large is an error, as on a full disk
  std::vector<char*> words;
  for (const auto& word : settings_) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  ::execvp(words[0], words.data());
  ::_exit(127);
}

void RedisServer::start() {
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("can't fork a Redis server");
  if (pid_ == 0) exec();
  const auto give_up = std::chrono::steady_clock::now() + server_patience;
  for (;;) {
    const std::string answer = ask("PING");
    if (answer.starts_with("+PONG") || answer.starts_with("-NOAUTH")) return;
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      break;
    }
    if (std::chrono::steady_clock::now() > give_up) break;
    std::this_thread::sleep_for(2ms);  // nothing tells when another process has begun to listen
  }
  std::ifstream log(folder_ + "/redis.log");
  throw std::runtime_error("redis-server didn't come up; is it installed? Its log:\n" +
                           std::string(std::istreambuf_iterator<char>(log), {}));
}

void RedisServer::kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void RedisServer::freeze() {
  ::kill(pid_, SIGSTOP);
  ::waitpid(pid_, nullptr, WUNTRACED);
}

void RedisServer::thaw() { ::kill(pid_, SIGCONT); }

void RedisServer::limit_file_size(std::size_t bytes) {
  const rlimit limit{bytes, bytes};
  if (::prlimit(pid_, RLIMIT_FSIZE, &limit, nullptr) != 0) throw std::runtime_error("can't limit its files");
}

void RedisServer::await_end() {
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

int RedisServer::send(std::string_view command) const {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket().c_str(), sizeof(address.sun_path) - 1);
  const std::string line = std::string(command) + "\r\n";
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
      ::send(fd, line.data(), line.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(line.size()))
    return fd;
  ::close(fd);
  return -1;
}

std::string RedisServer::ask(std::string_view command) const {
  const int fd = send(command);
  if (fd < 0) return {};
  std::array<char, 4096> buffer;
  const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), 0);
  ::close(fd);
  return size > 0 ? std::string(buffer.data(), static_cast<std::size_t>(size)) : std::string();
}

void RedisServer::tell(std::string_view command) const {
  const int fd = send(command);
  if (fd >= 0) ::close(fd);
}

}  // namespace berth::test
