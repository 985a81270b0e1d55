#include "tests/chaos/report.hpp"

#include <iostream>

namespace berth::chaos {
namespace {

constexpr int broken = 1;
constexpr int no_verdict = 2;

int complain(const std::string& what) {
  std::cerr << "chaos report: " << what << '\n';
  return no_verdict;
}

}  // namespace

int report_main(const std::vector<std::string>& words) {
  bool wants_json = false;
  std::vector<Verdict> verdicts;
  for (const auto& word : words) {
    if (word == "--json") {
      wants_json = true;
      continue;
    }
    if (word.starts_with('-'))
      return complain("unknown option " + word + "; usage: chaos report [--json] DIR...");
    const auto history = read_history(word);
    if (!history) return complain(history.error().message);
    if (history->run.settled <= 0)
      return complain(word +
                      ": that run died before it had read what was left, so there is nothing to judge");
    verdicts.push_back(check(*history));
  }
  if (verdicts.empty()) return complain("which runs? usage: chaos report [--json] DIR...");
  const auto verdict = sum(verdicts);
  std::cout << (wants_json ? json_report(verdict) + '\n' : text_report(verdict));
  return verdict.is_good() ? 0 : broken;
}

}  // namespace berth::chaos
