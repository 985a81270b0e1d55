// Every limit of Berth, in one place: what is bounded, by how much, and why.
#pragma once

#include "shared/base/quantity.hpp"
#include "shared/base/time.hpp"

#include <cstddef>
#include <cstdint>

namespace berth::limits {

using namespace std::chrono_literals;

// --- what a definition may ask for ---
inline constexpr Millicores min_cpu{10};
inline constexpr Millicores max_cpu{1'024'000};
inline constexpr Bytes min_memory = 6_MiB;  // Docker refuses less
inline constexpr Bytes max_memory = 64_TiB;
inline constexpr std::uint32_t max_gpus = 64;
inline constexpr int max_priority = 100;
inline constexpr std::uint32_t max_retries = 100;
inline constexpr Milliseconds max_duration = 24h * 366;
inline constexpr std::size_t max_arguments = 4'096;
inline constexpr std::size_t max_env = 4'096;
inline constexpr std::size_t max_labels = 64;
inline constexpr std::size_t max_volumes = 64;
// The kernel refuses one string of 128 KiB or more in execve(), and Docker then starts a container that exits
// 1 without a word: so Berth refuses it at submit. "NAME=" counts too.
inline constexpr std::size_t max_env_string = 131'071;
inline constexpr std::size_t max_argument = 131'071;
inline constexpr std::size_t max_image = 4'096;
inline constexpr std::size_t max_label = 256;
inline constexpr std::size_t max_definition = 1u << 20;  // as JSON; a job is a description, not a payload

// --- API ---
inline constexpr std::size_t max_jobs_a_request = 10'000;
inline constexpr std::size_t max_body = 64u << 20;  // 10,000 jobs of 6 KiB
inline constexpr std::size_t max_page = 1'000;
inline constexpr std::size_t default_page = 100;
// Of a shape on an executor, by one pass of a dry run: the leader's loop stands still meanwhile.
inline constexpr std::size_t dry_run_judgements = 1'000'000;
// Of the jobs that have ended one look at sizes reads so many, the newest, a page at a time; and their
// attempts.
inline constexpr std::size_t sizing_jobs = 20'000;
inline constexpr std::size_t sizing_page = 250;
inline constexpr std::size_t sizing_runs = 100'000;
inline constexpr std::size_t sizing_least = 3;  // measured runs; fewer say nothing
inline constexpr Milliseconds max_long_poll = 60s;
inline constexpr std::size_t max_idempotency_key = 255;
inline constexpr Milliseconds idempotency_retention = 24h;
inline constexpr std::size_t events_remembered =
    4'096;  // the newest, in each scheduler's memory: whoever keeps up costs no call to the store
inline constexpr std::size_t events_scanned = 20'000;  // that one page of events looks at
inline constexpr std::size_t max_job_ranges = 1'000;   // in the ?job= of one request
inline constexpr Milliseconds event_heartbeat = 15s;   // on a stream of events that is quiet
inline constexpr Milliseconds event_reader_patience =
    30s;  // one that takes nothing is dropped; it can resume

// --- webhooks ---
inline constexpr std::size_t max_webhooks = 8;  // of one job
inline constexpr std::size_t max_webhook_url = 2'048;
inline constexpr std::size_t max_webhook_secret = 256;
inline constexpr std::size_t max_webhook_filter = 32;     // words: there are hardly more statuses and types
inline constexpr std::size_t max_cluster_webhooks = 32;   // each has a task and connections of its own
inline constexpr Milliseconds webhook_call = 10s;         // one try, from the name's resolution to the answer
inline constexpr std::size_t webhook_answer = 64u << 10;  // read of an answer, so that its connection is used
                                                          // again; nobody looks at it
inline constexpr Milliseconds webhook_first_retry = 1s;   // doubled up to the longest, with jitter
inline constexpr Milliseconds webhook_longest_retry = 5min;
inline constexpr Milliseconds webhook_patience = 24h;  // an event that is older isn't tried again
// Of all jobs' webhooks, at once. Each kind of host has tries of its own, so that none takes another's.
inline constexpr std::size_t webhook_tries_at_prompt_hosts = 16;
inline constexpr std::size_t webhook_tries_at_new_hosts = 8;
inline constexpr std::size_t webhook_tries_at_slow_hosts = 8;
inline constexpr std::size_t webhook_tries_at_once =
    webhook_tries_at_prompt_hosts + webhook_tries_at_new_hosts + webhook_tries_at_slow_hosts;
inline constexpr std::size_t webhook_tries_at_a_host = 4;       // of these, at a prompt one; else 1
inline constexpr Milliseconds webhook_prompt = 2s;              // a host whose last try took longer is slow
inline constexpr std::size_t webhook_hosts_remembered = 1'000;  // of those to which nothing is owed
inline constexpr std::size_t webhook_backlog = 100;   // events owed to one webhook of a job: the newest
inline constexpr std::size_t webhooks_owed = 10'000;  // webhooks of jobs to which anything is owed
inline constexpr std::size_t webhooks_owed_at_a_host = 1'000;  // of these
inline constexpr Milliseconds webhook_drop_lines = 1min;  // between two lines of what one host's are given up
inline constexpr std::size_t webhook_drop_places = 1'000;  // hosts that are told apart in these
inline constexpr Milliseconds webhook_note_period = 1s;    // between two writes of how far deliveries are

// --- store ---
inline constexpr Milliseconds store_call = 5s;  // deadline of one call; an fsync on a busy disk takes a while
inline constexpr Milliseconds store_block = 5s;  // a blocking stream read asks again after this
inline constexpr std::size_t max_batch =
    500;  // jobs a function call: a longer one would hold up other clients
inline constexpr std::size_t events_kept = 1'000'000;
inline constexpr std::size_t feed_read = 1'000;

// --- attempts ---
inline constexpr std::uint32_t infrastructure_retries =
    3;  // lost machines, failed pulls: never the user's budget
inline constexpr Milliseconds first_backoff = 1s;
inline constexpr Milliseconds longest_backoff = 60s;
inline constexpr std::uint32_t pull_tries = 3;          // of one attempt; the next is a new attempt's
inline constexpr Milliseconds pull_report_period = 1s;  // between two progress reports of one pull
inline constexpr std::size_t attempts_remembered =
    16'384;  // ended attempts, so that neither a late inbox entry nor a store that went back starts one again

// --- executor ---
inline constexpr Milliseconds store_first_retry = 100ms;  // after a failed call, doubled up to the longest
inline constexpr Milliseconds store_longest_retry = 5s;
inline constexpr Milliseconds runtime_probe_period = 3s;
inline constexpr Milliseconds runtime_probe_call = 5s;  // longer than this means that it doesn't answer
// Silent for longer, what hasn't begun is given back, to begin on another machine.
inline constexpr Milliseconds runtime_patience = 10s;
inline constexpr std::uint32_t runtime_tries = 4;    // of one call that isn't answered, for what hasn't begun
inline constexpr Milliseconds images_look = 30s;     // between two looks at which images are there
inline constexpr std::size_t images_told = 50;       // by an executor: the newest
inline constexpr Milliseconds gpu_first_look = 30s;  // without its persistence daemon, a driver takes seconds
inline constexpr Milliseconds gpu_check = 5s;        // a driver that takes longer doesn't answer
inline constexpr Milliseconds shutdown_flush = 5s;   // for what is still to be told to the store

// --- what containers use at present ---
inline constexpr Milliseconds usage_period = 5s;  // between two looks at their counters
inline constexpr Milliseconds usage_look = 3s;    // one look
inline constexpr std::size_t usage_told =
    1'000;  // attempts of an executor, those with the most memory: 25 KB
// Of the executor's own, after which what it told last no longer counts as the present: three looks.
inline constexpr std::uint64_t usage_beats = 15;
// Nothing depends on it: who asks for more than that gets the rest without it after this.
inline constexpr Milliseconds usage_patience = 500ms;

// --- logs, a job attempt ---
inline constexpr std::size_t log_chunk = 64u << 10;  // largest piece stored as one entry
// What a piece counts in a read beyond its bytes: a reader holds it, however small it is.
inline constexpr std::size_t log_piece_cost = 64;
inline constexpr std::size_t log_page = 1u << 20;  // that one read returns, about
// All that a scheduler has read of logs and not sent. Beyond it stands only what is being sent, which is
// 16 KiB for each client where many take nothing.
inline constexpr std::size_t log_readers_hold = 64u << 20;
// Kept of its output in the store unless the executor is told otherwise: half of it from the start, half from
// the end; what lies between is dropped, and marked.
inline constexpr Bytes log_limit = 4_MiB;
inline constexpr Bytes min_log_limit = 256_KiB;
inline constexpr Bytes max_log_limit = 32_MiB;
// An executor that takes over an attempt reads so much of its output to go on with its checksum; of longer
// output there is none then.
inline constexpr std::uint64_t log_summed_again = 1'000'000'000;
// What was read of a job's output and isn't stored lies in files of so many bytes, and so many of them, on
// the executor's machine: the job waits when they are full.
inline constexpr std::uint64_t spool_segment = 4u << 20;
inline constexpr std::size_t spool_segments = 16;
inline constexpr std::size_t log_head = 2u << 20;
inline constexpr std::size_t log_tail = 2u << 20;
// Of a log in files the last lines are looked for in so much at its end, and no further back: as much as
// there can be of any other.
inline constexpr std::size_t tail_window = 32u << 20;
// Between looks for files of jobs that are gone; the first comes soon after the start.
inline constexpr Milliseconds log_sweep_delay = 10min;
inline constexpr Milliseconds log_sweep_period = 6h;
inline constexpr std::size_t log_sweep_batch = 100;  // logs deleted in one call
inline constexpr std::size_t log_buffer =
    256u << 10;  // output held in memory while the store is busy; then it waits
inline constexpr Milliseconds log_silence =
    5s;  // after a known exit the follow of its output is ended when nothing came for this long
inline constexpr Milliseconds log_refused_for =
    30s;  // a store that declines output for this long loses it, marked

// --- liveness ---
inline constexpr Milliseconds heartbeat = 1s;
// An executor's containers outlive its last heartbeat by its lease and no longer. The longer it is, the
// longer a store may be away without harm, and the longer the jobs of a dead machine wait.
inline constexpr Milliseconds lease = 15s;
inline constexpr Milliseconds min_lease = 5s;
inline constexpr Milliseconds max_lease = 24h;
inline constexpr Milliseconds wake_margin = 1s;  // for containers that slept through its end to see that
// Attempts are taken from an executor that was silent for its lease and this: a second for the kernel to end
// a container, and 2 %, because two clocks may differ by that.
constexpr Milliseconds lost_after(Milliseconds lease_of_executor) {
  return lease_of_executor + std::chrono::ceil<std::chrono::seconds>(lease_of_executor / 50) + 1s;
}
// That many executors, or a tenth of them all, may be lost within the span: more at once are rather the sign
// of a network that is away, and all their jobs elsewhere would be the greater harm.
inline constexpr std::size_t losses_at_once = 5;
inline constexpr Milliseconds losses_span = 10s;
inline constexpr Milliseconds name_patience =
    2'500ms;  // two beats and a half: one that lives is seen to beat
inline constexpr Milliseconds reserve_after =
    60s;  // a job that waits for room for so long has an executor kept for it
inline constexpr Milliseconds leader_renewal = 1s;
inline constexpr Milliseconds leader_lost_after = 3s;
inline constexpr Milliseconds retention_period = 60s;
inline constexpr std::size_t retention_batch = 100;  // jobs deleted in one call
inline constexpr Milliseconds reconcile_period = 5s;

}  // namespace berth::limits
