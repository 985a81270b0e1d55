#include "shared/backup/snapshot.hpp"

#include "shared/base/limits.hpp"
#include "shared/redis/functions.hpp"
#include "shared/redis/scan.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace berth::backup {
namespace {

using redis::Command;
using redis::Reply;

constexpr std::size_t page = 500;        // records, or entries of streams of small ones, in one read
constexpr std::size_t output_page = 64;  // pieces of output in one read: 4 MiB at most
constexpr std::size_t attempts_page = 64;

constexpr std::array all_statuses{JobStatus::pending, JobStatus::running, JobStatus::succeeded,
                                  JobStatus::failed, JobStatus::aborted};

Words words_of(const Reply& reply) {
  Words words;
  words.reserve(reply.items().size());
  for (const Reply& word : reply.items()) words.emplace_back(word.text());
  return words;
}

std::uint32_t attempts_in(const std::vector<Reply>& record) {
  for (std::size_t i = 0; i + 1 < record.size(); i += 2) {
    if (record[i].text() == "attempt") return static_cast<std::uint32_t>(record[i + 1].number().value_or(0));
  }
  return 0;
}

struct Entry {
  std::string id;
  Words words;
};
std::optional<Entry> entry_of(const Reply& reply) {
  const auto& parts = reply.items();
  if (parts.size() != 2 || parts[1].items().empty()) return std::nullopt;
  return Entry{std::string(parts[0].text()), words_of(parts[1])};
}

Error too_fast() {
  return {
      ErrorKind::conflict,
      "the cluster changed faster than it could be read: try again when less happens, or nearer to Redis"};
}

}  // namespace

Task<Result<End>> Snapshot::take(Header header) {
  auto begun = writer_.begin(header);
  if (!begun) co_return begun.error();
  using Step = Task<Result<>> (Snapshot::*)();
  static constexpr std::array<Step, 6> steps{&Snapshot::read_records, &Snapshot::catch_up,
                                             &Snapshot::read_events,  &Snapshot::read_requests,
                                             &Snapshot::read_drains,  &Snapshot::read_output};
  for (const Step step : steps) {
    auto done = co_await (this->*step)();
    if (!done) co_return done.error();
  }
  end_.jobs = attempts_.size();
  auto ended = writer_.end(end_);
  if (!ended) co_return ended.error();
  co_return end_;
}

Result<> Snapshot::add_job(JobId id, const Reply& record) {
  if (record.items().empty()) {
    if (attempts_.erase(id) == 0) return {};
    return writer_.add(GoneJob{id});
  }
  attempts_[id] = attempts_in(record.items());
  return writer_.add(JobRecord{id, words_of(record)});
}

Task<Result<>> Snapshot::read_jobs(std::vector<JobId> ids) {
  std::vector<Command> reads;
  for (const JobId id : ids) reads.emplace_back("HGETALL", store_.keys().job(id));
  auto records = co_await store_.send(std::move(reads));
  if (!records) co_return records.error();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (auto added = add_job(ids[i], (*records)[i]); !added) co_return added.error();
  }
  co_return Result<>();
}

Task<Result<>> Snapshot::read_records() {
  const auto last = co_await store_.last_event();
  if (!last) co_return last.error();
  end_.seq = *last;
  if (end_.seq == 0) {
    co_return Error{ErrorKind::refused,
                    "there is nothing to back up: no cluster of that name has ever been in this Redis"};
  }
  for (JobId after{0};;) {
    std::vector<Command> reads;
    for (const JobStatus status : all_statuses) {
      reads.emplace_back("ZRANGE", store_.keys().with_status(status), "(" + to_string(after), "+inf",
                         "BYSCORE", "LIMIT", 0, page);
    }
    auto replies = co_await store_.send(std::move(reads));
    if (!replies) co_return replies.error();
    std::vector<JobId> ids;
    for (const Reply& reply : *replies) {
      for (const Reply& member : reply.items()) {
        if (const auto id = member.number()) ids.push_back({*id});
      }
    }
    if (ids.empty()) co_return Result<>();
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    if (ids.size() > page) ids.resize(page);
    after = ids.back();
    auto read = co_await read_jobs(std::move(ids));
    if (!read) co_return read.error();
  }
}

