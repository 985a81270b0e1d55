// One check a promise; each adds to the verdict what it looked for and what it found.
#pragma once

#include "tests/chaos/checker.hpp"
#include "tests/chaos/checker_facts.hpp"

namespace berth::chaos {

void check_admission(const Facts& facts, Verdict& verdict);   // G1, G2
void check_endings(const Facts& facts, Verdict& verdict);     // G3, and that there is one
void check_lives(const Facts& facts, Verdict& verdict);       // G4
void check_repetition(const Facts& facts, Verdict& verdict);  // G5
void check_exits(const Facts& facts, Verdict& verdict);       // G6
void check_remains(const Facts& facts, Verdict& verdict);     // G7, G9, G10 at the end
void check_aborts(const Facts& facts, Verdict& verdict);      // G8
void check_capacity(const Facts& facts, Verdict& verdict);    // G10 all the time
void check_recovery(const Facts& facts, Verdict& verdict);    // G11
void check_losses(const Facts& facts, Verdict& verdict);      // machines given up for no reason
void check_feed(const Facts& facts, Verdict& verdict);

}  // namespace berth::chaos
