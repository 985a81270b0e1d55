// Stores one attempt's output as it comes. The first bytes leave at once; what comes while a call is under
// way goes together in the next one. When limits::log_buffer bytes wait, write() waits too: that holds back
// the reading of the output, and the container only once the runtime keeps no more of it. An attempt without
// output makes no call at all.
#pragma once

#include "executor/core/container_view.hpp"
#include "executor/logs/capture.hpp"
#include "executor/runtime/container_runtime.hpp"
#include "shared/runtime/task_group.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace berth {

class LogUpload final : public LogSink {
 public:
  // `tasks` runs the sending; it is joined before this object goes.
  LogUpload(asio::any_io_executor executor, Store& store, Clock& clock, TaskGroup& tasks, AttemptKey attempt,
            LogLimit limit = {});

  // Reads what an earlier process stored, so that the copying can go on behind it, and the checksum with it:
  // of a log in files that is too long for one, only its end. Errors: the store's; again, it goes on where it
  // was.
  Task<Result<>> resume();
  // Whether the store has declined that, without a break, for limits::log_refused_for.
  bool is_resume_hopeless() const;

  // Bytes of both streams together taken over so far: what copy_logs shall skip.
  std::uint64_t taken() const { return capture_.end(); }

  // Of which the store has all, and the checksum is right, if flush() found so.
  AttemptOutput output() const { return capture_.output(); }

  Task<Result<>> write(LogStream stream, std::string_view bytes) override;
  std::uint64_t stored() const override { return stored_; }
  void leave_out(std::uint64_t out, std::uint64_t err) override;

  // Returns once all that was written is stored. A store that is away is asked again, without end; output
  // that it declines for limits::log_refused_for is given up, and refused is returned with what is missing.
  Task<Result<>> flush();

 private:
  Task<Result<>> read_stored();
  Task<> send_all();
  Task<> send(LogCapture::Batch batch);

  Store& store_;
  Clock& clock_;
  TaskGroup& tasks_;
  AttemptKey attempt_;
  LogCapture capture_;
  std::optional<Monotonic> refused_since_;
  bool is_sending_ = false;
  std::uint64_t stored_ = 0;  // or given up
  std::uint64_t lost_ = 0;    // bytes given up
  std::string refusal_;
  Wakeup room_;
  Wakeup sent_;
};

}  // namespace berth
