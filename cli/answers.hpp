// What the API's answers mean to the client. An answer that has another shape than this client expects is
// error internal: another version, or not Berth at all. Pure.
#pragma once

#include "cli/client.hpp"

namespace berth::cli {

Error strange(const std::string& what);

Result<JobRecord> to_record(Result<json::value> answer);
Result<ExplanationRecord> to_explanation(Result<json::value> answer);
Result<DryRunRecord> to_dry_run(Result<json::value> answer);
Result<SizingRecord> to_sizing(Result<json::value> answer);
Result<std::vector<JobId>> to_ids(const json::value& answer);
Result<JobPage> to_page(const json::value& answer);
Result<EventPage> to_event_page(const json::value& answer);
Result<ExecutorRecord> to_executor(Result<json::value> answer);
Result<OverviewRecord> to_overview(Result<json::value> answer);
Result<ExecutorList> to_executors(json::value answer);

}  // namespace berth::cli
