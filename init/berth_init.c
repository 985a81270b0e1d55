// berth-init: PID 1 of every job's container. It waits for the executor's word, runs the command that follows on its own
// command line, reaps what is left to it, passes signals on, ends the job at its timeout, ends everything when the
// executor's lease is over, and writes down what happened. protocol.h says how it talks with the executor.
//
// It runs as the job's own user, without any capability, perhaps on a read-only root and without any other file. It
// holds no memory but the stack, and needs no timer but two of the kernel's.
#define _GNU_SOURCE
#include "protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { not_run = 125, cannot_execute = 126, not_found = 127, by_signal = 128 };
enum { first_with_pipes = 2 };  // version of executors
enum { reconnect_ms = 20 };
enum { longest_patience_ms = 64 };  // the kernel has no event for a pipe that becomes empty
static const int64_t lease_look = 5000000000;  // nanoseconds: a lease may also be cut short

static const char lease_file[] = BERTH_INIT_DIRECTORY "/lease";
static const char link_file[] = BERTH_INIT_DIRECTORY "/link";

struct life {
  char **command;
  sigset_t outer_mask;  // what the job's process begins with
  int signals;          // signalfd
  int lease;            // the lease's file
  int lease_timer;
  int job_timer;  // its timeout, then its grace
  int link;       // to the executor; -1: none
  int given[berth_descriptors];  // the record, and the pipes; -1: none yet
  off_t written;
  struct berth_go go;
  int execution;  // a pipe that tells whether the command could be executed; -1 once that is known
  pid_t child;
  bool timed_out;
  int code;       // of the end; -1: not yet
  int patience;   // milliseconds until the next look at the pipes
  uint64_t passed_on;  // signals, by number - 1
};

static void die(const char *what) {
  dprintf(STDERR_FILENO, "berth-init: %s: %s\n", what, strerror(errno));
  _exit(not_run);
}

