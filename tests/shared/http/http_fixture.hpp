// A server and a client in one loop, over TCP or a Unix socket, and raw bytes for what a client would never
// send.
#pragma once

#include "shared/http/client.hpp"
#include "shared/http/server.hpp"
#include "shared/runtime/task_group.hpp"
#include "tests/shared/runtime/loop.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

namespace berth::http::test {

using namespace std::chrono_literals;
using asio::ip::tcp;
using berth::test::Loop;

// Long enough for a slow machine; nothing waits for it to pass.
inline Deadline patience() { return deadline_in(30s); }

inline Request request(std::string method, std::string target, std::string body = {}) {
  Request made;
  made.method = std::move(method);
  made.target = std::move(target);
  made.body = std::move(body);
  return made;
}

enum class Over { tcp, unix_socket };

class HttpFixture {
 public:
  explicit HttpFixture(Handler handler, Over over = Over::tcp, ServerOptions options = {})
      : tasks(loop.executor()), server(loop.executor(), std::move(handler), options) {
    Address address;
    if (over == Over::tcp) {
      const auto bound = server.listen("127.0.0.1", "0").value();
      address = parse_address("http://" + bound, "").value();
    } else {
      const auto name = "berth-http-test-" + std::to_string(::getpid()) + ".sock";
      const auto path = (std::filesystem::temp_directory_path() / name).string();
      server.listen_unix(path).value();
      address = parse_address("unix://" + path, "").value();
    }
    client = std::make_unique<Client>(loop.executor(), address);
    tasks.spawn("server", server.run());
  }
  ~HttpFixture() {
    client.reset();
    loop.run(server.stop());
    tasks.cancel();
    loop.run(tasks.join());
    loop.drain();  // hangs if anything was forgotten
  }

  Result<Response> call(Request made, Deadline deadline = patience()) {
    return loop.run(client->call(std::move(made), deadline));
  }

  // Sends bytes over a connection of their own and returns all that comes back until the server closes it.
  std::string exchange(std::string bytes) {
    return loop.run(exchange_task(client->address(), std::move(bytes)));
  }

  Loop loop;
  TaskGroup tasks;
  Server server;
  std::unique_ptr<Client> client;

 private:
  static Task<std::string> exchange_task(Address address, std::string bytes) {
    tcp::socket socket(co_await asio::this_coro::executor);
    const tcp::endpoint endpoint(asio::ip::make_address(address.host),
                                 static_cast<std::uint16_t>(std::stoi(address.port)));
    co_await socket.async_connect(endpoint, asio::use_awaitable);
    co_await asio::async_write(socket, asio::buffer(bytes), asio::use_awaitable);
    std::string answer;
    co_await asio::async_read(socket, asio::dynamic_buffer(answer), use_tuple);
    co_return answer;
  }
};

}  // namespace berth::http::test
