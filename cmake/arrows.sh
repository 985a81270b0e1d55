#!/bin/sh
# Checks the arrows that the build can't: which folders may include what. Run from the repository's root.
set -eu
bad=0
# forbid FOLDERS PATTERN WHY
forbid() {
  # shellcheck disable=SC2086 # a list of folders
  found=$(grep -rnE --include='*.?pp' "^#include [<\"]($2)" $1 || true)
  [ -n "$found" ] || return 0
  printf '%s\n%s\n' "$3:" "$found"
  bad=1
}
forbid 'shared/base shared/model scheduler/core executor/core' \
  'boost/(asio|beast)|hiredis|spdlog|yaml-cpp|shared/(runtime|http|store|redis)' 'pure rooms do no I/O'
forbid 'scheduler' 'executor/|cli/' "the scheduler doesn't know the executor or the client"
forbid 'executor' 'scheduler/|cli/' "the executor doesn't know the scheduler or the client"
forbid 'cli' 'scheduler/|executor/|shared/(redis|store)' 'the client knows HTTP, codec and model'
forbid 'shared' 'scheduler/|executor/|cli/' 'what is shared knows nobody'
exit "$bad"
