#!/bin/sh
# From the command line to its end: `berth run busybox true`, `docker run --rm busybox true`, and the limit, the Docker API
# by hand. In turns, so that whatever else the machine does hits all three.
set -eu
cd "$(dirname "$0")/.."
. bench/lib.sh
rounds=${BENCH_ROUNDS:-10}

# shellcheck disable=SC2119 # no flags
berth_up
build/release/berth run busybox true # the first of each warms what is cold
docker run --rm busybox true
for _ in $(seq "$rounds"); do
  took build/release/berth run busybox true >>"$scratch/berth"
  took docker run --rm busybox true >>"$scratch/docker"
  build/release/bench/docker_by_hand >>"$scratch/hand"
done

table 'One container job on an idle machine: true in busybox'
row 'berth run busybox true' ms <"$scratch/berth"
row 'docker run --rm busybox true' ms <"$scratch/docker"
row 'limit: the Docker API by hand (create, start, wait, remove)' ms <"$scratch/hand"
