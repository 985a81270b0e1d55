// What Docker's refusals mean. The words are those of real daemons.
#include "executor/runtime/docker/replies.hpp"

#include "executor/runtime/docker/incarnation.hpp"
#include "executor/runtime/docker/pull.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace berth::docker {
namespace {

TEST(DockerReplies, WordsComeFromTheMessageTheBodyOrTheStatus) {
  EXPECT_EQ(words_of(404, R"({"message":"No such image: x"})"), "No such image: x");
  EXPECT_EQ(words_of(502, "bad gateway\r\n"), "bad gateway");
  EXPECT_EQ(words_of(500, ""), "Docker answered 500 Internal Server Error");
}

TEST(DockerReplies, AnImageIsNotFoundWhenTheRegistrySaysSoOrDoesNotExist) {
  for (const auto* words : {
           "manifest for busybox:nosuch not found: manifest unknown: manifest unknown",
           "pull access denied for nosuch, repository does not exist or may require 'docker login': denied: "
           "requested "
           "access to the resource is denied",
           "no matching manifest for linux/arm64/v8 in the manifest list entries",
           "Head \"https://ghcr.io/v2/a/b/manifests/1\": unauthorized",
           "Head \"http://127.0.0.1:5000/v2/team/big/manifests/1\": no basic auth credentials",
           "Get \"https://nosuch.invalid/v2/\": dial tcp: lookup nosuch.invalid on 10.0.0.1:53: no such host",
       }) {
    EXPECT_EQ(pull_error(500, words).kind, ErrorKind::not_found) << words;
    EXPECT_EQ(pull_error(500, words).message, words);
  }
  EXPECT_EQ(pull_error(404, "whatever").kind, ErrorKind::not_found);
  EXPECT_EQ(pull_error(400, "invalid reference format").kind, ErrorKind::not_found);
}

TEST(DockerReplies, ARegistryThatCanNotBeAskedIsUnavailable) {
  for (const auto* words : {
           "Get \"http://127.0.0.1:1/v2/\": dial tcp 127.0.0.1:1: connect: connection refused",
           "Get \"https://registry-1.docker.io/v2/\": net/http: request canceled while waiting for "
           "connection",
           "Get \"https://registry-1.docker.io/v2/\": dial tcp: lookup registry-1.docker.io: Temporary "
           "failure in name "
           "resolution",
           "Get \"https://registry-1.docker.io/v2/\": dial tcp 1.2.3.4:443: connect: network is unreachable",
           "toomanyrequests: You have reached your pull rate limit",
           "received unexpected HTTP status: 503 Service Unavailable",
           "write /var/lib/docker/tmp/GetImageBlob1: no space left on device",
       }) {
    EXPECT_EQ(pull_error(500, words).kind, ErrorKind::unavailable) << words;
  }
}

TEST(DockerReplies, AStartIsRefusedForWhatWillNotChange) {
  EXPECT_EQ(
      start_error(400, "OCI runtime create failed: exec: \"x\": executable file not found in $PATH").kind,
      ErrorKind::refused);
  EXPECT_EQ(start_error(404, "OCI runtime create failed: exec: \"x\": no such file or directory").kind,
            ErrorKind::refused)
      << "some versions answer 404 for that";
  EXPECT_EQ(start_error(500, "unable to find user x: no matching entries in passwd file").kind,
            ErrorKind::refused);
  EXPECT_EQ(start_error(404, "No such container: x").kind, ErrorKind::not_found);
  EXPECT_EQ(start_error(409, "Container is marked for removal").kind, ErrorKind::conflict);
  EXPECT_EQ(start_error(500, "task 1e8f35aa: already exists").kind, ErrorKind::conflict);
  EXPECT_EQ(start_error(500, "id already in use").kind, ErrorKind::conflict);
  EXPECT_EQ(start_error(500, "context deadline exceeded").kind, ErrorKind::unavailable);
  EXPECT_EQ(start_error(500,
                        "failed to update store for object type *libnetwork.endpoint: open : no such "
                        "file or directory")
                .kind,
            ErrorKind::unavailable);
}

TEST(DockerReplies, ACreate) {
  EXPECT_EQ(create_error(404, "No such image: x").kind, ErrorKind::not_found);
  EXPECT_EQ(create_error(400, "invalid mount config").kind, ErrorKind::refused);
  EXPECT_EQ(create_error(500, "error while dialing dial unix containerd.sock").kind, ErrorKind::unavailable);
}

// --- progress of a pull ---

TEST(DockerPull, SumsTheLayersInWhateverPiecesTheLinesCome) {
  const std::string stream =
      "{\"status\":\"Pulling from library/x\",\"id\":\"1\"}\r\n"
      "{\"status\":\"Downloading\",\"progressDetail\":{\"current\":10,\"total\":100},\"id\":\"a\"}\r\n"
      "{\"status\":\"Downloading\",\"progressDetail\":{\"current\":5,\"total\":50},\"id\":\"b\"}\r\n"
      "{\"status\":\"Downloading\",\"progressDetail\":{\"current\":60,\"total\":100},\"id\":\"a\"}\r\n"
      "{\"status\":\"Download complete\",\"progressDetail\":{},\"id\":\"b\"}\r\n"
      "{\"status\":\"Extracting\",\"progressDetail\":{\"current\":1,\"total\":100},\"id\":\"a\"}\r\n"
      "not json\r\n";
  for (std::size_t split = 0; split <= stream.size(); ++split) {
    PullReader reader;
    reader.feed(std::string_view(stream).substr(0, split));
    reader.feed(std::string_view(stream).substr(split));
    EXPECT_EQ(reader.progress().done, Bytes{110});
    EXPECT_EQ(reader.progress().total, Bytes{150});
    EXPECT_EQ(reader.failure(), std::nullopt);
  }
}

TEST(DockerPull, AFailureInTheMiddleOfTheStreamIsKept) {
  PullReader reader;
  reader.feed("{\"errorDetail\":{\"message\":\"manifest unknown\"},\"error\":\"manifest unknown\"}\r\n");
  EXPECT_EQ(reader.failure(), "manifest unknown");
}

// --- which daemon saw the exit ---

TEST(DockerIncarnation, StartTimeIsReadBehindANameWithParentheses) {
  const std::string stat = "812 (a ) b) S 1 812 812 0 -1 4194560 3 4 5 6 7 8 9 10 20 0 30 0 7777 1 2 3";
  EXPECT_EQ(parse_start_time(stat), "7777");
  EXPECT_EQ(parse_start_time("812 (x) S 1"), std::nullopt);
  EXPECT_EQ(parse_start_time(""), std::nullopt);
}

TEST(DockerIncarnation, OnlyAContainerDaemonHasOne) {
  const auto proc =
      std::filesystem::path(::testing::TempDir()) / ("berth-incarnation-" + std::to_string(::getpid()));
  std::filesystem::create_directories(proc / "5");
  std::filesystem::create_directories(proc / "sys/kernel/random");
  std::ofstream(proc / "sys/kernel/random/boot_id") << "01234567-89ab\n";
  std::ofstream(proc / "5/stat") << "5 (dockerd) S 1 5 5 0 -1 4194560 3 4 5 6 7 8 9 10 20 0 30 0 99 1 2 3\n";
  std::ofstream(proc / "5/comm") << "dockerd\n";
  EXPECT_EQ(process_incarnation(5, proc), "5-99-01234567");
  std::ofstream(proc / "5/comm") << "systemd\n";
  EXPECT_EQ(process_incarnation(5, proc), "");
  EXPECT_EQ(process_incarnation(6, proc), "");
  EXPECT_EQ(process_incarnation(0, proc), "");
  std::filesystem::remove_all(proc);
}

TEST(DockerIncarnation, NoSocketNoIncarnation) {
  EXPECT_EQ(daemon_incarnation(""), "");
  EXPECT_EQ(daemon_incarnation("/nonexistent/docker.sock"), "");
}

TEST(DockerIncarnation, AnExitIsBelievedOnlyFromADaemonThatSawIt) {
  EXPECT_TRUE(is_exit_believed({.created_under = "A", .seen_running_under = "", .current = "A"}));
  EXPECT_FALSE(is_exit_believed({.created_under = "A", .seen_running_under = "", .current = "B"}))
      << "a restarted daemon invents exit codes";
  EXPECT_FALSE(is_exit_believed(
      {.created_under = "A", .seen_running_under = "A", .current = "B", .seen_running = true}));
  EXPECT_TRUE(is_exit_believed(
      {.created_under = "A", .seen_running_under = "B", .current = "B", .seen_running = true}))
      << "restarted between create and start, or the container outlived the restart";
}

TEST(DockerIncarnation, WithAnUnknownDaemonOnlyAnUnbrokenWaitProvesIt) {
  EXPECT_FALSE(is_exit_believed({.created_under = "", .seen_running_under = "", .current = ""}));
  EXPECT_FALSE(
      is_exit_believed({.created_under = "", .seen_running_under = "", .current = "", .seen_running = true}));
  EXPECT_TRUE(is_exit_believed({.created_under = "",
                                .seen_running_under = "",
                                .current = "",
                                .seen_running = true,
                                .wait_was_unbroken = true}));
}

}  // namespace
}  // namespace berth::docker