static int64_t now_ms(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void arm(int timer, int64_t nanoseconds, int flags) {
  // All zero would disarm it.
  const int64_t at = nanoseconds > 0 ? nanoseconds : 1;
  const struct itimerspec when = {.it_value = {.tv_sec = at / 1000000000, .tv_nsec = at % 1000000000}};
  if (timerfd_settime(timer, flags, &when, NULL) != 0) die("can't arm a timer");
}

// --- the record ---

static void record(struct life *life, const char *format, ...) {
  char line[256];
  va_list facts;
  va_start(facts, format);
  const int size = vsnprintf(line, sizeof line, format, facts);
  va_end(facts);
  if (life->given[berth_record] < 0 || size <= 0 || (size_t)size >= sizeof line) return;
  if (pwrite(life->given[berth_record], line, (size_t)size, life->written) == size) life->written += size;
}

// The number behind `name` in one of the kernel's files, or its first number when `name` is empty; 0 if there is none.
static unsigned long long number_in(const char *file, const char *name) {
  char text[4096];
  const int fd = open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  const ssize_t size = read(fd, text, sizeof text - 1);
  close(fd);
  if (size <= 0) return 0;
  text[size] = '\0';
  const size_t length = strlen(name);
  for (const char *line = text; line != NULL; line = strchr(line, '\n'), line += line != NULL) {
    if (strncmp(line, name, length) == 0 && (length == 0 || line[length] == ' '))
      return strtoull(line + length, NULL, 10);
  }
  return 0;
}

// Milliseconds of CPU time. What was waited for isn't all: at a timeout or a lease's end the process itself has only
// just been killed, and whatever it has left behind is never waited for. The container's cgroup knows of them.
static long long cpu_time(const struct rusage *waited_for) {
  const long long known = (waited_for->ru_utime.tv_sec + waited_for->ru_stime.tv_sec) * 1000LL +
                          (waited_for->ru_utime.tv_usec + waited_for->ru_stime.tv_usec) / 1000;
  // cgroup v1, then v2, whose root (seen where there is no namespace of one's own) has the time of the whole machine:
  // it alone is of no type.
  unsigned long long all = number_in("/sys/fs/cgroup/cpuacct/cpuacct.usage", "") / 1000000;
  if (all == 0 && access("/sys/fs/cgroup/cgroup.type", F_OK) == 0)
    all = number_in("/sys/fs/cgroup/cpu.stat", "usage_usec") / 1000;
  return (long long)all > known ? (long long)all : known;
}

static void record_ending(struct life *life, const char *how, int number, const char *why) {
  struct rusage used;
  getrusage(RUSAGE_CHILDREN, &used);
  // cgroup v1, then v2 (since Linux 5.19); else it isn't known. The largest process alone would be too little to go by.
  unsigned long long peak = number_in("/sys/fs/cgroup/memory/memory.max_usage_in_bytes", "");
  if (peak == 0) peak = number_in("/sys/fs/cgroup/memory.peak", "");
  unsigned long long kills = number_in("/sys/fs/cgroup/memory/memory.oom_control", "oom_kill");
  if (kills == 0) kills = number_in("/sys/fs/cgroup/memory.events", "oom_kill");
  record(life, "ended %lld %s %d %s %llu %lld %llu\n", (long long)now_ms(CLOCK_REALTIME), how, number, why, peak,
         cpu_time(&used), kills);
}

// --- the ways to end ---

static bool is_empty(int pipe) {
  int bytes = 0;
  return pipe < 0 || ioctl(pipe, FIONREAD, &bytes) != 0 || bytes == 0;
}

// PID 1 ends when nothing else is left, and all that was put out is safe: what is in a pipe goes with the last who has
// it open.
static void leave_when_empty(struct life *life) {
  while (waitpid(-1, NULL, WNOHANG) > 0) {
  }
  const bool is_alone = waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD;
  if (is_alone && is_empty(life->given[berth_out_kept]) && is_empty(life->given[berth_err_kept])) {
    if (life->given[berth_out] >= 0) record(life, "emptied %lld\n", (long long)now_ms(CLOCK_REALTIME));
    _exit(life->code);
  }
  if (!is_alone) kill(-1, SIGKILL);  // somebody may have come since
  if (life->patience < longest_patience_ms) life->patience *= 2;
}

// It is over; everything else in the container dies, before a disk is waited for.
static void leave(struct life *life, int code) {
  kill(-1, SIGKILL);
  fdatasync(life->given[berth_record]);
  life->code = code;
  life->patience = 1;
  leave_when_empty(life);
}

// The executor has been silent for too long: somebody else may run this job any moment now. First everything dies, then
// it is written down, and nothing here waits for a disk.
static _Noreturn void lease_ended(struct life *life) {
  if (life->code >= 0) _exit(life->code);  // it had ended before
  if (life->child > 0) {
    kill(-1, SIGKILL);
    record_ending(life, "signal", SIGKILL, "lease");
  }
  _exit(life->child > 0 ? by_signal + SIGKILL : not_run);
}

static void child_ended(struct life *life, int status) {
  const char *why = life->timed_out ? "timeout" : "itself";
  const bool was_killed = WIFSIGNALED(status);
  const int number = was_killed ? WTERMSIG(status) : WEXITSTATUS(status);
  record_ending(life, was_killed ? "signal" : "exit", number, why);
  leave(life, was_killed ? by_signal + number : number);
}

// --- the lease ---

static int64_t lease_deadline(const struct life *life) {
  int64_t deadline = 0;
  if (pread(life->lease, &deadline, sizeof deadline, 0) != (ssize_t)sizeof deadline) return 0;
  return deadline;
}

// Ends everything when the lease is over, else looks again at its end.
static void obey_lease(struct life *life) {
  const int64_t deadline = lease_deadline(life);
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  const int64_t at = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
  if (at >= deadline) lease_ended(life);
  arm(life->lease_timer, deadline - at > lease_look ? at + lease_look : deadline, TFD_TIMER_ABSTIME);
}

// --- the executor's word ---

static int connect_link(void) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) die("can't make a socket");
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  memcpy(address.sun_path, link_file, sizeof link_file);
  if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

static void hang_up(struct life *life) {
  if (life->link >= 0) close(life->link);
  life->link = -1;
}

