#include "tests/support/own_docker.hpp"

#include "tests/support/docker_daemon.hpp"
#include "tests/support/fleet.hpp"

#include <signal.h>

#include <sstream>
#include <stdexcept>

namespace berth::test {

OwnDocker::OwnDocker() {
  start();
  const auto load = std::string("docker save ") + test_image + " | docker --host " + host() + " load";
  Process loading({"sh", "-c", load});
  const auto loaded = loading.wait();
  if (loaded.code != 0) throw std::runtime_error("the test image can't be loaded: " + loaded.err);
}

OwnDocker::~OwnDocker() {
  try {
    if (!daemon_) start();
    std::istringstream names(docker({"ps", "--all", "--quiet"}).out);
    std::vector<std::string> remove{"rm", "--force"};
    for (std::string name; names >> name;) remove.push_back(name);
    if (remove.size() > 2) docker(remove);
    daemon_->send(SIGTERM);
    daemon_->wait();
  } catch (const std::runtime_error&) {
    // What is left is found by the test that looks for leftovers.
  }
}

void OwnDocker::start() {
  const auto path = [this](const char* name) { return (folder_.path() / name).string(); };
  // Its log goes to a file, because nobody reads along. In a network of its own: a daemon without a bridge
  // would otherwise remove that of the machine's daemon.
  daemon_ = std::make_unique<Process>(std::vector<std::string>{
      "sh", "-c", "exec \"$@\" >>\"$0\" 2>&1", path("log"), "unshare", "--net", "dockerd", "--host", host(),
      "--data-root", path("data"), "--exec-root", path("run"), "--pidfile", path("pid"), "--bridge", "none",
      "--iptables=false"});
  try {
    await([this] { return docker({"version"}).code == 0; });
  } catch (const std::runtime_error&) {
    const auto log = folder_.read("log");
    throw std::runtime_error("dockerd doesn't start: " +
                             log.substr(log.size() - std::min<std::size_t>(log.size(), 2'000)));
  }
}

Finished OwnDocker::docker(std::vector<std::string> words) const {
  words.insert(words.begin(), {"docker", "--host", host()});
  Process process(std::move(words));
  return process.wait();
}

}  // namespace berth::test
