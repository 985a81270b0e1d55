#include "cli/formatters/text.hpp"

#include "cli/formatters/log_text.hpp"

#include <gtest/gtest.h>

namespace berth::cli {
namespace {

TEST(EscapeControl, LeavesOrdinaryTextInAnyLanguageAlone) {
  EXPECT_EQ(escape_control("plain, naïve, 日本語, 🚢"), "plain, naïve, 日本語, 🚢");
}

TEST(EscapeControl, MakesEverythingThatCouldFoolATerminalVisible) {
  EXPECT_EQ(escape_control("\x1b[31mred\a"), "\\x1b[31mred\\x07");
  EXPECT_EQ(escape_control("one\ntwo\tthree\r"), "one\\ntwo\\tthree\\r");
  EXPECT_EQ(escape_control(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(escape_control("\x7f"), "\\x7f");
  EXPECT_EQ(escape_control("\xc2\x9b"
                           "31m"),
            "\\u009b31m")
      << "C1's CSI starts a sequence too";
  EXPECT_EQ(escape_control("abc\xe2\x80\xae"
                           "def"),
            "abc\\u202edef")
      << "a right-to-left override reorders what follows";
}

TEST(EscapeControl, ShowsBytesThatAreNoUtf8) {
  EXPECT_EQ(escape_control("\xff\xfe"), "\\xff\\xfe");
  EXPECT_EQ(escape_control("\xe2\x82"), "\\xe2\\x82") << "cut in the middle of a letter";
  EXPECT_EQ(escape_control("\xc0\xaf"), "\\xc0\\xaf") << "an overlong slash";
  EXPECT_EQ(escape_control("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
}

// Whole, and byte by byte.
std::string on_a_terminal(std::string_view output) {
  TerminalText whole;
  auto text = whole.add(output);
  text += whole.end();
  TerminalText cut;
  std::string same;
  for (const char c : output) same += cut.add(std::string_view(&c, 1));
  same += cut.end();
  EXPECT_EQ(text, same);
  return text;
}

TEST(TerminalText, LetsTextProgressBarsAndColoursPass) {
  EXPECT_EQ(on_a_terminal("naïve\t日本語 🚢\n"), "naïve\t日本語 🚢\n");
  EXPECT_EQ(on_a_terminal(" 42 %\r 43 %"), " 42 %\r 43 %");
  EXPECT_EQ(on_a_terminal("\x1b[1;38;5;208mhot\x1b[m\n"), "\x1b[1;38;5;208mhot\x1b[m\n\x1b[0m");
}

TEST(TerminalText, ShowsEverythingElse) {
  EXPECT_EQ(on_a_terminal("\x1b[2J\x1b]0;title\a"), "\\x1b[2J\\x1b]0;title\\x07");
  EXPECT_EQ(on_a_terminal("\x1b"), "\\x1b");
  EXPECT_EQ(on_a_terminal("\x1b[1;2"), "\\x1b[1;2");
  EXPECT_EQ(on_a_terminal(std::string_view("a\0b\xff\xe2\x82", 6)), "a\\x00b\\xff\\xe2\\x82");
  EXPECT_EQ(on_a_terminal("\xe2\x82x"), "\\xe2\\x82x");
  EXPECT_EQ(on_a_terminal("abc\xe2\x80\xae"), "abc\\u202e");
}

TEST(DisplayWidth, CountsCellsRatherThanBytes) {
  EXPECT_EQ(display_width("berth"), 5u);
  EXPECT_EQ(display_width("naïve"), 5u);
  EXPECT_EQ(display_width("e\xcc\x81"), 1u) << "a combining accent takes no cell";
  EXPECT_EQ(display_width("日本"), 4u);
  EXPECT_EQ(display_width("🚢"), 2u);
}

TEST(Shorten, EndsInAnEllipsisOnlyWhenSomethingWasCut) {
  EXPECT_EQ(shorten("berth", 5), "berth");
  EXPECT_EQ(shorten("berths", 5), "bert…");
  EXPECT_EQ(shorten("日本語", 4), "日…") << "a wide letter isn't cut in half";
  EXPECT_EQ(shorten("berth", 0), "");
}

TEST(ShellQuote, QuotesOnlyWhatAShellWouldChange) {
  EXPECT_EQ(shell_join({"sh", "-c", "exit 7"}), "sh -c 'exit 7'");
  EXPECT_EQ(shell_join({"echo", "", "it's"}), "echo '' 'it'\\''s'");
}

}  // namespace
}  // namespace berth::cli