static void answer(struct life *life, int error) {
  const struct berth_started started = {.error = error};
  // An executor that is gone reads the record instead.
  if (life->link >= 0) (void)!write(life->link, &started, sizeof started);
  hang_up(life);
}

static void forget_descriptors(struct life *life) {
  for (int i = 0; i < berth_descriptors; ++i) {
    if (life->given[i] >= 0) close(life->given[i]);
    life->given[i] = -1;
  }
}

static void take_descriptors(struct life *life, const struct cmsghdr *with) {
  const size_t count = (with->cmsg_len - CMSG_LEN(0)) / sizeof life->given[0];
  for (size_t i = 0; i < count; ++i) {
    int descriptor;
    memcpy(&descriptor, CMSG_DATA(with) + i * sizeof descriptor, sizeof descriptor);
    if (i < berth_descriptors) {
      life->given[i] = descriptor;
    } else {
      close(descriptor);  // of a newer executor
    }
  }
}

// Whether the word came, whole and with its descriptors.
static bool take_go(struct life *life) {
  union {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof life->given)];
  } control;
  struct iovec bytes = {.iov_base = &life->go, .iov_len = sizeof life->go};
  struct msghdr message = {
      .msg_iov = &bytes, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  const ssize_t size = recvmsg(life->link, &message, MSG_CMSG_CLOEXEC);
  if (size < 0 && errno == EAGAIN) return false;
  const struct cmsghdr *with = CMSG_FIRSTHDR(&message);
  const bool has_some = with != NULL && with->cmsg_level == SOL_SOCKET && with->cmsg_type == SCM_RIGHTS;
  if (has_some) take_descriptors(life, with);
  const bool is_whole = life->given[berth_err_kept] >= 0 || life->go.version < first_with_pipes;
  if (size == (ssize_t)sizeof life->go && life->given[berth_record] >= 0 && is_whole) return true;
  forget_descriptors(life);  // it died over it: the next one may not
  hang_up(life);
  return false;
}

// --- the process ---

static _Noreturn void become_job(struct life *life, int tell) {
  setsid();  // as the first process of a container without an init would be
  if (life->given[berth_out] >= 0) {
    dup2(life->given[berth_out], STDOUT_FILENO);
    dup2(life->given[berth_err], STDERR_FILENO);
  }
  sigprocmask(SIG_SETMASK, &life->outer_mask, NULL);
  execvp(life->command[0], life->command);
  const int error = errno;
  (void)!write(tell, &error, sizeof error);
  _exit(not_found);
}

static void start(struct life *life) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) die("can't make a pipe");
  life->child = fork();
  if (life->child < 0) die("can't start a process");
  if (life->child == 0) become_job(life, ends[1]);
  close(ends[1]);
  life->execution = ends[0];
}

// The pipe has closed with the execve, or tells why that failed.
static void learn_execution(struct life *life) {
  int error = 0;
  const ssize_t size = read(life->execution, &error, sizeof error);
  close(life->execution);
  life->execution = -1;
  const long long now = (long long)now_ms(CLOCK_REALTIME);
  if (size == (ssize_t)sizeof error) {
    record(life, "failed %lld %d\n", now, error);
    answer(life, error);
    return leave(life, error == ENOENT || error == ENOTDIR ? not_found : cannot_execute);
  }
  record(life, "started %lld%s\n", now, life->given[berth_out] >= 0 ? " piped" : "");
  answer(life, 0);
  if (life->go.timeout_ms > 0) arm(life->job_timer, life->go.timeout_ms * 1000000, 0);
}

static void job_timer_fired(struct life *life) {
  uint64_t times;
  if (read(life->job_timer, &times, sizeof times) != (ssize_t)sizeof times) return;
  if (life->timed_out || life->go.grace_ms <= 0) {
    if (!life->timed_out) record(life, "timeout %lld\n", (long long)now_ms(CLOCK_REALTIME));
    kill(-1, SIGKILL);
    record_ending(life, "signal", SIGKILL, "timeout");
    return leave(life, by_signal + SIGKILL);
  }
  life->timed_out = true;
  record(life, "timeout %lld\n", (long long)now_ms(CLOCK_REALTIME));
  kill(life->child, life->go.stop_signal);
  arm(life->job_timer, life->go.grace_ms * 1000000, 0);
}

