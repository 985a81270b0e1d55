#!/bin/sh
# How long it takes to explain a job that waits, beside a pass of the leader. One processor.
set -eu
cd "$(dirname "$0")/.."
. bench/lib.sh
out=$(mktemp)
trap 'rm -f "$out"' EXIT
build/release/bench/explain --benchmark_format=csv --benchmark_repetitions="${BENCH_ROUNDS:-5}" 2>/dev/null >"$out"

table 'Explain a job that waits: executors/waiting jobs of 100 shapes'
sed -n 's#^"\([a-z_]*/[0-9/]*\)".*#\1#p' "$out" | sort -u -V | while read -r name; do
  awk -F, -v name="\"$name\"" '$1 == name { print $3 }' "$out" | row "$name" ms
done
