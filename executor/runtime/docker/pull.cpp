#include "executor/runtime/docker/pull.hpp"

#include "executor/runtime/docker/credentials.hpp"
#include "executor/runtime/docker/json_access.hpp"
#include "executor/runtime/docker/replies.hpp"
#include "shared/model/image_name.hpp"

#include <algorithm>
#include <utility>

namespace berth::docker {
namespace {

constexpr std::size_t longest_line = 64u << 10;  // real ones are a few hundred bytes

std::string pull_path(const std::string& image) {
  const auto reference = parse_image_reference(image);
  return "/images/create?fromImage=" + http::encode_component(reference.name) +
         "&tag=" + http::encode_component(reference.tag);
}

}  // namespace

void PullReader::feed(std::string_view piece) {
  while (!piece.empty()) {
    const auto end = piece.find('\n');
    if (line_.size() < longest_line) line_ += piece.substr(0, end);
    if (end == std::string_view::npos) return;
    take_line(line_);
    line_.clear();
    piece.remove_prefix(end + 1);
  }
}

void PullReader::take_line(std::string_view line) {
  const auto parsed = parse_reply(line);
  if (!parsed) return;
  auto error = text_at(&*parsed, "error");
  if (!error.empty()) {
    failure_ = std::move(error);
    return;
  }
  const auto id = text_at(&*parsed, "id");
  const auto* detail = member(&*parsed, "progressDetail");
  const auto total = integer_at(detail, "total");
  const auto current = integer_at(detail, "current");
  // Unpacking counts the same bytes a second time: only the transfer is progress.
  if (id.empty() || text_at(&*parsed, "status") == "Extracting") return;
  auto& layer = layers_[id];
  if (total) layer.total = std::max(layer.total, Bytes{*total});
  if (current) layer.done = std::max(layer.done, Bytes{*current});
  const auto status = text_at(&*parsed, "status");
  if (status == "Download complete" || status == "Pull complete") layer.done = layer.total;
}

PullProgress PullReader::progress() const {
  PullProgress sum;
  for (const auto& [id, layer] : layers_) {
    sum.done += layer.done;
    sum.total += layer.total;
  }
  return sum;
}

struct SharedPulls::Transfer {
  bool has_driver = false;
  std::optional<Result<>> result;
  std::list<Participant*> participants;
};

// One caller. On its way out, cancelled or not, it leaves the transfer in order.
struct SharedPulls::Participant {
  Participant(SharedPulls& pulls, std::string image, OnPullProgress on_progress)
      : pulls(pulls), image(std::move(image)), on_progress(std::move(on_progress)), wakeup(pulls.executor_) {
    auto& slot = pulls.transfers_[this->image];
    if (!slot) slot = std::make_shared<Transfer>();
    transfer = slot;
    transfer->participants.push_back(this);
  }
  ~Participant() {
    transfer->participants.remove(this);
    if (is_driver) transfer->has_driver = false;
    for (auto* other : transfer->participants) other->wakeup.notify();
    // A finished transfer is never joined again: who asks later asks the daemon.
    const bool is_over = transfer->result.has_value() || transfer->participants.empty();
    const auto found = pulls.transfers_.find(image);
    if (is_over && found != pulls.transfers_.end() && found->second == transfer)
      pulls.transfers_.erase(found);
  }
  Participant(const Participant&) = delete;
  Participant& operator=(const Participant&) = delete;

  SharedPulls& pulls;
  std::string image;
  OnPullProgress on_progress;
  Wakeup wakeup;
  std::shared_ptr<Transfer> transfer;
  bool is_driver = false;
};

Task<Result<>> SharedPulls::pull(std::string image, OnPullProgress on_progress, Milliseconds stall) {
  Participant self(*this, image, std::move(on_progress));
  while (!self.transfer->result) {
    if (self.transfer->has_driver) {
      co_await self.wakeup.wait();
      continue;
    }
    self.transfer->has_driver = self.is_driver = true;
    auto result = co_await drive(image, self.transfer, stall);
    self.transfer->result = std::move(result);
  }
  co_return *self.transfer->result;
}

Task<Result<>> SharedPulls::drive(std::string image, std::shared_ptr<Transfer> transfer, Milliseconds stall) {
  const auto stalled = [&image, stall] {
    return Error{ErrorKind::timeout, "The pull of " + image + " made no progress for " + to_string(stall)};
  };
  http::Headers headers;
  if (auto login = login_for(image)) headers.emplace_back("X-Registry-Auth", std::move(*login));
  auto path = pull_path(image);
  const auto opened = co_await engine_.open("POST", std::move(path), std::move(headers), deadline_in(stall));
  if (!opened) {
    if (opened.error().kind == ErrorKind::timeout) co_return stalled();
    co_return opened.error();
  }
  auto& stream = **opened;
  const unsigned status = stream.head().status;
  if (status != 200) {
    const auto body = co_await read_rest(stream, deadline_in(stall));
    co_return pull_error(status, words_of(status, body));
  }
  PullReader reader;
  while (true) {
    const auto piece = co_await stream.read(deadline_in(stall));
    if (!piece) {
      if (piece.error().kind == ErrorKind::timeout) co_return stalled();
      co_return engine_.out_of_reach(piece.error());
    }
    if (piece->empty()) break;
    reader.feed(*piece);
    const auto progress = reader.progress();
    for (const auto* participant : transfer->participants) {
      if (participant->on_progress) participant->on_progress(progress);
    }
  }
  reader.feed("\n");  // the last line may lack its end
  if (reader.failure()) co_return pull_error(status, *reader.failure());
  co_return Result<>{};
}

}  // namespace berth::docker
