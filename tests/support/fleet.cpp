#include "tests/support/fleet.hpp"

#include "tests/support/docker_daemon.hpp"
#include "tests/support/redis_server.hpp"

#include <signal.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace berth::test {

void await(const std::function<bool()>& condition, Milliseconds limit) {
  const auto give_up = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= give_up) throw std::runtime_error("it didn't happen in time");
    std::this_thread::sleep_for(Milliseconds{50});
  }
}

Fleet::Fleet(std::string binary, std::string redis_url, int schedulers)
    : binary_(std::move(binary)), redis_url_(std::move(redis_url)) {
  cluster_ = folder_.path().filename();
  for (int i = 1; i <= schedulers; ++i) {
    const auto name = "s" + std::to_string(i);
    const auto api = "127.0.0.1:" + std::to_string(free_port());
    words_[name] = {"scheduler", "--name", name, "--listen", api};
    urls_ += (urls_.empty() ? "http://" : ",http://") + api;
    launch(name);
  }
  await([this] { return !leader().empty(); });
}

Fleet::~Fleet() {
  // Executors first: what they still have to say is then stored.
  for (const bool is_scheduler : {false, true}) {
    for (auto& [name, process] : processes_) {
      if ((words_.at(name).front() == "scheduler") == is_scheduler) process->send(SIGTERM);
    }
    for (auto& [name, process] : processes_) {
      if ((words_.at(name).front() == "scheduler") != is_scheduler) continue;
      try {
        process->wait();
      } catch (const std::runtime_error&) {
        process.reset();  // kills it
      }
    }
  }
  remove_containers_of(cluster_);
}

void Fleet::start_executor(const std::string& name, const std::vector<std::string>& flags) {
  auto& words = words_[name];
  words = {
      "executor", "--name", name, "--allow-volume", folder_.path(), "--state-dir", folder_.path() / "state"};
  words.insert(words.end(), flags.begin(), flags.end());
  launch(name);
}

void Fleet::launch(const std::string& name) {
  // Nobody reads along, so the log goes to a file.
  const auto its_own = binaries_.find(name);
  std::vector<std::string> words{"sh", "-c", "exec \"$@\" >>\"$0\" 2>&1", folder_.path() / (name + ".log"),
                                 its_own == binaries_.end() ? binary_ : its_own->second};
  const auto& own = words_.at(name);
  words.insert(words.end(), own.begin(), own.end());
  for (const auto* word : {"--redis", redis_url_.c_str(), "--cluster", cluster_.c_str()})
    words.emplace_back(word);
  processes_[name] = std::make_unique<Process>(std::move(words));
}

void Fleet::await_executors(std::size_t count) const {
  await([&] {
    const auto list = ask({"executors", "--json"});
    const auto& executors = list.at("executors").as_array();
    const auto ready = std::count_if(executors.begin(), executors.end(), [](const json::value& executor) {
      return executor.at("state").as_string() == "READY";
    });
    return static_cast<std::size_t>(ready) == count;
  });
}

void Fleet::kill(const std::string& name) { processes_.erase(name); }

void Fleet::send(const std::string& name, int signal) { processes_.at(name)->send(signal); }

void Fleet::restart(const std::string& name) { launch(name); }

void Fleet::stop(const std::string& name) {
  auto& process = *processes_.at(name);
  process.send(SIGTERM);
  process.wait();
  processes_.erase(name);
}

void Fleet::use(const std::string& name, std::string binary) { binaries_[name] = std::move(binary); }

void Fleet::await_api(const std::string& name) const {
  const auto& words = words_.at(name);
  const auto api = *(std::find(words.begin(), words.end(), "--listen") + 1);
  await([&] {
    return Process(command({"stats", "--json"}), {{"BERTH_URL", "http://" + api}}).wait().code == 0;
  });
}

std::vector<std::string> Fleet::named(const std::string& verb) const {
  std::vector<std::string> names;
  for (const auto& [name, words] : words_) {
    if (words.front() == verb) names.push_back(name);
  }
  return names;
}

Finished Fleet::berth(std::vector<std::string> words, Milliseconds limit) const {
  Process process(command(std::move(words)), variables());
  return process.wait(limit);
}

json::value Fleet::ask(std::vector<std::string> words) const {
  const auto answer = berth(std::move(words));
  if (answer.code != 0) throw std::runtime_error(answer.err);
  return parse_json(answer.out).value();
}

std::vector<std::string> Fleet::command(std::vector<std::string> words) const {
  words.insert(words.begin(), binary_);
  return words;
}

std::map<std::string, std::string> Fleet::variables() const { return {{"BERTH_URL", urls_}}; }

std::string Fleet::leader() const {
  const auto answer = berth({"stats", "--json"});
  if (answer.code != 0) return {};
  const auto stats = parse_json(answer.out).value();
  const auto* name = stats.at("leader").if_string();
  return name == nullptr ? std::string() : std::string(*name);
}

std::string Fleet::last_words() const {
  constexpr std::size_t lines_shown = 12;
  std::string words;
  for (const auto& [name, own] : words_) {
    std::istringstream log(folder_.read(name + ".log"));
    std::vector<std::string> lines;
    for (std::string line; std::getline(log, line);) lines.push_back(line);
    const auto skipped = lines.size() - std::min(lines.size(), lines_shown);
    words += "--- " + name + "\n";
    for (std::size_t i = skipped; i < lines.size(); ++i) words += lines[i] + "\n";
  }
  return words;
}

}  // namespace berth::test
