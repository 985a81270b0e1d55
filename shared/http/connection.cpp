#include "shared/http/connection.hpp"

#include "shared/http/problem.hpp"

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

namespace berth::http {

namespace beast = boost::beast;
using boost::system::error_code;

namespace {

constexpr std::uint32_t request_header_limit = 32u << 10;
constexpr std::size_t first_request_read = 4u << 10;
constexpr std::size_t body_read_size = 64u << 10;
constexpr std::size_t slice_size = 256u << 10;    // each part of an answer gets a deadline of its own
constexpr std::size_t watched_limit = 64u << 10;  // pipelined bytes that are taken in while a handler works
constexpr std::size_t drain_limit = 256u << 20;   // of a request that was refused before its end
constexpr Milliseconds drain_time = std::chrono::seconds{5};

unsigned refusal_status(error_code error) {
  if (error == beast::http::error::body_limit) return 413;
  if (error == beast::http::error::header_limit) return 431;
  return 400;
}

std::string refusal_detail(unsigned status, const ServerOptions& options) {
  if (status == 413)
    return "the body is larger than the " + std::to_string(options.max_body) + " bytes that are allowed";
  if (status == 431)
    return "the request line and headers are larger than " + std::to_string(request_header_limit) + " bytes";
  return "the request is not well-formed HTTP/1.1";
}

// RFC 9110's date, computed once a second.
std::string_view http_date() {
  static std::time_t shown = 0;
  static std::array<char, 32> text{};
  const auto now = std::time(nullptr);
  if (now != shown) {
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    shown = now;
  }
  return text.data();
}

// A line break inside a value would let it forge headers.
void append_header(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ");
  for (const char c : value) head += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  head += "\r\n";
}

bool has_no_body(unsigned status) { return status == 204 || status == 304 || status < 200; }

}  // namespace

Connection::Connection(Transport::Socket socket, std::shared_ptr<const ConnectionContext> context)
    : context_(std::move(context)), transport_(std::make_shared<Transport>(std::move(socket))) {}

void Connection::cancel() { cancel_.emit(asio::cancellation_type::terminal); }

Task<> Connection::run() {
  const auto self = shared_from_this();
  while (keep_alive_) {
    const auto incoming = co_await read_request();
    if (incoming.refusal != 0) {
      co_await refuse(incoming.refusal);
      break;
    }
    if (!incoming.complete) break;
    co_await serve_request();
  }
  transport_->close();
}

// --- requests ---

Task<Connection::Incoming> Connection::read_request() {
  parser_.emplace();
  parser_->header_limit(request_header_limit);
  parser_->body_limit(context_->options.max_body);
  if (buffer_.size() == 0 && buffer_.capacity() > body_read_size) buffer_.shrink_to_fit();
  answer_ = Answer::none;
  is_head_ = false;
  bool continued = false;
  bool timed = false;
  while (!parser_->is_done()) {
    error_code error = beast::http::error::need_more;
    if (buffer_.size() > 0) buffer_.consume(parser_->put(buffer_.data(), error));
    const bool wants_more = error == beast::http::error::need_more;
    const bool overlong_chunk_line =
        parser_->is_header_done() && wants_more && buffer_.size() > request_header_limit;
    if ((error && !wants_more) || overlong_chunk_line) co_return Incoming{false, refusal_status(error)};
    if (parser_->is_done()) break;
    if (parser_->is_header_done() && !continued && expects_continue()) {
      continued = true;
      const Transport::Pieces pieces{as_buffer("HTTP/1.1 100 Continue\r\n\r\n"), {}, {}};
      const auto written = co_await transfer(pieces, deadline_in(context_->options.stall_timeout));
      if (!written) co_return Incoming{};
    }
    if (!wants_more) continue;
    const bool within_request = buffer_.size() > 0 || parser_->is_header_done();
    // One deadline for the whole request: a client that sends a byte now and then must not hold a connection
    // for ever.
    if (!timed) {
      const auto& options = context_->options;
      transport_->set_deadline(deadline_in(within_request ? options.request_timeout : options.idle_timeout));
      timed = within_request;
    }
    const auto size = parser_->is_header_done() ? body_read_size : first_request_read;
    const auto got = co_await transport_->read_some(buffer_.prepare(size));
    buffer_.commit(got.bytes);
    if (got.error) co_return Incoming{};
  }
  transport_->set_deadline(no_deadline);
  const auto& message = parser_->get();
  const bool names_host = message.find(beast::http::field::host) != message.end();
  if (message.version() >= 11 && !names_host) co_return Incoming{false, 400};
  co_return Incoming{true, 0};
}

bool Connection::expects_continue() const {
  const auto& message = parser_->get();
  return message.version() >= 11 && beast::iequals(message[beast::http::field::expect], "100-continue");
}

Request Connection::take_request() {
  auto& message = parser_->get();
  Request request;
  request.method = message.method_string();
  request.target = message.target();
  for (const auto& field : message) request.headers.emplace_back(field.name_string(), field.value());
  request.body = std::move(message.body());
  return request;
}

Task<> Connection::serve_request() {
  keep_alive_ = parser_->get().version() >= 11 && parser_->keep_alive();
  chunked_ = parser_->get().version() >= 11;
  const Request request = take_request();
  is_head_ = request.method == "HEAD";
  working_ = true;
  watch_soon();
  std::string failure;
  try {
    co_await context_->handler(request, *this);
  } catch (const std::exception& error) {
    failure = error.what();
  }
  working_ = false;
  ++turn_;
  co_await throw_if_cancelled();
  if (failure.empty() && answer_ == Answer::complete) co_return;
  if (failure.empty()) failure = answer_ == Answer::none ? "no answer" : "an answer without an end";
  if (!transport_->socket().is_open()) co_return;  // the client left or stalled: the handler could not finish
  spdlog::error("the handler of {} {} failed: {}", request.method, request.target, failure);
  if (answer_ != Answer::none) {
    keep_alive_ = false;  // cut off, so that the client doesn't take it for whole
    co_return;
  }
  Problem problem;
  problem.detail = "the server has a fault; its log says more";
  const auto sent = co_await send(problem_response(problem));
  keep_alive_ = keep_alive_ && sent.has_value();
}

Task<> Connection::refuse(unsigned status) {
  keep_alive_ = false;
  Problem problem;
  problem.status = status;
  problem.detail = refusal_detail(status, context_->options);
  const auto sent = co_await send(problem_response(problem));
  if (!sent) co_return;
  // Closing while the client still sends would make the kernel throw away the answer before the client has
  // read it.
  error_code ignored;
  transport_->socket().shutdown(asio::socket_base::shutdown_send, ignored);
  transport_->set_deadline(deadline_in(drain_time));
  std::string discarded(body_read_size, '\0');
  for (std::size_t drained = 0; drained < drain_limit;) {
    const auto got = co_await transport_->read_some(asio::buffer(discarded));
    if (got.error) break;
    drained += got.bytes;
  }
}

// --- answers ---

std::string Connection::head_of(const Response& response, std::string_view framing) const {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
  head.append(status_text(response.status)).append("\r\n");
  for (const auto& [name, value] : response.headers) append_header(head, name, value);
  append_header(head, "Date", http_date());
  if (!keep_alive_) append_header(head, "Connection", "close");
  head.append(framing).append("\r\n");
  return head;
}

Task<Result<>> Connection::transfer(Transport::Pieces pieces, Deadline deadline) {
  transport_->set_deadline(deadline);
  const auto error = co_await transport_->write(pieces);
  transport_->set_deadline(no_deadline);
  if (!error) co_return Result<>{};
  keep_alive_ = false;
  const bool expired = transport_->expired();
  transport_->close();
  if (expired) co_return Error{ErrorKind::timeout, "the client takes nothing of the answer any more"};
  co_return unavailable("the client has gone");
}

Task<Result<>> Connection::send(Response response) {
  if (answer_ != Answer::none) co_return internal_error("a request can't be answered twice");
  answer_ = Answer::complete;
  const bool bodiless = has_no_body(response.status);
  const auto length = "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  const auto head = head_of(response, bodiless ? std::string_view{} : length);
  const auto sent = co_await send_all(head, bodiless || is_head_ ? std::string_view{} : response.body);
  co_return sent;
}

Task<Result<>> Connection::send_all(std::string_view head, std::string_view body) {
  do {
    const auto slice = body.substr(0, slice_size);
    const Transport::Pieces pieces{as_buffer(head), as_buffer(slice), {}};
    const auto sent = co_await transfer(pieces, deadline_in(context_->options.stall_timeout));
    if (!sent) co_return sent;
    head = {};
    body.remove_prefix(slice.size());
  } while (!body.empty());
  co_return Result<>{};
}

Task<Result<>> Connection::begin(Response response) {
  if (answer_ != Answer::none) co_return internal_error("a request can't be answered twice");
  answer_ = Answer::streaming;
  if (!chunked_) keep_alive_ = false;  // HTTP/1.0: the body ends with the connection
  const auto head = head_of(response, chunked_ ? "Transfer-Encoding: chunked\r\n" : "");
  const auto sent = co_await send_all(head, {});
  co_return sent;
}

Task<Result<>> Connection::write(std::string_view piece, Deadline deadline) {
  if (answer_ != Answer::streaming)
    co_return internal_error("a body is written between begin() and finish()");
  if (!transport_->socket().is_open()) co_return unavailable("the client has gone");
  if (piece.empty() || is_head_) co_return Result<>{};  // an empty chunk would end the body
  std::array<char, 20> size{};
  auto* end = std::to_chars(size.data(), size.data() + size.size() - 2, piece.size(), 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  const std::string_view size_line{size.data(), static_cast<std::size_t>(end - size.data())};
  Transport::Pieces pieces{as_buffer(size_line), as_buffer(piece), as_buffer("\r\n")};
  if (!chunked_) pieces = {as_buffer(piece), {}, {}};
  const auto written = co_await transfer(pieces, deadline);
  co_return written;
}

Task<Result<>> Connection::finish() {
  if (answer_ != Answer::streaming) co_return internal_error("only a body that was begun can be finished");
  if (!transport_->socket().is_open()) co_return unavailable("the client has gone");
  answer_ = Answer::complete;
  if (is_head_ || !chunked_) co_return Result<>{};
  const auto sent = co_await send_all("0\r\n\r\n", {});
  co_return sent;
}

// --- the client that leaves ---

// Only from the next turn of the loop on: most handlers have answered by then, and cost no system call for
// this.
void Connection::watch_soon() {
  auto start = [weak = weak_from_this(), turn = turn_] {
    const auto self = weak.lock();
    if (self) self->watch(turn);
  };
  asio::post(transport_->socket().get_executor(), std::move(start));
}

void Connection::watch(std::uint64_t turn) {
  if (turn != turn_ || !working_ || answer_ == Answer::complete || !transport_->socket().is_open()) return;
  auto look = [weak = weak_from_this(), turn](error_code error) {
    const auto self = weak.lock();
    if (self && !error) self->on_readable(turn);
  };
  transport_->socket().async_wait(Transport::Socket::wait_read, std::move(look));
}

void Connection::on_readable(std::uint64_t turn) {
  if (turn != turn_ || !working_ || answer_ == Answer::complete || !transport_->socket().is_open()) return;
  // A client that pipelines is there; its next requests wait in the buffer.
  while (buffer_.size() < watched_limit) {
    const auto got = transport_->try_read(buffer_.prepare(first_request_read));
    buffer_.commit(got.bytes);
    if (got.error == asio::error::would_block || got.error == asio::error::try_again) {
      watch(turn);
      return;
    }
    if (got.error) {
      cancel();
      return;
    }
  }
}

}  // namespace berth::http
