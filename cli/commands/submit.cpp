#include "cli/command_line.hpp"
#include "cli/commands/commands.hpp"
#include "cli/dry_run.hpp"
#include "cli/file.hpp"
#include "cli/formatters/json_text.hpp"
#include "cli/formatters/terminal.hpp"
#include "cli/formatters/words.hpp"
#include "cli/job_reference.hpp"
#include "cli/session.hpp"
#include "shared/codec/yaml.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

namespace berth::cli {
namespace {

struct SubmitOptions {
  std::vector<std::string> files;
  bool dry_run = false;
};

// Every document of every file: nothing is sent unless all of it can be read.
Result<std::vector<JobDefinition>> read_all(const std::vector<std::string>& files) {
  std::vector<JobDefinition> all;
  for (const auto& file : files) {
    const auto text = read_file(file);
    if (!text) return text.error();
    auto definitions = parse_job_file(*text, file == "-" ? "stdin" : file);
    if (!definitions) return definitions.error();
    std::move(definitions->begin(), definitions->end(), std::back_inserter(all));
  }
  return all;
}

void print_ids(const Context& context, const std::vector<JobId>& ids) {
  if (context.json) {
    json::array list;
    for (const auto id : ids) list.push_back(id.value);
    json::object answer;
    answer["ids"] = std::move(list);
    say(pretty(answer));
  } else if (context.quiet) {
    std::string lines;
    for (const auto id : ids) lines += to_string(id) + "\n";
    say(lines);
  } else {
    say("submitted " + say_count(ids.size(), "job") + ": " + say_ids(ids) + "\n");
  }
}

// One definition is answered with its record, several with their ids: as the API does.
Task<int> submit_one(Session session, JobDefinition definition) {
  auto record = co_await session.client.submit(std::move(definition), std::nullopt);
  if (!record) co_return fail(session.context, record.error());
  if (session.context.json) {
    say(pretty(record->raw));
  } else {
    std::vector<JobId> ids(1, record->job.id);
    print_ids(session.context, ids);
  }
  co_return exit_code::ok;
}

Task<int> submit_many(Session session, std::vector<JobDefinition> definitions) {
  std::vector<JobId> ids;
  auto next = definitions.begin();
  while (next != definitions.end()) {
    const auto count = std::min<std::ptrdiff_t>(definitions.end() - next, limits::max_jobs_a_request);
    std::vector<JobDefinition> batch(std::make_move_iterator(next), std::make_move_iterator(next + count));
    auto accepted = co_await session.client.submit_all(std::move(batch));
    if (!accepted) {
      if (!ids.empty()) {
        print_ids(session.context, ids);
        say_error("only the first " + say_count(ids.size(), "job") + " of " +
                  std::to_string(definitions.size()) + " were accepted");
      }
      co_return fail(session.context, accepted.error());
    }
    ids.insert(ids.end(), accepted->begin(), accepted->end());
    next += count;
  }
  print_ids(session.context, ids);
  co_return exit_code::ok;
}

int submit(const Context& context, const SubmitOptions& options) {
  auto definitions = read_all(options.files);
  if (!definitions) return fail_usage(definitions.error());
  if (options.dry_run) return try_out(context, std::move(*definitions), fail);
  return run_session(context, OnInterrupt::leave, [&](Session session) {
    return definitions->size() == 1 ? submit_one(session, std::move(definitions->front()))
                                    : submit_many(session, std::move(*definitions));
  });
}

}  // namespace

void add_submit(CLI::App& app, Context& context) {
  auto options = std::make_shared<SubmitOptions>();
  Verb verb(app, context, "submit", "Submit the jobs of YAML or JSON files");
  verb.arguments("FILE", options->files, "Files with one job a document; - is stdin");
  verb.flag("--dry-run", options->dry_run, "Only say where they would run, and why; submit nothing");
  verb.action([&context, options] { return submit(context, *options); });
}

}  // namespace berth::cli
