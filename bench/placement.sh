#!/bin/sh
# Placements a second of the pure core, on one processor.
set -eu
cd "$(dirname "$0")/.."
. bench/lib.sh
out=$(mktemp)
trap 'rm -f "$out"' EXIT
build/release/bench/placement --benchmark_format=csv --benchmark_repetitions="${BENCH_ROUNDS:-5}" 2>/dev/null >"$out"

table 'Placement alone: executors/waiting jobs of 100 shapes'
sed -n 's#^"place_all/\([0-9/]*\)".*#\1#p' "$out" | sort -u -V | while read -r size; do
  awk -F, -v name="\"place_all/$size\"" '$1 == name { print $7 }' "$out" | row "$size" "placements/s"
done
