#include "executor/runtime/docker/init_link.hpp"

#include "executor/host/files.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/read.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace berth::docker {
namespace {

using asio::local::stream_protocol;

// A path below /proc, because an address has room for 107 characters only.
int listening_socket(const std::filesystem::path& directory) {
  const FileDescriptor folder(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  FileDescriptor made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!folder.is_open() || !made.is_open()) return -1;
  const auto name = "/proc/self/fd/" + std::to_string(folder.get()) + "/link";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
  ::unlink(name.c_str());  // an earlier executor's
  if (::bind(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return -1;
  constexpr mode_t for_every_user = 0666;
  if (::chmod(name.c_str(), for_every_user) != 0 || ::listen(made.get(), 1) != 0) return -1;
  return made.release();
}

bool send_go(int socket, berth_go go, const Given& given) {
  std::array<int, berth_descriptors> descriptors{};
  std::size_t count = 0;
  while (count < given.size() && given[count].is_open()) {
    descriptors[count] = given[count].get();
    ++count;
  }
  const auto size = count * sizeof descriptors.front();
  iovec bytes{&go, sizeof go};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof descriptors)> room{};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = room.data();
  message.msg_controllen = CMSG_SPACE(size);
  auto* with = CMSG_FIRSTHDR(&message);
  with->cmsg_level = SOL_SOCKET;
  with->cmsg_type = SCM_RIGHTS;
  with->cmsg_len = CMSG_LEN(size);
  std::memcpy(CMSG_DATA(with), descriptors.data(), size);
  return ::sendmsg(socket, &message, MSG_NOSIGNAL) == static_cast<ssize_t>(sizeof go);
}

int pid_of_peer(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.pid : 0;
}

Task<bool> read(stream_protocol::socket& socket, berth_started& answer) {
  const auto room = asio::buffer(&answer, sizeof answer);
  const auto [error, size] = co_await asio::async_read(socket, room, use_tuple);
  co_return !error;
}

}  // namespace

InitLink::InitLink(asio::any_io_executor executor, std::filesystem::path path, int listening)
    : path_(std::move(path)), acceptor_(std::move(executor), stream_protocol(), listening) {}

InitLink::~InitLink() {
  if (acceptor_.is_open()) ::unlink(path_.c_str());
}

Result<InitLink> InitLink::listen(asio::any_io_executor executor, const std::filesystem::path& directory) {
  const int socket = listening_socket(directory);
  if (socket < 0) return file_trouble("can't listen in", directory);
  return InitLink(std::move(executor), directory / "link", socket);
}

Task<bool> InitLink::accept(stream_protocol::socket& socket) {
  const auto [error] = co_await acceptor_.async_accept(socket, use_tuple);
  co_return !error;
}

Task<Result<int>> InitLink::release(berth_go go, Given& given, std::function<Task<Result<>>()> may_start,
                                    Deadline deadline) {
  using asio::experimental::awaitable_operators::operator||;
  const Error too_late{ErrorKind::timeout, "the container's init doesn't call"};
  stream_protocol::socket socket(acceptor_.get_executor());
  auto accepting = accept(socket);
  auto patience = sleep_until(deadline);
  const auto first = co_await (std::move(accepting) || std::move(patience));
  if (first.index() != 0) co_return too_late;
  if (!socket.is_open()) co_return unavailable("the link to the container's init broke");
  caller_ = pid_of_peer(socket.native_handle());

  const auto allowed = co_await may_start();
  if (!allowed) co_return allowed.error();
  if (!send_go(socket.native_handle(), go, given)) co_return unavailable("the container's init hung up");
  given = Given();  // the pipes end when init and the job have gone

  berth_started answer{};
  auto reading = read(socket, answer);
  auto more_patience = sleep_until(deadline);
  const auto second = co_await (std::move(reading) || std::move(more_patience));
  if (second.index() != 0) co_return too_late;
  if (!std::get<0>(second)) co_return unavailable("the container's init hung up");
  co_return answer.error;
}

}  // namespace berth::docker