Task<Result<>> Snapshot::catch_up() {
  for (std::uint64_t most_events = page;; most_events *= 2) {
    auto is_last = co_await take_last_changes(most_events);
    if (!is_last) co_return is_last.error();
    if (*is_last) co_return Result<>();
    auto followed = co_await follow_events(most_events);
    if (!followed) co_return followed.error();
  }
}

// True if there weren't more, so that the records are now as of end_.
Task<Result<bool>> Snapshot::take_last_changes(std::uint64_t most_events) {
  const auto& keys = store_.keys();
  Command call("FCALL", redis::function_name("changed_since"), 4, keys.seq(), keys.events(), keys.last_job(),
               keys.leader());
  call.add(end_.seq).add(most_events).add(keys.job_prefix());
  auto reply = co_await store_.send(std::move(call));
  if (!reply && reply.error().kind == ErrorKind::conflict) co_return too_fast();
  if (!reply) co_return reply.error();
  const auto& words = reply->items();
  if (words.empty()) co_return false;
  if (words.size() < 3) co_return store_.broken_contract("an answer of changed_since");
  end_.at = clock_.wall();
  end_.seq = words[0].number().value_or(0);
  end_.last_job = words[1].number().value_or(0);
  end_.epoch = words[2].number().value_or(0);
  for (std::size_t i = 3; i + 1 < words.size(); i += 2) {
    if (auto added = add_job({words[i].number().value_or(0)}, words[i + 1]); !added) co_return added.error();
  }
  co_return true;
}

