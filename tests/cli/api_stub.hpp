// An HTTP server in the test's own process that answers as the test says, and the command line run against
// it.
#pragma once

#include "cli/main.hpp"
#include "shared/codec/json.hpp"
#include "shared/http/multiplexed.hpp"
#include "shared/http/server.hpp"
#include "shared/model/executor_info.hpp"
#include "shared/model/job.hpp"
#include "shared/runtime/logging.hpp"
#include "shared/runtime/task_group.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace berth::cli {

struct Frame {
  std::uint8_t stream;
  std::string bytes;
};

// One answer: a body as a whole, or frames of output, broken off in the middle or not.
struct Answer {
  unsigned status = 200;
  std::string body{};
  std::vector<Frame> frames{};
  bool is_cut_off = false;
  std::vector<std::pair<std::string, std::string>> headers{};
  bool is_framed = true;  // else the frames' bytes as they are
};

inline Answer record_of(Job job) {
  if (job.definition.image.empty()) job.definition.image = "busybox";
  return {200, json::serialize(to_json(job))};
}

inline Answer problem(unsigned status, const std::string& detail, const std::string& field = "",
                      const std::string& kind = "") {
  json::object body;
  body["title"] = "No";
  body["status"] = status;
  body["detail"] = detail;
  if (!field.empty()) body["field"] = field;
  if (!kind.empty()) body["kind"] = kind;
  return {status, json::serialize(body)};
}

class ApiStub {
 public:
  ApiStub()
      : server_(io_.get_executor(), [this](const auto& request, auto& out) { return answer(request, out); }) {
    setup_logging("off", "human").value();  // what it says of a cut answer is no output of the command's
    address_ = server_.listen("127.0.0.1", "0").value();
    tasks_.spawn("stub", server_.run());
    thread_ = std::thread([this] { io_.run(); });
  }
  ~ApiStub() {
    asio::post(io_, [this] { closing_.spawn("stop", stop()); });
    thread_.join();
  }
  ApiStub(const ApiStub&) = delete;
  ApiStub& operator=(const ApiStub&) = delete;

  std::string url() const { return "http://" + address_; }

  // The answers to "GET /v1/jobs/7" one after the other; the last one again and again.
  void on(const std::string& call, std::deque<Answer> answers) {
    const std::lock_guard lock(mutex_);
    answers_[call] = std::move(answers);
  }

  // What was asked so far, in order.
  std::vector<http::Request> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::vector<std::string> targets() const {
    std::vector<std::string> result;
    for (const auto& request : requests()) result.push_back(request.method + " " + request.target);
    return result;
  }

 private:
  Answer next(const http::Request& request) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    const auto found =
        answers_.find(request.method + " " + request.target.substr(0, request.target.find('?')));
    if (found == answers_.end()) return problem(404, "there is nothing at " + request.target);
    auto chosen = found->second.front();
    if (found->second.size() > 1) found->second.pop_front();
    return chosen;
  }

  Task<> answer(const http::Request& request, http::Responder& responder) {
    const auto chosen = next(request);
    http::Response response;
    response.status = chosen.status;
    response.headers = chosen.headers;
    if (chosen.frames.empty()) {
      response.body = chosen.body;
      co_await responder.send(std::move(response));
      co_return;
    }
    auto begun = co_await responder.begin(std::move(response));
    for (const auto& frame : chosen.frames) {
      auto bytes = frame.bytes;
      if (chosen.is_framed) {
        bytes.insert(0,
                     http::encode_frame_header(frame.stream, static_cast<std::uint32_t>(frame.bytes.size())));
      }
      auto written = co_await responder.write(bytes, no_deadline);
    }
    // An answer that isn't finished is one whose connection breaks.
    if (!chosen.is_cut_off) co_await responder.finish();
  }

  Task<> stop() {
    co_await server_.stop();
    tasks_.cancel();
    co_await tasks_.join();
  }

  asio::io_context io_{1};
  http::Server server_;
  TaskGroup tasks_{io_.get_executor()};
  TaskGroup closing_{io_.get_executor()};
  std::string address_;
  std::thread thread_;
  mutable std::mutex mutex_;
  std::map<std::string, std::deque<Answer>> answers_;
  std::vector<http::Request> requests_;
};

struct Outcome {
  int code = -1;
  std::string out;
  std::string err;
};

// `berth WORDS…` in this process.
inline Outcome berth(std::vector<std::string> words) {
  words.insert(words.begin(), "berth");
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  CLI::App app{"Berth", "berth"};
  Context context;
  add_client_verbs(app, context);
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Outcome outcome;
  outcome.code = run_command_line(app, context, static_cast<int>(argv.size()), argv.data());
  outcome.out = testing::internal::GetCapturedStdout();
  outcome.err = testing::internal::GetCapturedStderr();
  return outcome;
}

}  // namespace berth::cli
