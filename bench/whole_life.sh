#!/bin/sh
# Whole lives (submit, place, start, finish) a second with the simulated runtime, through the HTTP API; and the limit in
# the same run: the store alone, asked to do the same four writes a job.
set -eu
cd "$(dirname "$0")/.."
. bench/lib.sh
jobs=${BENCH_JOBS:-10000}
batch=${BENCH_BATCH:-1000}
rounds=${BENCH_ROUNDS:-5}

berth_up --runtime simulated --cpu 1000 --memory 1TiB --name simulated
redis_up limit
services="$services $redis"
# In turns, so that whatever else the machine does hits both. Berth and the limit have a Redis each.
for _ in $(seq "$rounds"); do
  build/release/bench/whole_life "$BERTH_URL" "$jobs" "$batch" 1 >>"$scratch/lives"
  build/release/bench/store_lives "unix://$scratch/limit.sock" "$jobs" 1 >>"$scratch/limit.txt"
done

table "Whole lives of $jobs jobs, $batch a request, simulated runtime, appendfsync always"
row "Berth, through its HTTP API" "jobs/s" <"$scratch/lives"
row "limit: the store alone, 500 jobs a call" "jobs/s" <"$scratch/limit.txt"
