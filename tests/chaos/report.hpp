// A verdict for a person, and for a program.
#pragma once

#include "tests/chaos/checker.hpp"

#include <string>
#include <vector>

namespace berth::chaos {

// Lines of at most 80 columns: what was done, what was looked for and found, how long Berth took to come
// back, and what exactly went wrong. What was looked for n times and never found is quoted as "< 3/n": it
// happens, with 95 % confidence, at most so often.
std::string text_report(const Verdict& verdict);

// The same as one line of JSON, without its newline.
std::string json_report(const Verdict& verdict);

// "report [--json] DIR…": judges what runs left in these directories, one report over all. 0: every promise
// was kept; 1: one was broken; 2: there is nothing to judge, and why is on stderr. `words` come without
// "report".
int report_main(const std::vector<std::string>& words);

}  // namespace berth::chaos