// Everything of the container that has ended is a child here at last.
static void reap(struct life *life) {
  int status = 0;
  for (pid_t ended; (ended = waitpid(-1, &status, WNOHANG)) > 0;) {
    if (ended != life->child || life->code >= 0) continue;
    if (life->execution >= 0) learn_execution(life);  // it was quick
    if (life->code < 0) child_ended(life, status);
  }
}

// Whoever looks at the ending later can tell by the record that it may have been asked for. Once a number: a job may get
// any number of signals, and the record has an end.
static void pass_on(struct life *life, const struct signalfd_siginfo *signal) {
  const uint64_t bit = UINT64_C(1) << (signal->ssi_signo - 1);
  const bool is_from_outside = signal->ssi_pid == 0;  // no process of this container
  if (is_from_outside && (life->passed_on & bit) == 0) {
    record(life, "signal %lld %u\n", (long long)now_ms(CLOCK_REALTIME), signal->ssi_signo);
    life->passed_on |= bit;
  }
  kill(life->child, (int)signal->ssi_signo);
}

static void take_signals(struct life *life) {
  struct signalfd_siginfo signal;
  while (read(life->signals, &signal, sizeof signal) == (ssize_t)sizeof signal) {
    if (signal.ssi_signo == SIGCHLD) {
      reap(life);
    } else if (life->code >= 0) {
      continue;  // it ends already
    } else if (life->child > 0) {
      pass_on(life, &signal);
    } else if (signal.ssi_signo == SIGTERM || signal.ssi_signo == SIGINT) {
      _exit(by_signal + (int)signal.ssi_signo);  // it isn't wanted any more
    }
  }
}

static void prepare(struct life *life) {
  // The record's descriptor is out of the job's reach, even where both have the same user.
  if (prctl(PR_SET_DUMPABLE, 0) != 0) die("can't protect myself");
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &life->outer_mask);
  life->signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
  life->lease_timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  life->job_timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  if (life->signals < 0 || life->lease_timer < 0 || life->job_timer < 0) die("can't watch signals and timers");
  life->lease = open(lease_file, O_RDONLY | O_CLOEXEC);
  if (life->lease < 0) die(lease_file);
}

int main(int count, char **arguments) {
  if (count < 2 || getpid() != 1) {
    dprintf(STDERR_FILENO,
            "berth-init is the first process of a job's container, where the executor puts it.\n"
            "usage: init COMMAND [ARGUMENT…]\n");
    return 2;
  }
  struct life life = {
      .command = arguments + 1, .link = -1, .given = {-1, -1, -1, -1, -1}, .execution = -1, .code = -1};
  prepare(&life);
  obey_lease(&life);
  for (;;) {
    const bool is_waiting = life.child == 0;
    if (is_waiting && life.link < 0) life.link = connect_link();
    enum { signals, lease, job, word, count_of };
    struct pollfd watched[count_of] = {
        [signals] = {.fd = life.signals, .events = POLLIN},
        [lease] = {.fd = life.lease_timer, .events = POLLIN},
        [job] = {.fd = life.code < 0 ? life.job_timer : -1, .events = POLLIN},
        [word] = {.fd = is_waiting ? life.link : life.execution, .events = POLLIN},  // -1 is ignored
    };
    const int patience = life.code >= 0 ? life.patience : is_waiting && life.link < 0 ? reconnect_ms : -1;
    if (poll(watched, count_of, patience) < 0 && errno != EINTR) die("can't wait");
    if (watched[lease].revents != 0) obey_lease(&life);
    if (watched[word].revents != 0) {
      if (!is_waiting) {
        learn_execution(&life);
      } else if (take_go(&life)) {
        obey_lease(&life);  // the word may be old
        start(&life);
      }
    }
    if (watched[signals].revents != 0) take_signals(&life);
    if (life.code < 0 && watched[job].revents != 0) job_timer_fired(&life);
    if (life.code >= 0) leave_when_empty(&life);
  }
}
