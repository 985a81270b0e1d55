#!/bin/sh
# Fails if the tests left something behind: a process that a test started, or a container of Berth's.
#     left_behind.sh before|after STATE_FILE MARK
# Every test that starts processes runs with BERTH_TEST_RUN=MARK in its environment, and what it starts inherits that:
# so other Berths on this machine, and other test runs, are not counted. Containers that were there before are not ours.
set -eu
when=$1
file=$2
mark=$3

containers() { docker ps --all --no-trunc --quiet --filter label=berth.cluster | sort; }
processes() {
  # Whose environment can't be read has just ended, or is a zombie, which holds nothing.
  grep -lszxF "BERTH_TEST_RUN=$mark" /proc/[0-9]*/environ | while read -r environ; do
    folder=${environ%/environ}
    printf '  process %s: %s\n' "${folder#/proc/}" "$(tr '\0' ' ' 2>/dev/null <"$folder/cmdline" || true)"
  done
}

if [ "$when" = before ]; then
  containers >"$file"
  processes >"$file.processes" # of an earlier run that was killed: named once, then not ours
  exit 0
fi

look() {
  containers | comm -13 "$file" - | while read -r id; do
    printf '  container %s\n' "$(docker ps --all --filter "id=$id" --format '{{.Names}} {{.Image}} {{.Status}}')"
  done
  processes | grep -vxFf "$file.processes" || true
}

# What is ending just now gets a moment.
tries=0
left=$(look)
while [ -n "$left" ] && [ "$tries" -lt 20 ]; do
  sleep 0.25
  tries=$((tries + 1))
  left=$(look)
done
[ -z "$left" ] && exit 0
echo "The tests left behind:"
echo "$left"
exit 1
