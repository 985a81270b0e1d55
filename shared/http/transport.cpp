#include "shared/http/transport.hpp"

#include <boost/asio/ip/tcp.hpp>

namespace berth::http {
namespace {

// Drops `written` bytes from the front of the pieces.
void advance(Transport::Pieces& pieces, std::size_t written) {
  for (auto& piece : pieces) {
    const auto used = std::min(written, piece.size());
    piece += used;
    written -= used;
  }
}

}  // namespace

Transport::Transport(Socket socket) : socket_(std::move(socket)), timer_(socket_.get_executor()) {
  ErrorCode ignored;
  socket_.non_blocking(true, ignored);
  // Small answers must not wait for an acknowledgement; a Unix socket has no such option.
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

void Transport::set_deadline(Deadline deadline) {
  deadline_ = deadline;
  if (deadline < armed_until_) arm(deadline);
}

void Transport::arm(Deadline deadline) {
  armed_until_ = deadline;
  timer_.expires_at(deadline);
  auto on_fire = [self = weak_from_this()](ErrorCode error) {
    const auto transport = self.lock();
    if (!error && transport) transport->on_timer();
  };
  timer_.async_wait(std::move(on_fire));
}

void Transport::on_timer() {
  armed_until_ = no_deadline;
  if (deadline_ == no_deadline) return;
  if (std::chrono::steady_clock::now() < deadline_) {
    arm(deadline_);
    return;
  }
  expired_ = true;
  close();
}

Task<Result<>> Transport::start_tls(TlsOptions options, std::string host) {
  auto session = TlsSession::make(socket_, options);
  if (!session) co_return unavailable("TLS failed: " + session.error().message);
  tls_ = std::move(*session);
  const auto error = co_await tls_->shake_hands(std::move(host));
  if (!error) co_return Result<>{};
  co_await throw_if_cancelled();
  const auto why = tls_->explain(error);
  co_return unavailable("TLS failed: " + (why.empty() ? error.message() : why));
}

Task<Transport::ReadResult> Transport::read_some(asio::mutable_buffer buffer) {
  if (expired_) co_return ReadResult{asio::error::operation_aborted, 0};
  if (tls_) {
    const auto got = co_await tls_->read_some(buffer);
    if (got.error == asio::error::operation_aborted) co_await throw_if_cancelled();
    co_return ReadResult{got.error, got.bytes};
  }
  const auto [error, bytes] = co_await socket_.async_read_some(buffer, use_tuple);
  if (error == asio::error::operation_aborted) co_await throw_if_cancelled();
  co_return ReadResult{error, bytes};
}

Task<Transport::ErrorCode> Transport::write(Pieces pieces) {
  if (tls_) {
    for (const auto& piece : pieces) {
      if (piece.size() == 0) continue;
      const auto sent = co_await tls_->write(piece);
      if (sent.error == asio::error::operation_aborted) co_await throw_if_cancelled();
      if (sent.error) co_return sent.error;
    }
    co_return ErrorCode{};
  }
  while (asio::buffer_size(pieces) > 0) {
    ErrorCode error;
    const auto written = socket_.write_some(pieces, error);
    if (!error) {
      advance(pieces, written);
      continue;
    }
    if (error == asio::error::interrupted) continue;
    if (error != asio::error::would_block && error != asio::error::try_again) co_return error;
    const auto [wait_error] = co_await socket_.async_wait(Socket::wait_write, use_tuple);
    if (wait_error == asio::error::operation_aborted) co_await throw_if_cancelled();
    if (wait_error) co_return wait_error;
  }
  co_return ErrorCode{};
}

Transport::ReadResult Transport::try_read(asio::mutable_buffer buffer) {
  ReadResult result;
  result.bytes = socket_.read_some(buffer, result.error);
  return result;
}

bool Transport::is_quiet() {
  char byte = 0;
  ErrorCode error;
  socket_.receive(asio::buffer(&byte, 1), asio::socket_base::message_peek, error);
  return error == asio::error::would_block || error == asio::error::try_again;
}

void Transport::close() {
  ErrorCode ignored;
  socket_.close(ignored);
}

}  // namespace berth::http
