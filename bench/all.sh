#!/bin/sh
# Runs the benchmarks named (default: all) and writes bench/results/latest.md. Called by ./dev bench.
set -eu
cd "$(dirname "$0")/.."
all='whole_life run_latency placement explain init_cost log_throughput log_followers'
names=${*:-$all}
mkdir -p bench/results
new=bench/results/new.md
{
  echo '# Benchmarks'
  echo
  echo "$(date -u '+%Y-%m-%d %H:%M UTC'), $(nproc) × $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)," \
    "$(awk '/MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo), Linux $(uname -r)"
  echo
  echo "$(build/release/berth version | head -n 1); $(redis-server --version | cut -d' ' -f1-3);" \
    "Docker $(docker version --format '{{.Server.Version}}'); $(c++ --version | head -n 1)"
} >"$new"
for name in $names; do
  case " $all " in
  *" $name "*) ;;
  *)
    echo "no benchmark '$name'; there are: $all" >&2
    exit 2
    ;;
  esac
  echo "==> $name"
  sh "bench/$name.sh" >"$new.part"
  cat "$new.part"
  cat "$new.part" >>"$new"
  rm "$new.part"
done
mv "$new" bench/results/latest.md
echo "==> written: bench/results/latest.md"
