#include "tests/support/rolling_restart.hpp"

#include <boost/json/serialize.hpp>

#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>
#include <utility>

namespace berth::test {
namespace {

// Submits the same jobs again and again, in a process of its own, until it is told to stop.
class Load {
 public:
  Load(const Fleet& fleet, const std::string& jobs)
      : fleet_(fleet), process_(words(fleet, jobs), fleet.variables()) {}

  // Returns once the last submit has been answered.
  void stop() {
    fleet_.folder().file("load.stop", "");
    process_.wait();
    std::istringstream ids(process_.out());
    for (std::string id; ids >> id;) ids_.push_back(id);
    std::istringstream lines(process_.err());
    for (std::string line; std::getline(lines, line);) refusals_.push_back(line);
  }
  const std::vector<std::string>& ids() const { return ids_; }
  const std::vector<std::string>& refusals() const { return refusals_; }

 private:
  static std::vector<std::string> words(const Fleet& fleet, const std::string& jobs) {
    const auto file = fleet.folder().file("load.yaml", jobs);
    std::filesystem::remove(fleet.folder().path() / "load.stop");
    std::vector<std::string> all{"sh", "-c",
                                 "while [ ! -e \"$0\" ]; do \"$@\" || echo \"exit code $?\" >&2; done",
                                 fleet.folder().path() / "load.stop"};
    for (auto& word : fleet.command({"submit", "--quiet", file})) all.push_back(std::move(word));
    return all;
  }

  const Fleet& fleet_;
  Process process_;
  std::vector<std::string> ids_;
  std::vector<std::string> refusals_;
};

std::string state_of(const Fleet& fleet, const std::string& executor) {
  const auto list = fleet.ask({"executors", "--json"});
  for (const auto& found : list.at("executors").as_array()) {
    if (found.at("name").as_string() == executor) return std::string(found.at("state").as_string());
  }
  return {};
}

void restart(Fleet& fleet, const std::string& name, const std::string& binary) {
  fleet.stop(name);
  fleet.use(name, binary);
  fleet.restart(name);
}

// Jobs by how often an event says that they have ended.
std::map<std::int64_t, int> endings(const Fleet& fleet) {
  std::map<std::int64_t, int> count;
  std::istringstream lines(fleet.berth({"events", "--after", "0", "--json"}).out);
  for (std::string line; std::getline(lines, line);) {
    const auto event = parse_json(line).value();
    const auto type = event.at("type").as_string();
    if (type == "job.succeeded" || type == "job.failed" || type == "job.aborted")
      ++count[event.at("job").as_int64()];
  }
  return count;
}

void judge(const Fleet& fleet, const std::vector<std::string>& ids, Rolled& rolled) {
  const auto ended = endings(fleet);
  std::map<std::string, json::value> records;
  const auto list = fleet.ask({"ls", "--all", "--json"});
  for (const auto& job : list.at("jobs").as_array()) records[json::serialize(job.at("id"))] = job;
  for (const auto& id : ids) {
    const auto& job = records[id];
    const bool is_good = job.is_object() && job.at("status").as_string() == "SUCCEEDED" &&
                         job.at("attempts").as_array().size() == 1;
    if (!is_good) rolled.complaints.push_back("job " + id + ": " + json::serialize(job));
    const auto count = ended.find(std::stoll(id));
    if (count == ended.end() || count->second != 1)
      rolled.complaints.push_back("job " + id + " has ended " +
                                  std::to_string(count == ended.end() ? 0 : count->second) + " times");
  }
}

}  // namespace

Rolled restart_all(Fleet& fleet, const RollingRestart& how) {
  Load load(fleet, how.jobs);
  for (const auto& name : fleet.schedulers()) {
    restart(fleet, name, how.binary);
    fleet.await_api(name);
    await([&] { return !fleet.leader().empty(); });
  }
  for (const auto& name : fleet.executors()) {
    if (how.drains) {
      fleet.ask({"executors", "drain", name, "--reason", "upgrade", "--json"});
      await([&] { return state_of(fleet, name) == "DRAINED"; });
    }
    restart(fleet, name, how.binary);
    if (how.drains) fleet.ask({"executors", "resume", name, "--json"});
    fleet.await_executors(fleet.executors().size());
  }
  load.stop();
  Rolled rolled;
  rolled.jobs = load.ids().size();
  rolled.complaints = load.refusals();
  if (load.ids().empty()) return rolled;
  const auto waited = fleet.berth({"wait", "--quiet", load.ids().front() + "-" + load.ids().back()});
  if (waited.code != 0) rolled.complaints.push_back("wait: " + waited.err);
  judge(fleet, load.ids(), rolled);
  return rolled;
}

}  // namespace berth::test
