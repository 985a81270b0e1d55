#include "shared/http/router.hpp"

#include "shared/http/problem.hpp"
#include "tests/shared/runtime/loop.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace berth::http {
namespace {

// Keeps the one response that it is given.
class Recorder final : public Responder {
 public:
  Task<Result<>> send(Response given) override {
    response = std::move(given);
    co_return Result<>{};
  }
  Task<Result<>> begin(Response) override { co_return internal_error("not streamed"); }
  Task<Result<>> write(std::string_view, Deadline) override { co_return internal_error("not streamed"); }
  Task<Result<>> finish() override { co_return internal_error("not streamed"); }

  Response response;
};

Task<> answer_with(std::string text, Responder& responder) {
  Response response;
  response.body = std::move(text);
  co_await responder.send(std::move(response));
}

Task<> list(const Request&, const PathParameters&, Responder& responder) {
  return answer_with("list", responder);
}
Task<> submit(const Request&, const PathParameters&, Responder& responder) {
  return answer_with("submit", responder);
}
Task<> last(const Request&, const PathParameters&, Responder& responder) {
  return answer_with("last", responder);
}
Task<> show(const Request&, const PathParameters& parameters, Responder& responder) {
  return answer_with("show " + parameters["id"], responder);
}
Task<> abort(const Request&, const PathParameters& parameters, Responder& responder) {
  return answer_with("abort " + parameters["id"], responder);
}

class HttpRouter : public ::testing::Test {
 protected:
  HttpRouter() {
    router_.add("GET", "/v1/jobs", list);
    router_.add("POST", "/v1/jobs", submit);
    router_.add("GET", "/v1/jobs/last", last);
    router_.add("GET", "/v1/jobs/{id}", show);
    router_.add("POST", "/v1/jobs/{id}/abort", abort);
  }

  Response ask(std::string method, std::string target) {
    Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    Recorder recorder;
    loop_.run(router_.handle(request, recorder));
    return recorder.response;
  }

  berth::test::Loop loop_;
  Router router_;
};

TEST_F(HttpRouter, FindsTheHandlerByMethodAndPath) {
  EXPECT_EQ(ask("GET", "/v1/jobs?limit=5").body, "list");
  EXPECT_EQ(ask("POST", "/v1/jobs").body, "submit");
  EXPECT_EQ(ask("GET", "/v1/jobs/7").body, "show 7");
  EXPECT_EQ(ask("POST", "/v1/jobs/7/abort").body, "abort 7");
  EXPECT_EQ(ask("HEAD", "/v1/jobs").body, "list");
  EXPECT_EQ(ask("GET", "http://proxy/v1/jobs/7").body, "show 7");
}

TEST_F(HttpRouter, TheRouteThatWasAddedFirstWins) { EXPECT_EQ(ask("GET", "/v1/jobs/last").body, "last"); }

TEST_F(HttpRouter, AParameterIsDecodedAfterThePathWasSplit) {
  EXPECT_EQ(ask("GET", "/v1/jobs/name%3Aa%2Fb%20c").body, "show name:a/b c");
}

TEST_F(HttpRouter, APathWithoutRouteIs404) {
  for (const char* path :
       {"/", "/v1", "/v1/jobs/", "/v1/jobs//abort", "/v1/jobs/7/", "/v1/jobs/7/start", "/V1/jobs"}) {
    const auto response = ask("GET", path);
    EXPECT_EQ(response.status, 404u) << path;
    EXPECT_EQ(find_header(response.headers, "Content-Type"), "application/problem+json");
  }
}

TEST_F(HttpRouter, AnotherMethodIs405AndSaysWhichAreAllowed) {
  const auto response = ask("DELETE", "/v1/jobs");
  EXPECT_EQ(response.status, 405u);
  EXPECT_EQ(find_header(response.headers, "Allow"), "GET, HEAD, POST");
}

TEST_F(HttpRouter, AMalformedEscapeIs400) {
  EXPECT_EQ(ask("GET", "/v1/jobs/%zz").status, 400u);
  EXPECT_EQ(ask("OPTIONS", "*").status, 400u);
}

TEST(HttpProblem, CarriesFieldAndKind) {
  const auto response = problem_response(invalid("must be at least 6MiB, got 1MiB", "resources.memory"));
  EXPECT_EQ(response.status, 422u);
  const auto document = boost::json::parse(response.body);
  const auto expected =
      boost::json::parse(R"({"type":"about:blank","title":"Unprocessable Entity","status":422,
      "detail":"must be at least 6MiB, got 1MiB","field":"resources.memory","kind":"invalid"})");
  EXPECT_EQ(document, expected) << response.body;
}

TEST(HttpProblem, EveryKindHasItsStatus) {
  EXPECT_EQ(status_of(ErrorKind::not_found), 404u);
  EXPECT_EQ(status_of(ErrorKind::conflict), 409u);
  EXPECT_EQ(status_of(ErrorKind::internal), 500u);
  for (const auto kind :
       {ErrorKind::refused, ErrorKind::unavailable, ErrorKind::timeout, ErrorKind::cancelled}) {
    const auto response = problem_response(Error{kind, "later"});
    EXPECT_EQ(response.status, 503u);
    EXPECT_EQ(find_header(response.headers, "Retry-After"), "1");
  }
}

TEST(HttpProblem, NamesOfKindsCanBeReadBack) {
  for (const auto kind :
       {ErrorKind::invalid, ErrorKind::not_found, ErrorKind::conflict, ErrorKind::refused,
        ErrorKind::unavailable, ErrorKind::timeout, ErrorKind::cancelled, ErrorKind::internal}) {
    EXPECT_EQ(kind_named(name_of(kind)), kind);
  }
  EXPECT_EQ(kind_named("on holiday"), std::nullopt);
}

TEST(HttpProblem, StaysJsonWhateverTheMessageQuotes) {
  const std::string quoted = "ok \xc3\xa9 \xed\xa0\x80 \xff\xc0\xaf \xf0\x9f\x9a\xa2 \"\n\x01";
  const auto response = problem_response(Error{ErrorKind::not_found, quoted});
  const auto document = boost::json::parse(response.body);
  const auto& detail = document.at("detail").as_string();
  EXPECT_EQ(std::string_view(detail).substr(0, 6), "ok \xc3\xa9 ");
  EXPECT_NE(std::string_view(detail).find("\xf0\x9f\x9a\xa2 \"\n\x01"), std::string_view::npos);
  EXPECT_NE(std::string_view(detail).find("\xef\xbf\xbd"), std::string_view::npos);
}

}  // namespace
}  // namespace berth::http
