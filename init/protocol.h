// What berth-init and the executor agree on. Both come from one build, but an executor that was replaced by a newer one
// meets the inits of the old: so the versions are told, and an init is never asked for what its version can't.
//
// Inside a container everything lies in the directory /.berth, mounted read-only from the attempt's own directory on
// the host:
//   init    this program, PID 1
//   lease   8 bytes: the executor's lease as nanoseconds of CLOCK_BOOTTIME, in the machine's byte order. Rewritten in
//           place; the same inode in all containers of an executor
//   link    a Unix stream socket. Init connects, gets one berth_go with the descriptors below, starts the job's
//           process, answers with one berth_started, and closes. While nobody listens it tries again, until the lease
//           ends: so a process starts only on the word of a living executor
//   record  what became of it (below). The file is on a read-only mount: the descriptor is the only way to write it,
//           and a job can't reach into init for that (it isn't dumpable)
//
// With the word come, in this order, the record's descriptor, those of two pipes for writing, and of the same two for
// reading. The first two pipes become the job's stdout and stderr. Init reads nothing: that it has them open keeps what
// is in them while the executor, which empties them, is away, and it doesn't end before they are empty, or the lease is
// over. An executor of version 1 gives the record alone: then the job has the container's own stdout and stderr.
//
// The record is text, one line a fact, each written at once and preceded by none that isn't true yet. Bytes that
// weren't written are zero; a line counts only with its newline. Instants are milliseconds since 1970.
//   started <instant> [piped]                  the process runs; with the pipes
//   failed <instant> <errno>                   it couldn't be executed; nothing ran
//   timeout <instant>                          the timeout is over, and it was told so
//   signal <instant> <number>                  the first of this number came from outside, and is being passed on
//   ended <instant> <how> <number> <why> <peak> <cpu> <kills>
//       how, number   "exit" and the code, or "signal" and the number
//       why           "itself"; "timeout": it ended after it was told to; "lease": init ended it at the lease's end
//       peak          highest use of memory of the whole container, bytes; 0: not known, as where its cgroup doesn't keep
//                     it (inits of before then wrote that of the largest process)
//       cpu           milliseconds of user and system time of the whole container; where its cgroup can't be read, of
//                     all that were waited for (as by inits of before)
//       kills         processes of the container that the kernel killed for lack of memory
//   emptied <instant>                          the pipes are empty, and nobody is left to write
#pragma once

#include <stdint.h>

#define BERTH_INIT_DIRECTORY "/.berth"
#define BERTH_INIT_VERSION 2
#define BERTH_RECORD_SIZE 4096  // the record's room, allocated before: a full disk doesn't stop it

enum { berth_record, berth_out, berth_err, berth_out_kept, berth_err_kept, berth_descriptors };

struct berth_go {
  uint32_t version;     // BERTH_INIT_VERSION of the executor
  int32_t stop_signal;  // sent when the timeout is over
  int64_t timeout_ms;   // 0: none
  int64_t grace_ms;     // between stop_signal and SIGKILL
};

struct berth_started {
  int32_t error;  // 0, or the errno with which the command couldn't be executed
};
