// What was taken out of a job's pipes lies in files until it is stored, whoever is killed meanwhile.
#include "executor/runtime/docker/spool.hpp"

#include "tests/support/berth_process.hpp"

#include <gmock/gmock.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>
#include <string_view>

namespace berth::docker {
namespace {

using test::TemporaryFolder;

// A pipe and its two ends.
struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
    read = FileDescriptor(ends[0]);
    write = FileDescriptor(ends[1]);
  }
  void put(std::string_view bytes) const {
    EXPECT_EQ(::write(write.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  FileDescriptor read;
  FileDescriptor write;
};

class SpoolTest : public ::testing::Test {
 protected:
  static constexpr std::uint64_t segment = 100;
  static constexpr std::size_t many = 1000;

  Spool open(std::size_t segments = many) { return Spool::open(folder.path(), segment, segments).value(); }
  void put(Spool& spool, LogStream stream, std::string_view bytes) {
    const auto& pipe = stream == LogStream::out ? out : err;
    pipe.put(bytes);
    while (!spool.is_full() && spool.take(pipe.read.get(), stream).value() == Spool::Taken::some) {
    }
  }
  // "o:…" and "e:…", a letter for each run of one stream.
  static std::string rest_of(const Spool& spool, std::uint64_t place = 0) {
    Spool::Reader reader(spool, place);
    std::string all;
    std::optional<LogStream> last;
    while (auto piece = reader.next().value()) {
      if (piece->stream != last) all += piece->stream == LogStream::out ? "o:" : "e:";
      last = piece->stream;
      all += piece->bytes;
    }
    return all;
  }
  std::size_t files() const {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) ++count;
    return count;
  }

  TemporaryFolder folder;
  Pipe out;
  Pipe err;
};

TEST_F(SpoolTest, has_both_streams_in_the_order_in_which_they_were_taken) {
  auto spool = open();
  EXPECT_EQ(rest_of(spool), "");
  put(spool, LogStream::out, "one ");
  put(spool, LogStream::out, "two ");
  put(spool, LogStream::err, "three ");
  put(spool, LogStream::out, std::string_view("\0\n", 2));
  EXPECT_EQ(rest_of(spool), std::string("o:one two e:three o:\0\n", 22));
  EXPECT_EQ(spool.end(), (LogSize{16, 10, 6}));
}

TEST_F(SpoolTest, a_pipe_is_empty_or_over) {
  auto spool = open();
  EXPECT_EQ(spool.take(out.read.get(), LogStream::out).value(), Spool::Taken::nothing);
  out.put("last");
  out.write = FileDescriptor();
  EXPECT_EQ(spool.take(out.read.get(), LogStream::out).value(), Spool::Taken::some);
  EXPECT_EQ(spool.take(out.read.get(), LogStream::out).value(), Spool::Taken::nothing_ever);
  EXPECT_EQ(rest_of(spool), "o:last");
}

TEST_F(SpoolTest, a_job_that_says_nothing_leaves_no_file) {
  auto spool = open();
  out.write = FileDescriptor();
  EXPECT_EQ(spool.take(out.read.get(), LogStream::out).value(), Spool::Taken::nothing_ever);
  EXPECT_EQ(files(), 0u);
}

TEST_F(SpoolTest, can_be_read_from_any_place) {
  auto spool = open();
  std::string all;
  for (int i = 0; i < 60; ++i) {
    const auto bytes = std::string(7, static_cast<char>('A' + i));
    put(spool, i % 3 == 0 ? LogStream::err : LogStream::out, bytes);
    all += bytes;
  }
  EXPECT_GT(files(), 3u);
  for (std::uint64_t place = 0; place <= all.size(); ++place) {
    Spool::Reader reader(spool, place);
    std::string rest;
    while (const auto piece = reader.next().value()) rest += piece->bytes;
    ASSERT_EQ(rest, all.substr(place)) << place;
  }
}

TEST_F(SpoolTest, a_reader_goes_on_with_what_comes) {
  auto spool = open();
  Spool::Reader reader(spool, 0);
  std::string read;
  for (int i = 0; i < 50; ++i) {
    put(spool, i % 5 == 0 ? LogStream::err : LogStream::out, "some" + std::to_string(i));
    while (const auto piece = reader.next().value()) read += piece->bytes;
    ASSERT_EQ(read.size(), spool.end().both);
    spool.free_up_to(read.size());
    ASSERT_LE(files(), 2u);
  }
}

// However its process ended, nothing closes what it has written.
TEST_F(SpoolTest, one_that_was_left_is_gone_on_with) {
  std::string all;
  for (int i = 0; i < 40; ++i) {
    auto spool = open();
    ASSERT_EQ(spool.end().both, static_cast<std::uint64_t>(i) * 8);
    put(spool, LogStream::out, "12345");
    put(spool, LogStream::err, "678");
    all += "o:12345e:678";
    ASSERT_EQ(rest_of(spool), all);
  }
  auto spool = open();
  EXPECT_EQ(spool.end(), (LogSize{320, 200, 120}));
  EXPECT_EQ(rest_of(spool, 316), "o:5e:678");
}

TEST_F(SpoolTest, one_that_was_left_between_two_calls_has_what_was_there) {
  const auto file = folder.path() / "0-0";
  std::uintmax_t before = 0;
  {
    auto spool = open();
    put(spool, LogStream::out, "out");
    put(spool, LogStream::err, "err");
    before = std::filesystem::file_size(file);
    put(spool, LogStream::out, "!");
  }
  // The header of the last frame without its byte, and then less and less of it.
  for (auto size = std::filesystem::file_size(file) - 1; size >= before; --size) {
    std::filesystem::resize_file(file, size);
    auto spool = open();
    EXPECT_EQ(rest_of(spool), "o:oute:err") << size;
    EXPECT_EQ(spool.end(), (LogSize{6, 3, 3}));
  }
}

TEST_F(SpoolTest, is_full_until_something_is_stored) {
  auto spool = open(3);
  while (!spool.is_full()) put(spool, LogStream::out, std::string(30, 'x'));
  EXPECT_EQ(files(), 3u);
  const auto first = spool.begin().both;
  spool.free_up_to(10);
  EXPECT_TRUE(spool.is_full()) << "not all of the first file";
  spool.free_up_to(150);
  EXPECT_FALSE(spool.is_full());
  EXPECT_GT(spool.begin().both, first);
  EXPECT_LE(spool.begin().both, 150u);
  spool.free_up_to(spool.end().both);
  EXPECT_EQ(files(), 1u);
  auto later = open();
  EXPECT_EQ(later.end(), spool.end()) << "how much there was stays known";
}

TEST_F(SpoolTest, what_cannot_be_written_stays_in_the_pipe) {
  auto spool = open();
  out.put("kept");
  std::filesystem::remove(folder.path());
  EXPECT_FALSE(spool.take(out.read.get(), LogStream::out));
  std::filesystem::create_directory(folder.path());
  EXPECT_EQ(spool.take(out.read.get(), LogStream::out).value(), Spool::Taken::some);
  EXPECT_EQ(rest_of(spool), "o:kept");
}

}  // namespace
}  // namespace berth::docker
