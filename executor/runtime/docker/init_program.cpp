#include "executor/runtime/docker/init_program.hpp"

#include <cstddef>

// BERTH_INIT_FILE is the program's path, as a string.
asm(".pushsection .rodata\n"
    "berth_init_begin: .incbin \"" BERTH_INIT_FILE
    "\"\n"
    "berth_init_end: .byte 0\n"
    ".popsection\n");
extern "C" {
extern const char berth_init_begin[];
extern const char berth_init_end[];
}

namespace berth::docker {

std::string_view init_program() {
  return {berth_init_begin, static_cast<std::size_t>(berth_init_end - berth_init_begin)};
}

}  // namespace berth::docker
