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
mkdir "$scratch/limit"
redis-server --port 0 --unixsocket "$scratch/redis.sock" --dir "$scratch/limit" --appendonly yes --appendfsync always \
  --save '' --maxmemory-policy noeviction --hash-max-listpack-value 4096 >"$scratch/redis.log" 2>&1 &
redis=$!
until redis-cli -s "$scratch/redis.sock" ping >/dev/null 2>&1; do
  kill -0 "$redis" || exit 1
  sleep 0.1
done
# In turns, so that whatever else the machine does hits both. Berth and the limit have a Redis each.
code=0
for _ in $(seq "$rounds"); do
  build/release/bench/whole_life "$BERTH_URL" "$jobs" "$batch" 1 >>"$scratch/lives" || code=1
  build/release/bench/store_lives "unix://$scratch/redis.sock" "$jobs" 1 >>"$scratch/limit.txt" || code=1
  [ "$code" -eq 0 ] || break
done
kill "$redis"
wait "$redis" || true
[ "$code" -eq 0 ] || exit 1

table "Whole lives of $jobs jobs, $batch a request, simulated runtime, appendfsync always"
row "Berth, through its HTTP API" "jobs/s" <"$scratch/lives"
row "limit: the store alone, 500 jobs a call" "jobs/s" <"$scratch/limit.txt"
