#include "executor/runtime/docker/engine.hpp"

#include "executor/runtime/docker/incarnation.hpp"
#include "executor/runtime/docker/replies.hpp"

#include <utility>

namespace berth::docker {

Engine::Engine(asio::any_io_executor executor, http::Address address)
    : client_(std::move(executor), std::move(address)) {}

std::string Engine::incarnation() const { return daemon_incarnation(client_.address().socket_path); }

Error Engine::out_of_reach(const Error& error) const {
  std::string message = "Docker doesn't answer at " + client_.address().text() + ": " + error.message;
  if (error.kind == ErrorKind::unavailable) {
    message += ". Is the daemon running, and may this user open its socket?";
  }
  return {error.kind, std::move(message)};
}

// Without facts yet the path goes to the oldest version; every daemon that Berth refuses is found out by
// ask_facts().
http::Request Engine::request(std::string method, const std::string& path, std::string body) const {
  http::Request out;
  out.method = std::move(method);
  out.target = "/v" + (facts_ ? facts_->api_version : std::string(oldest_api)) + path;
  if (!body.empty()) out.headers.emplace_back("Content-Type", "application/json");
  out.body = std::move(body);
  return out;
}

Task<Result<DaemonFacts>> Engine::facts(Deadline deadline) {
  // Over TCP the incarnation is never known: what was learnt first has to do there.
  if (facts_ && facts_->incarnation == incarnation()) co_return *facts_;
  co_return co_await ask_facts(deadline);
}

Task<Result<DaemonFacts>> Engine::check(Deadline deadline) {
  if (!facts_ || facts_->incarnation != incarnation()) co_return co_await ask_facts(deadline);
  DaemonFacts known = *facts_;
  http::Request ping;
  ping.target = "/_ping";
  const auto reply = co_await client_.call(std::move(ping), deadline);
  if (reply && reply->status == 200) co_return known;
  facts_.reset();
  if (!reply) co_return out_of_reach(reply.error());
  co_return plain_error(reply->status, words_of(reply->status, reply->body));
}

Task<Result<DaemonFacts>> Engine::ask_facts(Deadline deadline) {
  std::string now = incarnation();
  http::Request version;
  version.target = "/version";
  const auto version_reply = co_await client_.call(std::move(version), deadline);
  if (!version_reply) co_return out_of_reach(version_reply.error());
  if (version_reply->status != 200) {
    co_return plain_error(version_reply->status, words_of(version_reply->status, version_reply->body));
  }
  http::Request info;
  info.target = "/info";
  const auto info_reply = co_await client_.call(std::move(info), deadline);
  if (!info_reply) co_return out_of_reach(info_reply.error());
  if (info_reply->status != 200) {
    co_return plain_error(info_reply->status, words_of(info_reply->status, info_reply->body));
  }
  auto facts = parse_facts(version_reply->body, info_reply->body);
  if (!facts) co_return facts.error();
  facts->incarnation = std::move(now);
  facts_ = *facts;
  co_return std::move(*facts);
}

Task<Result<http::Response>> Engine::call(std::string method, std::string path, std::string body,
                                          Deadline deadline) {
  auto message = request(std::move(method), path, std::move(body));
  auto reply = co_await client_.call(std::move(message), deadline);
  if (!reply) co_return out_of_reach(reply.error());
  co_return std::move(*reply);
}

Task<Result<std::unique_ptr<http::ResponseStream>>> Engine::open(std::string method, std::string path,
                                                                 http::Headers headers,
                                                                 Deadline headers_deadline) {
  auto message = request(std::move(method), path, {});
  for (auto& header : headers) message.headers.push_back(std::move(header));
  auto stream = co_await client_.open(std::move(message), headers_deadline);
  if (!stream) co_return out_of_reach(stream.error());
  co_return std::move(*stream);
}

Task<std::string> read_rest(http::ResponseStream& stream, Deadline deadline) {
  constexpr std::size_t enough = 64u << 10;
  std::string out;
  while (out.size() < enough) {
    auto piece = co_await stream.read(deadline);
    if (!piece || piece->empty()) break;
    out += *piece;
  }
  co_return out;
}

}  // namespace berth::docker
