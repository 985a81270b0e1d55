#include "cli/job_verb.hpp"

#include "cli/formatters/json_text.hpp"
#include "cli/formatters/terminal.hpp"

#include <utility>

namespace berth::cli {
namespace {

using OnError = int (*)(const Context&, const Error&);
using VerbOnJobs = std::function<Task<int>(Session, std::vector<JobId>)>;

Task<int> resolve_and_run(Session session, std::vector<JobReference> references, OnError on_error,
                          VerbOnJobs verb) {
  auto ids = co_await resolve(session.client, std::move(references));
  if (!ids) co_return on_error(session.context, ids.error());
  const int code = co_await verb(session, std::move(*ids));
  co_return code;
}

}  // namespace

int run_on_jobs(const Context& context, const std::vector<std::string>& texts, OnError on_error,
                VerbOnJobs verb, const AroundVerb& around) {
  auto references = parse_job_references(texts);
  if (!references) return fail_usage(references.error());
  return run_session(context, OnInterrupt::leave, [&](Session session) {
    auto task = resolve_and_run(session, std::move(*references), on_error, std::move(verb));
    if (!around) return task;
    return around(session, std::move(task));
  });
}

Task<int> tell_each(Session session, std::vector<JobId> ids, Task<Result<Told>> (*tell)(Session, JobId)) {
  int code = exit_code::ok;
  std::vector<json::value> raw;
  bool is_first = true;
  for (const auto id : ids) {
    auto told = co_await tell(session, id);
    if (!told) {
      code = fail(session.context, told.error());
      if (told.error().kind == ErrorKind::not_found) continue;
      break;
    }
    if (session.context.json) {
      raw.push_back(std::move(told->raw));
    } else {
      say((is_first || session.context.quiet ? "" : "\n") + told->text);
    }
    is_first = false;
  }
  print_records(raw);
  co_return code;
}

void print_records(const std::vector<json::value>& records) {
  if (records.empty()) return;
  say(pretty(records.size() == 1 ? records.front()
                                 : json::value(json::array(records.begin(), records.end()))));
}

}  // namespace berth::cli
