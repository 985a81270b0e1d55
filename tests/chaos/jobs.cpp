#include "tests/chaos/jobs.hpp"

#include <array>
#include <string_view>

namespace berth::chaos {
namespace {

constexpr double beat = 0.5;

constexpr std::string_view script = R"sh(
tell() { read now idle </proc/uptime; echo "$BERTH_ATTEMPT $1 $now${2:+ $2}" >>"/truth/$BERTH_JOB_ID"; }
say() { j=0; while [ "$j" -lt "$LINES_A_BEAT" ]; do j=$((j+1)); n=$((n+1)); echo "line $n of what every attempt says"; done; }
tell begin
n=0; say
i=0; while [ "$i" -lt "$BEATS" ]; do i=$((i+1)); sleep 0.5; tell beat; say; done
code=$CODE
[ "$GOOD_FROM" -eq 0 ] || [ "$BERTH_ATTEMPT" -lt "$GOOD_FROM" ] || code=0
tell end "$code"
[ "$code" -lt 128 ] || kill "-$((code-128))" $$
exit "$code"
)sh";

std::string line(std::size_t number) {
  return "line " + std::to_string(number) + " of what every attempt says\n";
}

std::string output(std::uint32_t beats, std::uint32_t lines) {
  std::string text;
  const auto count = std::size_t{lines} * (std::size_t{beats} + 1);
  for (std::size_t i = 1; i <= count; ++i) text += line(i);
  return text;
}

using Random = std::mt19937_64;
std::uint32_t between(Random& random, std::uint32_t low, std::uint32_t high) {
  return std::uniform_int_distribution<std::uint32_t>(low, high)(random);
}

// How often each kind is drawn, and what makes it one.
struct Shape {
  std::string_view kind;
  std::uint32_t weight;
  void (*form)(Order&, Random&);
};

constexpr std::array<Shape, 9> shapes{{
    {"ok", 40, [](Order&, Random&) {}},
    {"instant", 8,
     [](Order& order, Random&) {
       order.beats = 0;
       order.lines = 0;
     }},
    {"long", 6, [](Order& order, Random&) { order.beats = 40; }},
    {"fail", 12, [](Order& order, Random& random) { order.code = static_cast<int>(between(random, 1, 99)); }},
    {"signal", 6,
     [](Order& order, Random& random) { order.code = 128 + (between(random, 0, 1) == 0 ? 9 : 15); }},
    {"timeout", 6,
     [](Order& order, Random& random) {
       order.beats = 240;
       order.lines = 1;
       order.asked.timeout = between(random, 1, 4);
     }},
    {"retried", 8,
     [](Order& order, Random& random) {
       order.code = static_cast<int>(between(random, 1, 99));
       order.asked.retries = 1;
     }},
    {"flaky", 6,
     [](Order& order, Random&) {
       order.code = 7;
       order.good_from = 2;
       order.asked.retries = 3;
     }},
    {"once", 8, [](Order& order, Random&) { order.asked.at_most_once = true; }},
}};

const Shape& draw_shape(Random& random) {
  std::uint32_t sum = 0;
  for (const auto& shape : shapes) sum += shape.weight;
  auto drawn = between(random, 1, sum);
  for (const auto& shape : shapes) {
    if (drawn <= shape.weight) return shape;
    drawn -= shape.weight;
  }
  return shapes.back();
}

void complete(Order& order) {
  order.asked.exit_code = order.good_from > 0 ? 0 : order.code;
  order.asked.run = order.beats * beat;
  order.asked.output = static_cast<std::int64_t>(output(order.beats, order.lines).size());
}

std::string text(std::uint32_t number) { return std::to_string(number); }

}  // namespace

Order draw_order(Random& random) {
  Order order;
  order.beats = between(random, 0, 3) == 0 ? between(random, 10, 30) : between(random, 0, 8);
  order.lines = between(random, 0, 9) == 0 ? 500 : between(random, 0, 4);
  order.asked.cpu = 250 * between(random, 1, 3);
  order.asked.memory = std::int64_t{16} << 20 << between(random, 0, 2);
  order.priority = static_cast<int>(between(random, 40, 60));
  const auto& shape = draw_shape(random);
  order.asked.kind = shape.kind;
  shape.form(order, random);
  complete(order);
  return order;
}

Order probe() {
  Order order;
  order.asked.kind = "probe";
  order.asked.cpu = 100;
  order.asked.memory = std::int64_t{16} << 20;
  order.priority = 100;
  complete(order);
  return order;
}

json::object definition(const Order& order, const std::string& truth_folder) {
  json::object made{{"name", "chaos-" + order.asked.kind},
                    {"image", "busybox"},
                    {"command", json::array{"sh", "-c", script}},
                    {"network", "none"},
                    {"priority", order.priority},
                    {"stop_grace", "1s"},
                    {"volumes", json::array{truth_folder + ":/truth"}},
                    {"at_most_once", order.asked.at_most_once}};
  made["env"] = json::object{{"BEATS", text(order.beats)},
                             {"LINES_A_BEAT", text(order.lines)},
                             {"GOOD_FROM", text(order.good_from)},
                             {"CODE", std::to_string(order.code)}};
  made["resources"] =
      json::object{{"cpu", static_cast<double>(order.asked.cpu) / 1000}, {"memory", order.asked.memory}};
  if (order.asked.retries > 0)
    made["retries"] = json::object{{"max", order.asked.retries}, {"backoff", "500ms"}};
  if (order.asked.timeout) made["timeout"] = std::to_string(static_cast<int>(*order.asked.timeout)) + 's';
  return made;
}

std::string expected_output(const JobDefinition& definition) {
  const auto number = [&](const char* name) {
    return static_cast<std::uint32_t>(std::stoul(definition.env.at(name)));
  };
  return output(number("BEATS"), number("LINES_A_BEAT"));
}

}  // namespace berth::chaos
