#include "shared/http/event_stream.hpp"

#include <gtest/gtest.h>

namespace berth::http {
namespace {

TEST(EventStream, ComesBackAsItWasSentHoweverItWasCut) {
  const std::vector<ServerEvent> sent{{"7", "job.started", R"({"seq":7})"}, {"8", "", "plain"}};
  const auto text = ": hello\n" + encode_event(sent[0]) + "retry: 1000\n" + encode_event(sent[1]);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    EventParser parser;
    auto events = parser.take(text.substr(0, cut)).value();
    for (auto& event : parser.take(text.substr(cut)).value()) events.push_back(std::move(event));
    EXPECT_EQ(events, sent) << "cut at " << cut;
    EXPECT_EQ(parser.last_id(), "8");
  }
}

TEST(EventStream, IsResumedBehindTheLastEventThatCameWhole) {
  EventParser parser;
  EXPECT_EQ(parser.take("id: 7\nevent: a\ndata: x\n\nid: 8\nevent: b\nda").value().size(), 1u);
  EXPECT_EQ(parser.last_id(), "7");
}

TEST(EventStream, AnIdAloneMovesThePositionAndShowsNothing) {
  EventParser parser;
  EXPECT_TRUE(parser.take(": heartbeat\r\nid: 41\r\n\r\n").value().empty());
  EXPECT_EQ(parser.last_id(), "41");
}

TEST(EventStream, HasABound) {
  EventParser parser;
  const std::string line(EventParser::max_event, 'x');
  EXPECT_FALSE(parser.take("data: " + line).has_value());
}

}  // namespace
}  // namespace berth::http
