// Who follows a job's output gets every byte of it, once, however often the connection breaks.
#include "tests/e2e/fixture.hpp"
#include "tests/support/fleet.hpp"
#include "tests/support/socket_proxy.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <random>
#include <stdexcept>

namespace berth::test {
namespace {

using LogFollower = EndToEnd;

constexpr std::size_t steps_of_output = 50;
constexpr std::size_t step_of_output = 1'000'000;  // less than is kept of what a follower hasn't fetched yet

// All 256 values, and nothing that repeats itself.
std::string random_bytes(std::size_t count) {
  std::mt19937_64 random(1);
  std::string bytes(count, '\0');
  for (std::size_t i = 0; i + sizeof(std::uint64_t) <= count; i += sizeof(std::uint64_t)) {
    const std::uint64_t word = random();
    std::memcpy(bytes.data() + i, &word, sizeof word);
  }
  return bytes;
}

// A named pipe through which the test tells the job, line by line, to go on.
class Baton {
 public:
  explicit Baton(const std::filesystem::path& path) {
    if (::mkfifo(path.c_str(), 0666) != 0) throw std::runtime_error("can't make the pipe " + path.string());
    descriptor_ = ::open(path.c_str(), O_RDWR | O_CLOEXEC);  // for both ends: so it never waits for the job
    if (descriptor_ < 0) throw std::runtime_error("can't open the pipe " + path.string());
  }
  ~Baton() { ::close(descriptor_); }
  Baton(const Baton&) = delete;
  Baton& operator=(const Baton&) = delete;

  void pass(std::size_t number) const {
    const auto line = std::to_string(number) + "\n";
    if (::write(descriptor_, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
      throw std::runtime_error("can't write to the pipe");
  }

 private:
  int descriptor_ = -1;
};

std::size_t size_of(const std::filesystem::path& file) {
  std::error_code missing;
  const auto size = std::filesystem::file_size(file, missing);
  return missing ? 0 : static_cast<std::size_t>(size);
}

TEST_F(LogFollower, WhoIsCutOffTenTimesInFiftyMegabytesHasEveryByteOnce) {
  const TemporaryFolder folder;
  const auto original = random_bytes(steps_of_output * step_of_output);
  folder.file("original", original);
  const Baton baton(folder.path() / "baton");
  const std::string job =
      "exec 3<>/work/baton; while read -r n <&3 && [ $n -lt 50 ]; do "
      "dd if=/work/original bs=1000000 skip=$n count=1 2>/dev/null; done";
  const auto begun = berth({"run", "-d", "--network", "none", "-v", folder.path().string() + ":/work",
                            test_image, "sh", "-c", job});
  ASSERT_EQ(begun.out, "1\n") << begun.err;

  BackgroundProxy way(up_->url().substr(std::strlen("http://")));
  const auto copy = folder.path() / "copy";
  Process follower({"sh", "-c", "exec \"$0\" logs -f 1 >\"$1\"", BERTH_BINARY, copy},
                   {{"BERTH_URL", "unix://" + way.path()}});
  for (std::size_t step = 0; step < steps_of_output; ++step) {
    // Somewhere within this step's output, and within a frame of it.
    if (step % 5 == 2) way.tell([step](SocketProxy& proxy) { proxy.break_after(300'000 + 7'919 * step); });
    baton.pass(step);
    await([&] { return size_of(copy) >= (step + 1) * step_of_output; });
  }
  baton.pass(steps_of_output);
  const auto followed = follower.wait();
  EXPECT_EQ(followed.code, 0) << followed.err;
  EXPECT_EQ(followed.err, "") << "nothing was left out";
  EXPECT_EQ(way.tell([](SocketProxy& proxy) { return proxy.breaks(); }), 10u);
  EXPECT_EQ(size_of(copy), original.size());
  EXPECT_TRUE(folder.read("copy") == original);
  EXPECT_EQ(berth({"wait", "1"}).code, 0);
  // Whoever comes later gets what is kept, and is told what isn't.
  const auto later = berth({"logs", "1"});
  EXPECT_LT(later.out.size(), original.size());
  EXPECT_NE(later.err.find(" of output left out here]"), std::string::npos) << later.err;
}

}  // namespace
}  // namespace berth::test
