#!/bin/sh
# Checks that every test that docs/failures.md names is there. Run from the repository's root.
set -eu
page=docs/failures.md
names=$(grep -oE '`[A-Z][A-Za-z0-9]*\.[A-Za-z0-9_]+`' "$page" | tr -d '`' | sort -u)
[ -n "$names" ] || { echo "$page names no test"; exit 1; }
# A macro may go over two lines.
there=$(find tests -name '*_test.cpp' -exec cat {} + | tr -s '\n ' ' ' | grep -oE 'TEST(_F|_P)?\([A-Za-z0-9]+, ?[A-Za-z0-9_]+\)' |
  sed -E 's/^TEST(_F|_P)?\(//; s/, ?/./; s/\)$//' | sort -u)
missing=$(printf '%s\n' "$names" | grep -vxF "$there" || true)
[ -z "$missing" ] && exit 0
printf '%s names tests that are not there:\n%s\n' "$page" "$missing"
exit 1
