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

# Starts `berth up FLAG…` on a temporary directory; sets BERTH_URL. Ends with the script that sourced this.
berth_up() {
  scratch=$(mktemp -d)
  trap berth_down EXIT
  trap 'exit 143' INT TERM HUP
  build/release/berth up --data "$scratch/data" --listen 127.0.0.1:0 "$@" >"$scratch/log" 2>&1 &
  up=$!
  tries=0
  until BERTH_URL=$(sed -n 's#.*\(http://[0-9.]*:[0-9]*\).*#\1#p' "$scratch/log" | head -n 1) && [ -n "$BERTH_URL" ]; do
    tries=$((tries + 1))
    if ! kill -0 "$up" 2>/dev/null || [ "$tries" -gt 300 ]; then
      echo "berth up did not come up:" >&2
      tail -n 20 "$scratch/log" >&2
      exit 1
    fi
    sleep 0.1
  done
  export BERTH_URL
}
berth_down() {
  code=$?
  kill -TERM "$up" 2>/dev/null || true
  wait "$up" 2>/dev/null || true
  rm -rf "$scratch"
  exit "$code"
}
