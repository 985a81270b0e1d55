// Who may talk to Redis, and how Berth says that it may not: TLS, ACL users, servers that aren't there.
#include "tests/contract/store_fixture.hpp"
#include "tests/support/tls_files.hpp"

#include <gmock/gmock.h>

#include <fstream>

namespace berth::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class RedisAccess : public ::testing::Test {
 protected:
  static Task<> open_and_use(RedisStore& store, std::optional<Result<>>& answer) {
    auto started = co_await store.start(deadline_in(10s));
    answer = started;
    if (started) co_await admit(store, 3);
    co_await store.close();
  }
  // What start() answers; a store that has started also admits jobs.
  Result<> use(RedisOptions options) {
    RedisStore store(io_.get_executor(), std::move(options), clock_);
    std::optional<Result<>> answer;
    run(io_, open_and_use(store, answer));
    return *answer;
  }
  static RedisOptions options(const std::string& url) {
    RedisOptions made;
    made.url = must(parse_redis_url(url));
    return made;
  }

  asio::io_context io_;
  SystemClock clock_;
};

class RedisTls : public RedisAccess {
 protected:
  // One authority for all of these: making keys takes long.
  static const TlsFiles& files() {
    static const TlsFiles made;
    return made;
  }
  static RedisOptions tls_options(int port, const std::string& host = "127.0.0.1") {
    auto made = options("rediss://" + host + ":" + std::to_string(port));
    made.url.ca_file = files().ca();
    return made;
  }
};

TEST_F(RedisTls, AServerWithATrustedCertificateIsUsed) {
  const int port = free_port();
  RedisServer server(files().redis_settings(port, "no"));
  const auto used = use(tls_options(port));
  EXPECT_TRUE(used.has_value()) << used.error().message;
}

TEST_F(RedisTls, AnUnknownAuthorityIsRefusedAtOnceWithTheReason) {
  const int port = free_port();
  RedisServer server(files().redis_settings(port, "no"));
  auto with_systems_authorities = tls_options(port);
  with_systems_authorities.url.ca_file.clear();
  const auto began = std::chrono::steady_clock::now();
  const auto refused = use(with_systems_authorities);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 3s);
  EXPECT_EQ(kind_of(refused), ErrorKind::refused);
  EXPECT_THAT(refused.error().message, HasSubstr("Redis at rediss://127.0.0.1:" + std::to_string(port)));
  EXPECT_THAT(refused.error().message, HasSubstr("certificate isn't accepted: "));
}

TEST_F(RedisTls, ACertificateForAnotherNameIsRefused) {
  const int port = free_port();
  RedisServer server(files().redis_settings(port, "no"));
  const auto refused = use(tls_options(port, "localhost"));
  EXPECT_EQ(kind_of(refused), ErrorKind::refused);
  EXPECT_THAT(refused.error().message, HasSubstr("certificate isn't accepted: "));
}

TEST_F(RedisTls, AServerThatAsksForACertificateGetsIt) {
  const int port = free_port();
  RedisServer server(files().redis_settings(port, "yes"));
  auto with = tls_options(port);
  const auto without = use(with);
  EXPECT_TRUE(without.has_error());
  with.url.cert_file = files().cert("client");
  with.url.key_file = files().key("client");
  const auto used = use(with);
  EXPECT_TRUE(used.has_value()) << used.error().message;
}

TEST_F(RedisTls, FilesThatCantBeUsedAreNamed) {
  auto missing = tls_options(1);
  missing.url.ca_file = "/nowhere/ca.pem";
  const int port = free_port();
  RedisServer server(files().redis_settings(port, "no"));
  missing.url.port = static_cast<std::uint16_t>(port);
  const auto refused = use(missing);
  EXPECT_EQ(kind_of(refused), ErrorKind::refused);
  EXPECT_THAT(refused.error().message, HasSubstr("/nowhere/ca.pem"));
}

