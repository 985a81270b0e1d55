#!/bin/sh
# Gigabytes of output from one job, run by Berth and by `docker run` with the same limits and Docker's `local` log driver, in turns:
# how fast the job is by its own clock, and what memory Berth's parts take for it. BENCH_LOG_MIB says how much, in steps of 64
# (default 1024; 10240 for ten gigabytes).
set -eu
cd "$(dirname "$0")/.."
. bench/lib.sh
mib=${BENCH_LOG_MIB:-1024}
rounds=${BENCH_ROUNDS:-3}
bytes=$((mib * 1048576))
if [ "$mib" -lt 64 ] || [ $((mib % 64)) -ne 0 ]; then
  echo "BENCH_LOG_MIB is a multiple of 64, not $mib" >&2
  exit 2
fi

berth_apart --cpu 2 --memory 4GiB
# The job copies 64 MiB of lines again and again: nothing holds it up but where its output goes.
seq -f 'step %09.0f: the loss is as it was, and so is the rate at which it will not get smaller' 1000000 |
  head -c 67108864 >"$scratch/shared/lines"
# shellcheck disable=SC2016 # for the shell in the container
script='read -r began rest </proc/uptime
i=0
while [ $i -lt '$((mib / 64))' ]; do cat /shared/lines; i=$((i + 1)); done
read -r ended rest </proc/uptime
echo "$began $ended" >/shared/took'
speed() { awk -v mib="$mib" '{ print mib / ($2 - $1) }' "$scratch/shared/took"; }

by_docker() {
  docker run --rm --network none --cpus 1 --memory 256m --memory-swap 256m --log-driver local --log-opt max-size=1g \
    --log-opt max-file=2 --log-opt compress=false -v "$scratch/shared:/shared" busybox sh -c "$script" >/dev/null
  speed >>"$scratch/docker.speed"
}

by_berth() {
  watch_memory executor "$executor"
  watch_memory scheduler "$scheduler"
  watch_memory redis "$redis"
  id=$(build/release/berth run --detach --network none --cpus 1 --memory 256MiB -v "$scratch/shared:/shared" busybox \
    sh -c "$script")
  build/release/berth wait --quiet "$id" >/dev/null
  read -r now rest </proc/uptime
  memory_watched
  speed >>"$scratch/berth.speed"
  awk -v now="$now" '{ print now - $2 }' "$scratch/shared/took" >>"$scratch/behind"
  check_log
}

# Not timed: what is kept and what is marked as left out are together what the job wrote.
check_log() {
  kept=$(build/release/berth logs "$id" 2>/dev/null | wc -c)
  left_out=$(build/release/berth logs --json "$id" | sed -n 's/.*"left_out":\([0-9]*\).*/\1/p' |
    awk '{ sum += $1 } END { printf "%.0f", sum }')
  if [ "$left_out" -eq 0 ] || [ $((kept + left_out)) -ne "$bytes" ]; then
    echo "of $bytes bytes that job $id wrote $kept are kept, and $left_out are marked as left out:" >&2
    build/release/berth show "$id" >&2
    exit 1
  fi
  echo "$kept" | awk '{ print $1 / 1048576 }' >>"$scratch/kept"
  echo "$left_out" | awk '{ print $1 / 1048576 }' >>"$scratch/left_out"
}

build/release/berth run busybox true # the first of each warms what is cold
docker run --rm busybox true
for _ in $(seq "$rounds"); do
  by_docker
  by_berth
done

table "$mib MiB of output from one job"
row 'the job, run by Berth' MiB/s <"$scratch/berth.speed"
row 'the job, run by docker run' MiB/s <"$scratch/docker.speed"
percent "$scratch/berth.speed" "$scratch/docker.speed" | row 'Berth against docker run, round by round' %
row 'from its last byte until its ending is known, with its output stored' s <"$scratch/behind"
row 'kept of its output' MiB <"$scratch/kept"
row 'marked as left out' MiB <"$scratch/left_out"
for part in executor scheduler redis; do
  row "memory of the $part, at most" MiB <"$scratch/$part.most"
  row "memory of the $part, growth during the job" MiB <"$scratch/$part.growth"
done
