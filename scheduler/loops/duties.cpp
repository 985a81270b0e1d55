#include "scheduler/loops/duties.hpp"

#include <algorithm>

namespace berth {

Duties::Duties(asio::any_io_executor executor, Store& store, const Clock& clock,
               const SchedulerSettings& settings, std::uint64_t seed)
    : feed(executor, store, seed),
      leadership(executor, store, clock, settings.name, settings.alone,
                 [this] {
                   dispatch.on_change();
                   webhooks.on_change();
                 }),
      liveness(executor, store, clock, [this] { dispatch.on_change(); }),
      dispatch(executor, store, clock, leadership, liveness, settings),
      retention(store, clock, leadership, settings.retention),
      onlooker(executor, store, clock, feed, liveness, dispatch),
      webhooks(executor, store, clock, leadership, feed, settings.webhooks, seed),
      tasks_(executor) {
  feed.on_history_lost([this] {
    leadership.on_history_lost();
    dispatch.on_history_lost();
    onlooker.on_history_lost();
  });
  feed.listen([this](const std::vector<Event>& events) { on_events(events); });
}

void Duties::on_events(const std::vector<Event>& events) {
  const auto is_about_executors = [](const Event& event) { return event.type.starts_with("executor."); };
  if (std::any_of(events.begin(), events.end(), is_about_executors)) liveness.look();
  const auto is_resignation = [](const Event& event) { return event.type == "leader.resigned"; };
  if (std::any_of(events.begin(), events.end(), is_resignation)) leadership.on_resigned();
  for (const auto& event : events) {
    if (event.job && event.status) endings.count(*event.status, loop_now());
  }
  dispatch.on_events(events);
}

Task<> Duties::start() {
  co_await feed.start();
  endings.begin(loop_now());
  tasks_.spawn("event feed", feed.run());
  tasks_.spawn("liveness", liveness.run());
  tasks_.spawn("leadership", leadership.run());
  tasks_.spawn("dispatch", dispatch.run());
  tasks_.spawn("retention", retention.run());
  tasks_.spawn("webhooks", webhooks.run());
}

Task<> Duties::stop() {
  tasks_.cancel();
  co_await tasks_.join();
  co_await webhooks.stop();
}

}  // namespace berth