TEST_F(RedisTls, APlainServerBehindAnEncryptedUrlIsSaid) {
  const int port = free_port();
  RedisServer server({"--port", std::to_string(port), "--bind", "127.0.0.1"});
  const auto failed = use(tls_options(port));
  ASSERT_TRUE(failed.has_error());
  EXPECT_THAT(failed.error().message, HasSubstr("rediss://127.0.0.1"));
}

TEST_F(RedisAccess, TheDocumentedUserCanDoAllAndNoMore) {
  RedisServer server(documented_user(BERTH_SOURCE_DIR, "secret", "test"));
  auto as_berth = options_for(server, "test");
  as_berth.url.user = "berth";
  as_berth.url.password = "secret";
  const auto used = use(as_berth);
  EXPECT_TRUE(used.has_value()) << used.error().message;

  auto elsewhere = as_berth;
  elsewhere.cluster = "other";
  RedisStore store(io_.get_executor(), elsewhere, clock_);
  struct Story {
    static Task<> tell(RedisStore& s) {
      auto denied = co_await s.start(deadline_in(10s));
      EXPECT_EQ(kind_of(denied), ErrorKind::refused);
      EXPECT_THAT(denied.error().message, HasSubstr("doesn't permit this"));
      co_await s.close();
    }
  };
  run(io_, Story::tell(store));
  for (const char* command : {"FLUSHALL", "CONFIG SET appendonly no", "KEYS *", "CLIENT LIST", "SHUTDOWN"}) {
    const auto answer = server.ask("ACL DRYRUN berth " + std::string(command));
    EXPECT_THAT(answer, HasSubstr("no permissions")) << command;
  }
}

// The users of docs/operations.md, for a cluster named "berth".
std::string documented_users() {
  std::ifstream page(BERTH_SOURCE_DIR "/docs/operations.md");
  std::string users;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("user ")) users += line + "\n";
  }
  return users;
}

// Redis reads its log back as the default user: with too few rights of that one it would start nearly empty.
TEST_F(RedisAccess, ARestartUnderTheDocumentedUsersLosesNothing) {
  const TemporaryFolder folder;
  RedisServer server({"--aclfile", folder.file("users.acl", documented_users())});
  auto as_berth = options_for(server, "berth");
  as_berth.url.user = "berth";
  as_berth.url.password = "PASSWORD";
  const auto used = use(as_berth);
  ASSERT_TRUE(used.has_value()) << used.error().message;
  server.kill();
  server.start();
  RedisStore store(io_.get_executor(), as_berth, clock_);
  struct Story {
    static Task<> tell(RedisStore& s) {
      auto started = co_await s.start(deadline_in(10s));
      must(std::move(started));
      auto counted = co_await s.count_jobs();
      EXPECT_EQ(must(std::move(counted)).front(), 3u) << "all that was acknowledged";
      co_await s.close();
    }
  };
  run(io_, Story::tell(store));
}

TEST_F(RedisAccess, AWrongPasswordOfAUserIsSaidAtOnceWithoutShowingIt) {
  RedisServer server(documented_user(BERTH_SOURCE_DIR, "secret", "test"));
  auto wrong = options_for(server, "test");
  wrong.url.user = "berth";
  wrong.url.password = "hush";
  const auto began = std::chrono::steady_clock::now();
  const auto refused = use(wrong);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 3s);
  EXPECT_EQ(kind_of(refused), ErrorKind::refused);
  EXPECT_THAT(refused.error().message, HasSubstr("refused the user or password"));
  EXPECT_THAT(refused.error().message, Not(HasSubstr("hush")));
}

TEST_F(RedisAccess, AServerThatIsNotThereIsSaidAtOnceUnlessItIsWaitedFor) {
  const auto began = std::chrono::steady_clock::now();
  auto absent = options("unix:///tmp/berth-no-such.sock");
  EXPECT_EQ(kind_of(use(absent)), ErrorKind::unavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 3s);
}

}  // namespace
}  // namespace berth::test