// Reads the jobs of that many of the next events again.
Task<Result<>> Snapshot::follow_events(std::uint64_t most_events) {
  std::vector<JobId> ids;
  for (std::uint64_t seen = 0; seen < most_events; seen += page) {
    auto events = co_await store_.read_events(end_.seq, page, std::chrono::steady_clock::now());
    if (!events) co_return events.error();
    if (events->empty()) break;
    if (events->front().seq != end_.seq + 1) co_return too_fast();
    end_.seq = events->back().seq;
    for (const Event& event : *events) {
      if (event.job) ids.push_back(*event.job);
    }
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  for (std::size_t at = 0; at < ids.size(); at += page) {
    const auto first = ids.begin() + static_cast<std::ptrdiff_t>(at);
    std::vector<JobId> part(first, first + static_cast<std::ptrdiff_t>(std::min(page, ids.size() - at)));
    auto read = co_await read_jobs(std::move(part));
    if (!read) co_return read.error();
  }
  co_return Result<>();
}

Task<Result<>> Snapshot::read_events() {
  for (std::string from = "-";;) {
    Command range("XRANGE", store_.keys().events(), from, std::to_string(end_.seq) + "-0", "COUNT", page);
    auto reply = co_await store_.send(std::move(range));
    if (!reply) co_return reply.error();
    for (const Reply& item : reply->items()) {
      auto entry = entry_of(item);
      if (!entry) co_return store_.broken_contract("the event stream");
      from = "(" + entry->id;
      if (auto added = writer_.add(EventEntry{std::move(entry->id), std::move(entry->words)}); !added)
        co_return added.error();
    }
    if (reply->items().size() < page) co_return Result<>();
  }
}

// Those that were admitted up to end_: SCAN finds every key that is there all the time.
Task<Result<>> Snapshot::read_requests() {
  const std::string prefix = store_.keys().idempotency("");
  redis::Scan scan(prefix);
  while (!scan.is_done()) {
    Command next = scan.next();
    auto found = co_await store_.send(std::move(next));
    if (!found) co_return found.error();
    const auto names = scan.take(*found);
    if (!names) co_return store_.broken_contract("an answer of SCAN");
    std::vector<Command> reads;
    for (const auto& name : *names) {
      reads.emplace_back("GET", name);
      reads.emplace_back("PTTL", name);
    }
    auto values = co_await store_.send(std::move(reads));
    if (!values) co_return values.error();
    for (std::size_t i = 0; i < names->size(); ++i) {
      const std::string jobs{(*values)[2 * i].text()};
      const auto left = (*values)[2 * i + 1].number();
      const auto begin = jobs.find(' ') + 1;
      const auto last =
          parse_integer<std::uint64_t>(std::string_view(jobs).substr(begin, jobs.find(' ', begin) - begin));
      if (!left || !last || *last > end_.last_job) continue;  // it has just expired, or is newer
      const Milliseconds kept{static_cast<std::int64_t>(*left)};
      if (auto added = writer_.add(KnownRequest{(*names)[i].substr(prefix.size()), jobs, kept}); !added)
        co_return added.error();
    }
  }
  co_return Result<>();
}

Task<Result<>> Snapshot::read_drains() {
  static constexpr std::array fields{"drain_since", "drain_reason", "drain_deadline"};
  Command members("SMEMBERS", store_.keys().executors());
  auto names = co_await store_.send(std::move(members));
  if (!names) co_return names.error();
  std::vector<Command> reads;
  for (const Reply& name : names->items()) {
    Command& read = reads.emplace_back("HMGET", store_.keys().executor(name.text()));
    for (const auto* field : fields) read.add(field);
  }
  auto orders = co_await store_.send(std::move(reads));
  if (!orders) co_return orders.error();
  for (std::size_t i = 0; i < orders->size(); ++i) {
    const auto& values = (*orders)[i].items();
    Words words;
    for (std::size_t k = 0; k < fields.size() && k < values.size(); ++k) {
      if (values[k].is_nil()) continue;
      words.emplace_back(fields[k]);
      words.emplace_back(values[k].text());
    }
    if (words.empty()) continue;
    DrainOrder order{std::string(names->items()[i].text()), std::move(words)};
    if (auto added = writer_.add(std::move(order)); !added) co_return added.error();
  }
  co_return Result<>();
}

Task<Result<>> Snapshot::read_output() {
  for (auto at = attempts_.begin(); at != attempts_.end();) {
    // Most attempts have little output or none: which ones, many at once.
    std::vector<Command> sizes;
    std::vector<std::pair<JobId, std::uint32_t>> asked;
    std::vector<JobId> ids;
    for (; at != attempts_.end() && asked.size() < attempts_page; ++at) {
      ids.push_back(at->first);
      for (std::uint32_t attempt = 1; attempt <= at->second; ++attempt) {
        asked.emplace_back(at->first, attempt);
        sizes.emplace_back("XLEN", store_.keys().log(at->first, attempt));
      }
    }
    auto lengths = co_await store_.send(std::move(sizes));
    if (!lengths) co_return lengths.error();
    for (std::size_t i = 0; i < asked.size(); ++i) {
      if ((*lengths)[i].number().value_or(0) == 0) continue;
      auto read = co_await read_output_of(asked[i].first, asked[i].second);
      if (!read) co_return read.error();
    }
    auto dropped = co_await drop_deleted(std::move(ids));
    if (!dropped) co_return dropped.error();
  }
  co_return Result<>();
}

Task<Result<>> Snapshot::read_output_of(JobId job, std::uint32_t attempt) {
  for (std::string from = "-";;) {
    Command range("XRANGE", store_.keys().log(job, attempt), from, "+", "COUNT", output_page);
    auto reply = co_await store_.send(std::move(range));
    if (!reply) co_return reply.error();
    for (const Reply& item : reply->items()) {
      auto entry = entry_of(item);
      if (!entry) co_return store_.broken_contract("the output of job " + to_string(job));
      from = "(" + entry->id;
      if (auto added = writer_.add(LogEntry{job, attempt, std::move(entry->id), std::move(entry->words)});
          !added)
        co_return added.error();
    }
    if (reply->items().size() < output_page) co_return Result<>();
  }
}

// Whose output was read is only certain to have had all of it while the record is still there: both are
// deleted at once, and no event tells.
Task<Result<>> Snapshot::drop_deleted(std::vector<JobId> ids) {
  std::vector<Command> looks;
  for (const JobId id : ids) looks.emplace_back("EXISTS", store_.keys().job(id));
  auto found = co_await store_.send(std::move(looks));
  if (!found) co_return found.error();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if ((*found)[i].number() == 1u) continue;
    attempts_.erase(ids[i]);
    if (auto added = writer_.add(GoneJob{ids[i]}); !added) co_return added.error();
  }
  co_return Result<>();
}

}  // namespace berth::backup
