#!/bin/sh
# clang-tidy on every source: tidy.sh BUILD-FOLDER JOBS. The folder has compile_commands.json, written without
# precompiled headers. clang 14 has coroutines but doesn't say so in the way that the standard library asks.
set -eu
find berth cli executor scheduler shared -name '*.cpp' -print0 |
  xargs -0 -n 1 -P "$2" clang-tidy --quiet -p "$1" \
    --extra-arg=-D__cpp_impl_coroutine=201902L --extra-arg=-Wno-builtin-macro-redefined \
    --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-ignored-optimization-argument
