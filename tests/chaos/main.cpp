// chaos: real processes, real faults, and a verdict. ARCHITECTURE.md, "Chaos", tells how it is built.
#include "tests/chaos/containment.hpp"
#include "tests/chaos/plan.hpp"
#include "tests/chaos/report.hpp"
#include "tests/chaos/run.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <unistd.h>

#include <iostream>

namespace berth::chaos {
namespace {

std::string kind_names() {
  std::string names;
  for (const auto& kind : all_kinds()) names += (names.empty() ? "" : ",") + std::string(kind.name);
  return names;
}

std::string check_kind(const std::string& name) {
  for (const auto& kind : all_kinds()) {
    if (kind.name == name) return {};
  }
  return "there is no fault \"" + name + "\"; there are: " + kind_names();
}

std::string check_folder(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_empty(path, ignored) || !std::filesystem::exists(path)
             ? std::string()
             : path + " isn't empty: give --keep a directory for this run alone";
}

int run(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (!words.empty() && words.front() == "report") return report_main({words.begin() + 1, words.end()});
  RunSettings settings;
  for (const auto& kind : all_kinds()) settings.faults.emplace_back(kind.name);
  settings.berth = BERTH_BINARY;
  settings.clock_shift = CLOCK_SHIFT_LIBRARY;

  CLI::App app{"Breaks a whole Berth on this machine in every way, and tells whether it kept its promises.",
               "chaos"};
  app.add_option("--seed", settings.seed, "Decides jobs, faults, targets and times")->capture_default_str();
  app.add_option("--minutes", settings.minutes, "How long faults strike")
      ->check(CLI::Range(0.1, 24 * 60.0))
      ->capture_default_str();
  app.add_option("--faults", settings.faults, "Only these, with commas: " + kind_names())
      ->delimiter(',')
      ->check(check_kind);
  app.add_option("--guards-off", settings.guards_off,
                 "Guards to switch off, with commas: the verdict must turn red")
      ->delimiter(',');
  app.add_option("--patience", settings.patience,
                 "How many times as long as promised everything may take, on a machine that is busy with "
                 "other things")
      ->check(CLI::Range(1.0, 100.0))
      ->capture_default_str();
  app.add_option("--keep", settings.keep, "Keep there what the run writes")->check(check_folder);
  app.add_option("--berth", settings.berth, "The binary to test")
      ->check(CLI::ExistingFile)
      ->capture_default_str();
  app.footer("chaos report [--json] DIR… judges runs again that were kept.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? 0 : 2;
  }
  if (::geteuid() != 0) {
    std::cerr << "chaos: it makes namespaces, so it needs root\n";
    return 2;
  }
  settings.berth = std::filesystem::absolute(settings.berth);
  if (!settings.keep.empty()) settings.keep = std::filesystem::absolute(settings.keep);
  const auto traces = make_traces();
  return contained(traces, [&] { return run_chaos(settings, traces); });
}

}  // namespace
}  // namespace berth::chaos

int main(int argc, char** argv) {
  try {
    return berth::chaos::run(argc, argv);
  } catch (const std::exception& failure) {
    std::cerr << "chaos: " << failure.what() << '\n';
    return 2;
  }
}
