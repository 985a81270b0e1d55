#include "tests/chaos/workload.hpp"

#include "shared/base/time.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>

namespace berth::chaos {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t client_count = 4;
constexpr std::int64_t longest_backlog = 30;  // live jobs; more only wait
constexpr Milliseconds one_submit = 5s;
constexpr Milliseconds patience = 90s;  // with a call whose outcome is unknown

Milliseconds draw_span(std::mt19937_64& random, Milliseconds low, Milliseconds high) {
  return Milliseconds{std::uniform_int_distribution<std::int64_t>(low.count(), high.count())(random)};
}

bool draw_chance(std::mt19937_64& random, double probability) {
  return std::bernoulli_distribution(probability)(random);
}

CallOutcome outcome(const Answer& answer) {
  if (answer.is_good()) return CallOutcome::ok;
  // A server that couldn't reach the store in time doesn't know what became of it.
  return answer.status >= 400 && answer.status < 500 ? CallOutcome::refused : CallOutcome::unknown;
}

std::vector<std::uint64_t> ids_of(const std::string& body) {
  const auto parsed = parse_json(body);
  std::vector<std::uint64_t> ids;
  if (!parsed || !parsed->is_object()) return ids;
  const auto& object = parsed->as_object();
  if (const auto* list = object.if_contains("ids")) {
    for (const auto& id : list->as_array()) ids.push_back(id.to_number<std::uint64_t>());
  } else if (const auto* id = object.if_contains("id")) {
    ids.push_back(id->to_number<std::uint64_t>());
  }
  return ids;
}

std::string body_of(const std::vector<Order>& orders, const std::string& truth) {
  if (orders.size() == 1) return json::serialize(definition(orders.front(), truth));
  json::array jobs;
  for (const auto& order : orders) jobs.push_back(definition(order, truth));
  return json::serialize(json::object{{"jobs", std::move(jobs)}});
}

}  // namespace

Seconds boot_seconds() { return std::chrono::duration<double>(SystemClock().boot().since_boot).count(); }

Workload::Workload(asio::any_io_executor executor, Api& api, const HistoryWriter& history, std::uint64_t seed)
    : api_(api), history_(history), random_(seed), routing_(seed + 1), clients_(std::move(executor)) {}

void Workload::begin() {
  clients_.spawn("backlog", watch_backlog());
  for (std::size_t i = 1; i <= client_count; ++i) {
    const auto name = "c" + std::to_string(i);
    clients_.spawn(name, client(name, random_()));
  }
}

Task<> Workload::watch_backlog() {
  while (!is_over_) {
    http::Request request;
    request.target = "/v1/stats";
    const auto answer = co_await api_.call(routing_() % api_.size(), std::move(request), one_submit);
    const auto stats = parse_json(answer.body);
    if (answer.is_good() && stats) {
      backlog_ = 0;
      for (const auto* status : {"PENDING", "RUNNING"}) {
        const auto* count = stats->at("jobs").as_object().if_contains(status);
        if (count != nullptr) backlog_ += count->to_number<std::int64_t>();
      }
    }
    co_await sleep_until(deadline_in(Milliseconds{500}));
  }
}

Task<> Workload::client(std::string name, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  for (std::uint64_t number = 1; !is_over_; ++number) {
    const auto gap = draw_span(random, 1s, 6500ms);
    const std::size_t count = draw_chance(random, 0.08) ? 2 + random() % 3 : 1;
    std::vector<Order> orders;
    for (std::size_t i = 0; i < count; ++i) orders.push_back(draw_order(random));
    const bool is_unwanted = draw_chance(random, 0.15);
    const auto unwanted_after = draw_span(random, 0s, 8s);

    co_await sleep_until(deadline_in(gap));
    while (backlog_ > longest_backlog && !is_over_) co_await sleep_until(deadline_in(Milliseconds{200}));
    if (is_over_) co_return;
    const auto key = name + '-' + std::to_string(number);
    const auto ids = co_await submit(name, key, std::move(orders), patience);
    if (is_unwanted && !ids.empty()) clients_.spawn("abort", abort(name, ids.front(), unwanted_after));
  }
}

Task<std::vector<std::uint64_t>> Workload::submit(std::string client, std::string key,
                                                  std::vector<Order> orders, Milliseconds limit) {
  for (std::uint32_t i = 0; i < orders.size(); ++i) {
    orders[i].asked.key = key;
    orders[i].asked.index = i;
    history_.append(orders[i].asked);
  }
  http::Request request;
  request.method = "POST";
  request.target = "/v1/jobs";
  request.headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", key}};
  request.body = body_of(orders, history_.truth_folder());
  Call call;
  call.client = client;
  call.op = Operation::submit;
  call.key = key;
  const auto made = co_await make(std::move(call), std::move(request), limit);
  acknowledged_ += made.ids.size();
  co_return made.ids;
}

Task<> Workload::abort(std::string client, std::uint64_t job, Milliseconds after) {
  co_await sleep_until(deadline_in(after));
  http::Request request;
  request.method = "POST";
  request.target = "/v1/jobs/" + std::to_string(job) + "/abort";
  request.headers = {{"Content-Type", "application/json"}};
  request.body = R"({"reason": "chaos"})";
  Call call;
  call.client = client;
  call.op = Operation::abort;
  call.job = job;
  co_await make(std::move(call), std::move(request), patience);
}

Task<Call> Workload::make(Call call, http::Request request, Milliseconds limit) {
  const auto give_up = deadline_in(limit);
  for (auto scheduler = routing_();; ++scheduler) {
    auto repeated = request;
    call.began = boot_seconds();
    const auto answer = co_await api_.call(scheduler % api_.size(), std::move(repeated), one_submit);
    call.ended = boot_seconds();
    call.outcome = outcome(answer);
    call.status = static_cast<int>(answer.status);
    call.ids.clear();
    call.message.clear();
    if (call.outcome != CallOutcome::ok) {
      call.message = answer.body;
    } else if (call.op == Operation::submit) {
      call.ids = ids_of(answer.body);
    }
    history_.append(call);
    if (call.outcome != CallOutcome::unknown || loop_now() >= give_up) co_return call;
    co_await sleep_until(deadline_in(Milliseconds{300}));
  }
}

Task<std::optional<std::uint64_t>> Workload::submit_probe(Milliseconds limit) {
  std::vector<Order> orders{probe()};
  const auto key = "probe-" + std::to_string(++probes_);
  const auto ids = co_await submit("probe", key, std::move(orders), limit);
  std::optional<std::uint64_t> id;
  if (!ids.empty()) id = ids.front();
  co_return id;
}

}  // namespace berth::chaos
