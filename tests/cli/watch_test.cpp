// `berth ls --watch`: the list as text, and the verb where there is no terminal.
#include "cli/formatters/text.hpp"
#include "cli/formatters/watch_text.hpp"
#include "tests/cli/api_stub.hpp"

namespace berth::cli {
namespace {

TEST(LsWatch, PrintsTheListOnceWhereThereIsNoTerminal) {
  ApiStub api;
  json::object list{{"jobs", json::array()}, {"next", nullptr}};
  api.on("GET /v1/jobs", {{200, json::serialize(list)}});
  const auto outcome = berth({"ls", "--watch", "--url", api.url()});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(api.requests().size(), 1u);
}

TEST(LsWatch, HasAsManyJobsAsFitAndAFoot) {
  Job job;
  job.definition.image = "busybox";
  WatchPage page;
  page.jobs.assign(30, job);
  const ScreenSize small{40, 10};
  EXPECT_EQ(watched_jobs(small), 8u);
  auto lines = watch_lines(page, WallTime{}, small, false);
  EXPECT_EQ(lines.size(), 10u);
  EXPECT_EQ(lines.back(), "… and older ones");
  for (const auto& line : lines) EXPECT_LE(display_width(line), small.columns) << line;
  page.trouble = "nobody is there";
  EXPECT_EQ(watch_lines(page, WallTime{}, small, false).back(), "not up to date: nobody is there");
  page = WatchPage{};
  EXPECT_EQ(watch_lines(page, WallTime{}, small, false), std::vector<std::string>{"no jobs"});
}

}  // namespace
}  // namespace berth::cli
