#!/bin/sh
# A fleet on one machine: one Redis, three schedulers, ten executors in three regions, two of them with GPUs that are
# declared rather than there. Ctrl-C stops all of it, in order; containers that still run are removed.
#
#   examples/fleet.sh [FOLDER]      FOLDER keeps Redis's data and the logs; default: a temporary one, removed at the end
#
# Environment:
#   BERTH            the binary; default: berth from PATH
#   FLEET_PORT       of the first scheduler's API, the others follow; default 3625
#   FLEET_RUNTIME    docker (default), or simulated: jobs end as if they had run
# shellcheck disable=SC2317 # what a trap runs looks unreachable
set -eu

berth=${BERTH:-berth}
port=${FLEET_PORT:-3625}
runtime=${FLEET_RUNTIME:-docker}
folder=${1:-}
scratch=''
if [ -z "$folder" ]; then
  folder=$(mktemp -d)
  scratch=$folder
fi
mkdir -p "$folder/logs" "$folder/redis"
folder=$(cd "$folder" && pwd)
redis=unix://$folder/redis.sock

redis_pid=''
schedulers=''
executors=''

# stop PIDS…: asks all at once to end, and waits for them.
stop() {
  [ $# -eq 0 ] || kill -TERM "$@" 2>/dev/null || true
  for pid in "$@"; do wait "$pid" 2>/dev/null || true; done
}

on_exit() {
  code=$?
  trap - EXIT
  trap '' INT TERM HUP # stopping is short; a second Ctrl-C must not cut it off
  echo
  echo "stopping …"
  # shellcheck disable=SC2086 # lists of process ids
  stop $executors # first whoever runs jobs, so that what they still have to say is stored
  # shellcheck disable=SC2086
  stop $schedulers
  if [ "$runtime" = docker ]; then
    left=$(docker ps --all --quiet --filter label=berth.cluster=fleet 2>/dev/null || true)
    # shellcheck disable=SC2086
    [ -z "$left" ] || docker rm --force $left >/dev/null
  fi
  # shellcheck disable=SC2086
  stop $redis_pid
  [ -z "$scratch" ] || rm -rf "$scratch"
  echo "stopped"
  exit "$code"
}
trap on_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Everything is started in a session of its own: Ctrl-C reaches this script alone, which keeps the order.
setsid redis-server --port 0 --unixsocket "$folder/redis.sock" --unixsocketperm 700 --dir "$folder/redis" \
  --appendonly yes --appendfsync always --maxmemory-policy noeviction --save '' >"$folder/logs/redis.log" 2>&1 &
redis_pid=$!
waited=0
until redis-cli -s "$folder/redis.sock" ping >/dev/null 2>&1; do
  waited=$((waited + 1))
  if [ "$waited" -gt 100 ] || ! kill -0 "$redis_pid" 2>/dev/null; then
    echo "redis-server doesn't come up:" >&2
    tail -n 5 "$folder/logs/redis.log" >&2
    exit 1
  fi
  sleep 0.1
done

for n in 1 2 3; do
  setsid "$berth" scheduler --redis "$redis" --cluster fleet --name "scheduler-$n" \
    --listen "127.0.0.1:$((port + n - 1))" >"$folder/logs/scheduler-$n.log" 2>&1 &
  schedulers="$schedulers $!"
done

# executor NAME REGION FLAG…
executor() {
  name=$1
  region=$2
  shift 2
  setsid "$berth" executor --redis "$redis" --cluster fleet --name "$name" --region "$region" --runtime "$runtime" \
    --cpu 2 --memory 2GiB "$@" >"$folder/logs/$name.log" 2>&1 &
  executors="$executors $!"
}
for n in 1 2 3 4; do executor "eu-$n" eu --datacenter fra; done
for n in 1 2 3; do executor "us-$n" us --datacenter iad; done
executor asia-1 asia --datacenter tyo
executor asia-gpu-1 asia --datacenter tyo --gpu nvidia/a100=4
executor asia-gpu-2 asia --datacenter tyo --gpu nvidia/l4=2

export BERTH_URL="http://127.0.0.1:$port"
waited=0
until [ "$("$berth" executors --quiet 2>/dev/null | wc -l)" -eq 10 ]; do
  waited=$((waited + 1))
  if [ "$waited" -gt 150 ]; then
    echo "the fleet doesn't come up; the last words of each log:" >&2
    tail -n 2 "$folder"/logs/*.log >&2
    exit 1
  fi
  sleep 0.2
done

cat <<END
The fleet is up: Redis, 3 schedulers, 10 executors. Ctrl-C stops it.

  APIs   http://127.0.0.1:$port  http://127.0.0.1:$((port + 1))  http://127.0.0.1:$((port + 2))
  logs   $folder/logs

In another terminal:

  export BERTH_URL=$BERTH_URL
  berth executors
  berth run --region eu busybox echo hello
END
wait "$redis_pid" || true
echo "Redis has ended; its log is $folder/logs/redis.log" >&2
exit 1
