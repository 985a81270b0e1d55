#!/bin/sh
# What the benchmarks share. Sourced.

# One row of the table, from numbers on standard input: row WHAT UNIT
row() {
  sort -n | awk -v what="$1" -v unit="$2" '
    { v[NR] = $1 }
    END {
      if (NR == 0) exit 1
      middle = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
      printf "| %s | %s %s | %s … %s | %d |\n", what, show(middle), unit, show(v[1]), show(v[NR]), NR
    }
    function show(x) { return x >= 100 ? sprintf("%.0f", x) : sprintf("%.1f", x) }'
}

table() { printf '\n### %s\n\n| what | median | spread | runs |\n|---|---|---|---|\n' "$1"; }

# Milliseconds that a command takes. Its output goes away; its failure is ours.
took() {
  before=$(date +%s%N)
  "$@" >/dev/null || return 1
  echo "$((($(date +%s%N) - before) / 100000))" | awk '{ print $1 / 10 }'
}

# Waits until the log of a process says where the API listens: listening LOG PID. Sets BERTH_URL.
listening() {
  tries=0
  until BERTH_URL=$(sed -n 's#.*\(http://[0-9.]*:[0-9]*\).*#\1#p' "$1" | head -n 1) && [ -n "$BERTH_URL" ]; do
    tries=$((tries + 1))
    if ! kill -0 "$2" 2>/dev/null || [ "$tries" -gt 300 ]; then
      echo "Berth did not come up:" >&2
      tail -n 20 "$1" >&2
      exit 1
    fi
    sleep 0.1
  done
  export BERTH_URL
}

# A temporary directory, $scratch, and an end for all $services: both when the script that sourced this ends.
begin_scratch() {
  scratch=$(mktemp -d)
  services=''
  cluster=''
  trap berth_down EXIT
  trap 'exit 143' INT TERM HUP
}
berth_down() {
  code=$?
  for service in $services; do
    kill -TERM "$service" 2>/dev/null || true
    wait "$service" 2>/dev/null || true
  done
  if [ -n "$cluster" ]; then # nothing is left of it but after an interruption
    docker ps --all --quiet --filter "label=berth.cluster=$cluster" | xargs -r docker rm --force >/dev/null || true
  fi
  rm -rf "$scratch"
  exit "$code"
}

# Starts `berth up FLAG…` on a temporary directory; sets BERTH_URL. Ends with the script that sourced this.
berth_up() {
  begin_scratch
  build/release/berth up --data "$scratch/data" --listen 127.0.0.1:0 "$@" >"$scratch/log" 2>&1 &
  up=$!
  services=$up
  listening "$scratch/log" "$up"
}

# A Redis as Berth demands it, at $scratch/NAME.sock: redis_up NAME. Sets redis, its process.
redis_up() {
  mkdir "$scratch/$1"
  redis-server --port 0 --unixsocket "$scratch/$1.sock" --dir "$scratch/$1" --appendonly yes --appendfsync always \
    --save '' --maxmemory-policy noeviction --hash-max-listpack-value 4096 >"$scratch/$1.log" 2>&1 &
  redis=$!
  until redis-cli -s "$scratch/$1.sock" ping >/dev/null 2>&1; do
    kill -0 "$redis" || exit 1
    sleep 0.1
  done
}

# The parts of a Berth as processes of their own: a Redis, a scheduler and an executor with these flags, whose jobs may mount
# $scratch/shared. Sets BERTH_URL, and redis, scheduler and executor, the processes. Ends with the script that sourced this.
berth_apart() {
  begin_scratch
  cluster=bench$$
  mkdir "$scratch/shared"
  redis_up redis
  services=$redis
  build/release/berth scheduler --redis "unix://$scratch/redis.sock" --cluster "$cluster" --name s1 \
    --listen 127.0.0.1:0 >"$scratch/scheduler.log" 2>&1 &
  scheduler=$!
  services="$scheduler $services"
  listening "$scratch/scheduler.log" "$scheduler"
  build/release/berth executor --redis "unix://$scratch/redis.sock" --cluster "$cluster" --name m1 \
    --state-dir "$scratch/state" --allow-volume "$scratch/shared" "$@" >"$scratch/executor.log" 2>&1 &
  executor=$!
  services="$executor $services"
}

# Looks at the memory that a process holds, ten times a second from now on: watch_memory NAME PID. memory_watched ends all
# watches, and adds to $scratch/NAME.most and $scratch/NAME.growth what it held at most, and how much that was above what it held
# when its watch began, in MiB.
watches=''
watch_memory() {
  while sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$2/status" 2>/dev/null; do sleep 0.1; done \
    >"$scratch/$1.memory" &
  watches="$watches $1:$!"
}
memory_watched() {
  for watch in $watches; do
    kill "${watch#*:}" 2>/dev/null || true
    wait "${watch#*:}" 2>/dev/null || true
    awk -v most="$scratch/${watch%%:*}.most" -v growth="$scratch/${watch%%:*}.growth" '
      NR == 1 { first = $1 }
      $1 > highest { highest = $1 }
      END {
        print highest / 1024 >>most
        print (highest - first) / 1024 >>growth
      }' "$scratch/${watch%%:*}.memory"
  done
  watches=''
}

# Lets this shell, and what it starts, have that many files open: open_files COUNT ADVICE
open_files() {
  # shellcheck disable=SC3045 # every sh that Linux has knows -n
  now=$(ulimit -n)
  if [ "$now" = unlimited ] || [ "$now" -ge "$1" ]; then return 0; fi
  # shellcheck disable=SC3045
  if (ulimit -Sn "$1") 2>/dev/null; then
    ulimit -Sn "$1"
    return 0
  fi
  # shellcheck disable=SC3045
  echo "this needs $1 open files a process, and no more than $(ulimit -Hn) are allowed here: raise the limit" \
    "(ulimit -Hn $1, as root), or $2" >&2
  exit 1
}

# Each line of two files as a ratio, in percent: percent FILE FILE
percent() { paste "$1" "$2" | awk '{ print 100 * $1 / $2 }'; }
