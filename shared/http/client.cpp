#include "shared/http/client.hpp"

#include "shared/http/connect.hpp"
#include "shared/http/connection_pool.hpp"
#include "shared/http/message.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <algorithm>

namespace berth::http {

namespace beast = boost::beast;
using boost::system::error_code;

namespace {

constexpr std::size_t piece_size = 64u << 10;
constexpr std::size_t first_reply_read = 8u << 10;
constexpr std::uint32_t reply_header_limit = 256u << 10;

bool is_idempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE";
}

bool has_control_bytes(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// What isn't one line each would let a value forge headers, or a whole request.
Result<> check(const Request& request) {
  bool bad =
      has_control_bytes(request.method + request.target) || request.target.find(' ') != std::string::npos;
  for (const auto& [name, value] : request.headers) bad = bad || has_control_bytes(name + value);
  if (bad)
    return invalid(
        "a request's method, target and headers can't hold control characters, nor a target spaces");
  return {};
}

std::string head_of(const Request& request, const Address& address) {
  std::string head = request.method + " " + request.target + " HTTP/1.1\r\n";
  const auto add = [&](std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
  };
  const auto add_default = [&](std::string_view name, std::string_view value) {
    if (!find_header(request.headers, name)) add(name, value);
  };
  add_default("Host", address.socket_path.empty() ? address.text().substr(address.text().find("://") + 3)
                                                  : "localhost");
  add_default("User-Agent", "berth/" BERTH_VERSION);
  for (const auto& [name, value] : request.headers) add(name, value);
  const bool may_have_body = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (may_have_body || !request.body.empty())
    add_default("Content-Length", std::to_string(request.body.size()));
  head += "\r\n";
  return head;
}

// One request and its response on one connection.
class Exchange final : public ResponseStream {
 public:
  using GiveBack = std::function<void(std::shared_ptr<Transport>)>;

  Exchange(std::shared_ptr<Transport> transport, std::string where, bool is_head, GiveBack give_back)
      : transport_(std::move(transport)),
        where_(std::move(where)),
        is_head_(is_head),
        give_back_(std::move(give_back)) {}
  ~Exchange() override {
    if (transport_) transport_->close();
  }

  // `request` and `address` stay the caller's until this has returned.
  Task<Result<>> send(const Request& request, const Address& address, Deadline deadline);

  bool heard_anything() const { return heard_anything_; }
  const Response& head() const override { return head_; }
  Task<Result<std::string>> read(Deadline deadline) override;
  // Appends the rest of the body to `body`.
  Task<Result<>> read_all(std::string& body, std::size_t limit, Deadline deadline);

 private:
  using Parser = beast::http::response_parser<beast::http::buffer_body>;

  Task<Result<>> read_head();
  // Up to `size` bytes of the body, at least one unless it has ended.
  Task<Result<std::size_t>> read_body(char* data, std::size_t size);
  // More bytes from the connection into the buffer; at its end, the parser is told.
  Task<Result<>> receive(std::size_t size);
  void begin_parsing();
  void finish();
  Error failed(error_code error) const;
  Error malformed() const;

  std::shared_ptr<Transport> transport_;  // none once the body was read to its end
  std::string where_;                     // "GET /v1/jobs at http://…", for messages
  bool is_head_;
  GiveBack give_back_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  Response head_;
  bool heard_anything_ = false;
};

void Exchange::begin_parsing() {
  parser_.emplace();
  parser_->header_limit(reply_header_limit);
  parser_->body_limit(boost::none);
  parser_->skip(is_head_);
}

Error Exchange::failed(error_code error) const {
  if (transport_->expired()) return {ErrorKind::timeout, where_ + " was not answered in time"};
  const bool closed = error == asio::error::eof || error == beast::http::error::partial_message;
  return unavailable(where_ + " failed: " + (closed ? "the connection was closed" : error.message()));
}

Error Exchange::malformed() const {
  return internal_error(where_ + " was answered with something that is not HTTP");
}

Task<Result<>> Exchange::send(const Request& request, const Address& address, Deadline deadline) {
  transport_->set_deadline(deadline);
  const auto head = head_of(request, address);
  const Transport::Pieces pieces{as_buffer(head), as_buffer(request.body), {}};
  const auto write_error = co_await transport_->write(pieces);
  // A server that refuses a request early (too large, say) answers and closes before it has read it all: the
  // answer is worth more than the failed write.
  begin_parsing();
  const auto answered = co_await read_head();
  if (!answered && write_error && !heard_anything_) co_return failed(write_error);
  if (answered && transport_) transport_->set_deadline(no_deadline);
  co_return answered;
}

Task<Result<>> Exchange::receive(std::size_t size) {
  const auto got = co_await transport_->read_some(buffer_.prepare(size));
  buffer_.commit(got.bytes);
  heard_anything_ = heard_anything_ || got.bytes > 0;
  if (got.error != asio::error::eof) {
    if (got.error) co_return failed(got.error);
    co_return Result<>{};
  }
  // The end of the connection is the end of a body without a length, and of nothing else.
  error_code error = asio::error::eof;
  if (parser_->got_some()) parser_->put_eof(error);
  if (error) co_return failed(error);
  co_return Result<>{};
}

Task<Result<>> Exchange::read_head() {
  while (true) {
    while (!parser_->is_header_done()) {
      error_code error = beast::http::error::need_more;
      if (buffer_.size() > 0) buffer_.consume(parser_->put(buffer_.data(), error));
      if (error && error != beast::http::error::need_more) co_return malformed();
      if (parser_->is_header_done()) break;
      const auto received = co_await receive(first_reply_read);
      if (!received) co_return received;
    }
    if (parser_->get().result_int() / 100 != 1) break;
    begin_parsing();  // 100 Continue and its like: the real answer follows
  }
  head_.status = parser_->get().result_int();
  for (const auto& field : parser_->get()) head_.headers.emplace_back(field.name_string(), field.value());
  if (parser_->is_done()) finish();
  co_return Result<>{};
}

Task<Result<std::size_t>> Exchange::read_body(char* data, std::size_t size) {
  auto& body = parser_->get().body();
  body.data = data;
  body.size = size;
  body.more = true;
  while (transport_) {
    error_code error = beast::http::error::need_more;
    if (buffer_.size() > 0) buffer_.consume(parser_->put(buffer_.data(), error));
    const bool wants_more = error == beast::http::error::need_more;
    if (error && !wants_more && error != beast::http::error::need_buffer) co_return malformed();
    if (parser_->is_done()) finish();
    const auto produced = size - body.size;
    if (produced > 0) co_return produced;
    if (!wants_more) continue;
    // All that can wait in here now is the line before a chunk.
    if (buffer_.size() > reply_header_limit) co_return malformed();
    const auto received = co_await receive(piece_size);
    if (!received) co_return received.error();
    if (parser_->is_done()) finish();
  }
  co_return std::size_t{0};
}

void Exchange::finish() {
  const bool reusable = parser_->keep_alive() && buffer_.size() == 0;
  const auto transport = std::move(transport_);
  transport_ = nullptr;
  if (reusable) {
    give_back_(transport);
  } else {
    transport->close();
  }
}

Task<Result<std::string>> Exchange::read(Deadline deadline) {
  if (!transport_) co_return std::string{};
  transport_->set_deadline(deadline);
  std::string piece(piece_size, '\0');
  const auto size = co_await read_body(piece.data(), piece.size());
  if (!size) co_return size.error();
  piece.resize(*size);
  if (transport_) transport_->set_deadline(no_deadline);
  co_return piece;
}

Task<Result<>> Exchange::read_all(std::string& body, std::size_t limit, Deadline deadline) {
  if (transport_) transport_->set_deadline(deadline);
  while (transport_) {
    const auto used = body.size();
    // The library's growth by doubling, but not for the usual small body.
    body.resize(used + std::max(std::min(used, 16 * piece_size), first_reply_read));
    const auto size = co_await read_body(body.data() + used, body.size() - used);
    if (!size) co_return size.error();
    body.resize(used + *size);
    if (body.size() > limit) {
      co_return Error{ErrorKind::refused,
                      where_ + " was answered with more than " + std::to_string(limit) + " bytes"};
    }
  }
  co_return Result<>{};
}

using Opened = Result<std::unique_ptr<Exchange>>;

Task<Opened> open_exchange(std::shared_ptr<ConnectionPool> pool, Request request, Deadline deadline) {
  if (const auto checked = check(request); !checked) co_return checked.error();
  const auto target = pool->options().has_secret_targets ? std::string() : " " + request.target;
  const auto where = request.method + target + " at " + pool->address().text();
  auto transport = std::chrono::steady_clock::now() < deadline ? pool->take() : nullptr;
  while (true) {
    const bool reused = transport != nullptr;
    if (!reused) {
      auto connected = co_await connect(pool->executor(), pool->address(), pool->options(), deadline);
      if (!connected) co_return connected.error();
      transport = *connected;
    }
    Exchange::GiveBack give_back = [pool](std::shared_ptr<Transport> idle) {
      pool->give_back(std::move(idle));
    };
    auto exchange =
        std::make_unique<Exchange>(std::move(transport), where, request.method == "HEAD", give_back);
    transport = nullptr;
    const auto sent = co_await exchange->send(request, pool->address(), deadline);
    if (sent) co_return std::move(exchange);
    const bool was_stale =
        reused && !exchange->heard_anything() && sent.error().kind == ErrorKind::unavailable;
    if (!was_stale || !is_idempotent(request.method)) co_return sent.error();
  }
}

}  // namespace

Client::Client(asio::any_io_executor executor, Address address, ClientOptions options)
    : pool_(std::make_shared<ConnectionPool>(std::move(executor), std::move(address), std::move(options))) {}

Client::~Client() { pool_->close(); }

const Address& Client::address() const { return pool_->address(); }

Task<Result<Response>> Client::call(Request request, Deadline deadline) {
  auto exchange = co_await open_exchange(pool_, std::move(request), deadline);
  if (!exchange) co_return exchange.error();
  Response response = (*exchange)->head();
  const auto complete = co_await (*exchange)->read_all(response.body, max_body, deadline);
  if (!complete) co_return complete.error();
  co_return response;
}

Task<Result<std::unique_ptr<ResponseStream>>> Client::open(Request request, Deadline headers_deadline) {
  auto exchange = co_await open_exchange(pool_, std::move(request), headers_deadline);
  if (!exchange) co_return exchange.error();
  std::unique_ptr<ResponseStream> stream = std::move(*exchange);
  co_return stream;
}

}  // namespace berth::http
