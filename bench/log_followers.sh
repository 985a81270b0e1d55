#!/bin/sh
# What thousands who follow the output of one job cost it: the same job with nobody and with BENCH_FOLLOWERS (default 2000) of them,
# in turns, by its own clock. It computes on one core, and says so about once a second.
set -eu
cd "$(dirname "$0")/.."
. bench/lib.sh
followers=${BENCH_FOLLOWERS:-2000}
steps=${BENCH_STEPS:-20}
work=${BENCH_WORK:-1000000} # additions between two lines
rounds=${BENCH_ROUNDS:-3}

open_files $((followers + 1000)) 'take fewer followers: BENCH_FOLLOWERS'
berth_apart --cpu 2 --memory 4GiB
# shellcheck disable=SC2016 # for the shell in the container
script='while [ ! -e /shared/go ]; do sleep 0.1; done
read -r began rest </proc/uptime
step=0
while [ $step -lt '"$steps"' ]; do
  i=0
  while [ $i -lt '"$work"' ]; do i=$((i + 1)); done
  echo "step $step: the loss is as it was, and so is the rate at which it will not get smaller"
  step=$((step + 1))
done
read -r ended rest </proc/uptime
echo "$began $ended" >/shared/took'
cpu_time() { awk -v ticks="$(getconf CLK_TCK)" '{ print ($14 + $15) / ticks }' "/proc/$scheduler/stat"; }

# run_with COUNT NAME
run_with() {
  rm -f "$scratch/shared/go" "$scratch/shared/took"
  watch_memory "$2" "$scheduler"
  cpu_before=$(cpu_time)
  id=$(build/release/berth run --detach --network none --cpus 1 -v "$scratch/shared:/shared" busybox sh -c "$script")
  # It lets the job go once all are connected.
  build/release/bench/followers "$BERTH_URL" "$id" "$1" "$scratch/shared/go" >"$scratch/heard"
  build/release/berth wait --quiet "$id" >/dev/null
  memory_watched
  echo "$cpu_before $(cpu_time)" | awk '{ print $2 - $1 }' >>"$scratch/$2.cpu"
  awk '{ print $2 - $1 }' "$scratch/shared/took" >>"$scratch/$2.seconds"
  written=$(build/release/berth logs "$id" | wc -c)
  if [ "$1" -gt 0 ] && [ "$(cat "$scratch/heard")" != "$written $written" ]; then
    echo "job $id wrote $written bytes, and the fewest and most that a follower got are: $(cat "$scratch/heard")" >&2
    exit 1
  fi
}

build/release/berth run busybox true # warms what is cold
for _ in $(seq "$rounds"); do
  run_with 0 nobody
  run_with "$followers" followed
done

table "One job, followed by nobody and by $followers"
row 'followed by nobody' s <"$scratch/nobody.seconds"
row "followed by $followers" s <"$scratch/followed.seconds"
percent "$scratch/nobody.seconds" "$scratch/followed.seconds" | row 'its speed with them against without, round by round' %
row 'CPU time of the scheduler, followed by nobody' s <"$scratch/nobody.cpu"
row "CPU time of the scheduler, followed by $followers" s <"$scratch/followed.cpu"
row "memory of the scheduler, followed by $followers, at most" MiB <"$scratch/followed.most"
row "memory of the scheduler, followed by $followers, growth" MiB <"$scratch/followed.growth"
