#include "scheduler/api/api.hpp"
#include "scheduler/api/log_reader.hpp"
#include "scheduler/api/query.hpp"
#include "scheduler/api/reply.hpp"
#include "shared/http/multiplexed.hpp"
#include "shared/runtime/log_subject.hpp"

#include <limits>

namespace berth::api {
namespace {

LogRequest parse_log_request(JobId job, const http::Request& request, Query& query) {
  LogRequest wanted;
  wanted.job = job;
  if (const auto stream = query.text("stream")) {
    if (*stream == "stdout") {
      wanted.stream = http::stdout_stream;
    } else if (*stream == "stderr") {
      wanted.stream = http::stderr_stream;
    } else {
      query.fail("stream", "must be stdout or stderr, got \"" + *stream + '"');
    }
  }
  wanted.attempt = query.number<std::uint32_t>("attempt", 1, std::numeric_limits<std::uint32_t>::max());
  wanted.offset =
      query.number<std::uint64_t>("offset", 0, std::numeric_limits<std::uint64_t>::max()).value_or(0);
  wanted.tail = query.number<std::size_t>("tail", 0, std::numeric_limits<std::size_t>::max());
  wanted.since = query.time("since");
  wanted.follow = query.flag("follow");
  wanted.timestamps = query.flag("timestamps");
  const auto accept = http::find_header(request.headers, "Accept");
  wanted.framed =
      accept && accept->find("application/vnd.docker.multiplexed-stream") != std::string_view::npos;
  if (wanted.timestamps && !wanted.framed)
    query.fail("timestamps",
               "come in frames only: ask with Accept: application/vnd.docker.multiplexed-stream");
  return wanted;
}

Task<> read_logs(Services& services, const http::Request& request, const http::PathParameters& path,
                 http::Responder& responder) {
  const auto id = job_id(path);
  if (!id) {
    co_await refuse(responder, id.error());
    co_return;
  }
  Query query(request);
  auto wanted = parse_log_request(*id, request, query);
  if (auto good = query.finish(); !good) {
    co_await refuse_query(responder, good.error());
    co_return;
  }
  auto job = co_await services.jobs.get(*id);
  if (!job) {
    co_await refuse(responder, job.error());
    co_return;
  }
  if (wanted.attempt && *wanted.attempt > job->attempt) {
    Error error{ErrorKind::not_found, "job " + to_string(*id) + " has had " + std::to_string(job->attempt) +
                                          (job->attempt == 1 ? " attempt" : " attempts") +
                                          "; there is no attempt " + std::to_string(*wanted.attempt)};
    co_await refuse(responder, std::move(error));
    co_return;
  }
  LogReader reader(services.jobs, services.store, services.feed, services.log_room, responder,
                   std::move(wanted));
  const auto done = co_await reader.run(std::move(*job));
  // Once the answer has begun, breaking it off is the only way to say that something is missing.
  if (!done)
    log_about({.job = *id}, spdlog::level::debug, "logs of job {}: {}", id->value, done.error().message);
}

}  // namespace

void add_log_routes(http::Router& router, Services& services) {
  router.add(
      "GET", "/v1/jobs/{id}/logs",
      [&services](const http::Request& request, const http::PathParameters& path,
                  http::Responder& responder) { return read_logs(services, request, path, responder); },
      {.summary = "A job's output, as it was written.",
       .details =
           "With Accept: application/vnd.docker.multiplexed-stream both streams come in Docker's framing; "
           "stream 3 is Berth speaking: {\"offset\": N, \"left_out\": M} where M bytes before N are gone, "
           "and with "
           "timestamps {\"offset\": N, \"at\": INSTANT} before what was read from the container at another "
           "instant. Of an "
           "attempt that has ended, the header Berth-Length says how many bytes it wrote, and Berth-Sha256 "
           "has their "
           "SHA-256 if all were kept. An offset behind all that was written is refused with 416.",
       .query = {{"stream", "string", "stdout or stderr; both without it.", "stdout"},
                 {"attempt", "integer", "Of that attempt; the last without it.", "1"},
                 {"offset", "integer", "Bytes to leave out, of the chosen stream or of both.", "0"},
                 {"tail", "integer", "Only the last lines.", "10"},
                 {"since", "string", "Only what was read from the container at that instant or later.",
                  "2026-11-23T18:00:00Z"},
                 {"timestamps", "boolean", "In frames, say when.", "false"},
                 {"follow", "boolean", "Go on until the job has ended.", "false"}},
       .media_type = "application/octet-stream"});
}

}  // namespace berth::api
