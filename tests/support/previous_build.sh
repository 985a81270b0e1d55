#!/bin/sh
# Builds the commit before this one, if its wire version (shared/base/wire_version.hpp) is another, and prints the path of
# its binary. Exit code 3: there is nothing to build, and the line printed says why.
#     previous_build.sh SOURCE_FOLDER BUILD_FOLDER
set -eu
source=$1
folder=$2/previous
header=shared/base/wire_version.hpp

nothing() {
  echo "$1"
  exit 3
}
number() { sed -n 's/^inline constexpr std::uint32_t wire_version = \([0-9]*\);.*/\1/p'; }

git -C "$source" rev-parse --git-dir >/dev/null 2>&1 || nothing 'this is no git checkout: no commit before it is known'
commit=$(git -C "$source" rev-parse --verify --quiet 'HEAD~^{commit}') || nothing 'HEAD has no commit before it here'
ours=$(number <"$source/$header")
theirs=$(git -C "$source" show "$commit:$header" 2>/dev/null | number)
[ "${theirs:-0}" != "$ours" ] || nothing "the commit before has the same wire version, $ours"

binary=$folder/$commit/build/berth
if [ ! -x "$binary" ]; then
  rm -rf "$folder"
  mkdir -p "$folder/$commit"
  git -C "$source" archive "$commit" | tar -x -C "$folder/$commit"
  cmake -S "$folder/$commit" -B "$folder/$commit/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF >&2
  cmake --build "$folder/$commit/build" --target berth >&2
fi
echo "$binary"
