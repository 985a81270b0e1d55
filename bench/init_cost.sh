#!/bin/sh
# What berth-init, the first process of every container, costs: time, memory, and its size on disk.
set -eu
cd "$(dirname "$0")/.."
. bench/lib.sh
found=$(mktemp)
trap 'rm -f "$found"' EXIT
build/release/bench/init_cost "${BENCH_ROUNDS:-20}" >"$found"
of() { sed -n "s/^$1 //p" "$found"; }

table 'What berth-init costs a container: sh -c true in busybox, from create to removed'
of with | row 'with berth-init, as an executor drives it' ms
of without | row 'limit: the Docker API by hand, the same limits' ms
of start_with | row 'of it the start, until the job has begun' ms
of start_without | row 'limit: Docker'"'"'s own start' ms
of resident | awk '{ print $1 / 1024 }' | row 'memory that berth-init holds' KiB
stat -c %s build/release/berth-init | awk '{ print $1 / 1024 }' | row 'size of berth-init' KiB
