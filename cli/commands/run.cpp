#include "cli/attached_job.hpp"
#include "cli/command_line.hpp"
#include "cli/commands/commands.hpp"
#include "cli/docker_flags.hpp"
#include "cli/dry_run.hpp"
#include "cli/file.hpp"
#include "cli/formatters/json_text.hpp"
#include "cli/formatters/terminal.hpp"

#include <cstdlib>
#include <memory>
#include <utility>

namespace berth::cli {
namespace {

struct RunVerbOptions {
  RunOptions run;
  std::optional<std::string> idempotency_key;
  bool detach = false;
  bool dry_run = false;
  std::vector<std::string> rest;  // IMAGE and what follows it
};

Task<int> submit_and_attach(Session session, JobDefinition definition,
                            std::shared_ptr<RunVerbOptions> options) {
  const auto executor = co_await asio::this_coro::executor;
  if (options->detach) {
    auto record = co_await session.client.submit(std::move(definition), options->idempotency_key);
    if (!record) co_return fail_job_verb(session.context, record.error());
    say(session.context.json ? pretty(record->raw) : to_string(record->job.id) + "\n");
    co_return exit_code::ok;
  }
  AttachedJob job(executor, session);
  auto record = co_await session.client.submit(std::move(definition), options->idempotency_key);
  if (!record) co_return fail_job_verb(session.context, record.error());
  const int code = co_await job.run(std::move(*record));
  co_return code;
}

std::optional<std::string> variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

int run(const Context& context, const std::shared_ptr<RunVerbOptions>& options) {
  options->run.image = options->rest.front();
  options->run.command.assign(options->rest.begin() + 1, options->rest.end());
  auto definition = to_definition(options->run, Surroundings{variable, read_file});
  if (!definition) return fail_usage(definition.error());
  if (options->dry_run) {
    std::vector<JobDefinition> definitions(1, std::move(*definition));
    return try_out(context, std::move(definitions), fail_job_verb);
  }
  return run_session(
      context, options->detach ? OnInterrupt::leave : OnInterrupt::own_rules,
      [&](Session session) { return submit_and_attach(session, std::move(*definition), options); });
}

void add_docker_flags(Verb& verb, RunOptions& run) {
  verb.list("-e,--env", run.env, "NAME[=VALUE]", "Set a variable; NAME alone takes it from here");
  verb.list("--env-file", run.env_files, "FILE", "Read variables from a file");
  verb.list("-v,--volume", run.volumes, "/HOST:/DIR[:ro]", "Mount a directory of the executor");
  verb.option("-w,--workdir", run.working_dir, "DIR", "Working directory in the container");
  verb.option("-u,--user", run.user, "USER[:GROUP]", "User that the command runs as");
  verb.option("--entrypoint", run.entrypoint, "COMMAND", "Replace the image's entrypoint");
  verb.option("--name", run.name, "NAME", "Name for people; need not be unique");
  verb.option("--cpus", run.cpus, "N", "Cores, such as 0.5 (default 1)");
  verb.option("-m,--memory", run.memory, "SIZE", "Memory, such as 512m (default 256MiB)");
  verb.option("--gpus", run.gpus, "[TYPE=]N", "GPUs");
  verb.list("-l,--label", run.labels, "KEY[=VALUE]", "Label to find the job by");
  verb.option("--network", run.network, "NETWORK", "bridge, none or host");
  verb.flag("--read-only", run.read_only, "Make the root file system read-only");
  verb.option("--shm-size", run.shm_size, "SIZE", "Size of /dev/shm");
  verb.option("--stop-signal", run.stop_signal, "SIGNAL", "Signal that asks it to end");
  verb.option("--stop-timeout", run.stop_timeout, "SECONDS", "Time from that signal to SIGKILL");
  verb.list("--ulimit", run.ulimits, "NAME=SOFT[:HARD]", "Kernel limit");
}

void add_own_flags(Verb& verb, RunVerbOptions& options) {
  auto& run = options.run;
  verb.option("--timeout", run.timeout, "TIME", "Longest running time of an attempt, such as 10m");
  verb.option("--queue-timeout", run.queue_timeout, "TIME", "Longest time to wait for room");
  verb.option("--retries", run.retries, "N", "More attempts after a failure");
  verb.option("--priority", run.priority, "0-100", "Higher goes first (default 50)");
  verb.list("--region", run.regions, "REGION", "Run only there");
  verb.list("--datacenter", run.datacenters, "DC", "Run only there");
  verb.list("--constraint", run.constraints, "KEY=VALUE", "Label that the executor must have");
  verb.flag("--dry-run", options.dry_run, "Only say where it would run, and why; submit nothing");
  verb.option("--idempotency-key", options.idempotency_key, "KEY", "Same key, same job: safe to repeat");
}

}  // namespace

void add_run(CLI::App& app, Context& context) {
  auto options = std::make_shared<RunVerbOptions>();
  Verb verb(app, context, "run", "Run a container, show its output, exit as it did");
  verb.flag("-d,--detach", options->detach, "Print the id and leave the job to itself");
  add_docker_flags(verb, options->run);
  add_own_flags(verb, *options);
  verb.rest(options->rest, "berth run [OPTIONS] IMAGE [COMMAND [ARG...]]");
  verb.examples(
      "Exit code: the job's own; 125 when Berth failed, 127 and 126 for a command that can't run.\n"
      "Ctrl-C asks the job to abort; a second one detaches. With --json the output isn't shown\n"
      "(see `berth logs`), and the final record is printed. --quiet shows the output and errors alone,\n"
      "and with -d the id.");
  verb.action([&context, options] { return run(context, options); });
}

}  // namespace berth::cli
