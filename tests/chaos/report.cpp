#include "tests/chaos/report.hpp"

#include "tests/chaos/report_figures.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

#include <algorithm>
#include <cmath>

namespace berth::chaos {
namespace {

namespace json = boost::json;

json::value number(Seconds time) { return std::isfinite(time) ? json::value(time) : json::value(nullptr); }

json::value figures(const std::vector<Seconds>& times) {
  if (times.empty()) return nullptr;
  const auto of = quantiles(times);
  return json::object{
      {"n", times.size()}, {"p50", number(of.p50)}, {"p99", number(of.p99)}, {"max", number(of.max)}};
}

json::object recovery_object(const Verdict& verdict) {
  json::object object;
  for (const auto& [kind, times] : verdict.recovery)
    object[kind] = json::object{{"leader", figures(times.leader)},
                                {"decided", figures(times.decided)},
                                {"moved", figures(times.moved)}};
  return object;
}

json::object counts(const Verdict& verdict) {
  json::object object;
  for (std::size_t i = 0; i < wrong_count; ++i)
    object[name_of(static_cast<Wrong>(i)).name] =
        json::object{{"found", verdict.counts[i].found}, {"in", verdict.counts[i].looked_at}};
  return object;
}

json::array findings_array(const Verdict& verdict) {
  json::array array;
  for (const auto& finding : verdict.findings)
    array.push_back(json::object{{"what", name_of(finding.wrong).name}, {"how", finding.what}});
  return array;
}

}  // namespace

Quantiles quantiles(std::vector<Seconds> times) {
  std::sort(times.begin(), times.end());
  const auto at = [&](std::size_t percent) { return times[(times.size() * percent + 99) / 100 - 1]; };
  return {at(50), at(99), times.back()};
}

std::string json_report(const Verdict& verdict) {
  return json::serialize(json::object{{"good", verdict.is_good()},
                                      {"seeds", json::value_from(verdict.seeds)},
                                      {"minutes", verdict.minutes},
                                      {"guards_off", json::value_from(verdict.guards_off)},
                                      {"submitted", verdict.submitted},
                                      {"acknowledged", verdict.acknowledged},
                                      {"aborts", verdict.aborts},
                                      {"finished", verdict.finished},
                                      {"attempts", verdict.attempts},
                                      {"begun", verdict.begun},
                                      {"endings", json::value_from(verdict.endings)},
                                      {"faults", json::value_from(verdict.faults)},
                                      {"executor_lost", json::value_from(verdict.losses)},
                                      {"exit_unknown", json::value_from(verdict.unknown_exits)},
                                      {"longest_overlap", verdict.longest_overlap},
                                      {"log_bytes", verdict.log_bytes},
                                      {"log_bytes_missing", verdict.log_bytes_missing},
                                      {"marked_logs", verdict.marked_logs},
                                      {"wrongs", counts(verdict)},
                                      {"recovery", recovery_object(verdict)},
                                      {"findings", findings_array(verdict)}});
}

}  // namespace berth::chaos
