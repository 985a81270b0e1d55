#include "shared/codec/json.hpp"

#include "shared/codec/decode.hpp"
#include "shared/codec/json_node.hpp"
#include "shared/model/event.hpp"
#include "shared/model/executor_info.hpp"
#include "shared/model/explanation.hpp"
#include "shared/model/job.hpp"
#include "shared/model/overview.hpp"
#include "shared/model/sizing.hpp"
#include "shared/model/usage.hpp"

#include <boost/json/stream_parser.hpp>

namespace berth {

template <class Model>
json::value to_json(const Model& model, Detail detail) {
  return codec::encode(model, detail);
}

template <class Model>
Result<Model> from_json(const json::value& value, std::string_view path) {
  codec::Context context;
  context.path = path;
  Model model{};
  if (codec::decode(codec::JsonNode(value), model, context)) return model;
  return *context.error;
}

Result<json::value> parse_json(std::string_view text) {
  json::stream_parser parser;
  boost::system::error_code error;
  const auto used = parser.write_some(text.data(), text.size(), error);
  if (!error && used == text.size()) parser.finish(error);
  if (!error && used == text.size()) return parser.release();
  const auto before = text.substr(0, used);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto column = used - (before.rfind('\n') + 1) + 1;  // npos + 1 is 0: the first line
  return invalid("line " + std::to_string(line) + ", column " + std::to_string(column) + ": " +
                 (error ? error.message() : "text after the end of the document"));
}

// The models that cross a border.
#define BERTH_JSON(Model)                                    \
  template json::value to_json<Model>(const Model&, Detail); \
  template Result<Model> from_json<Model>(const json::value&, std::string_view);
BERTH_JSON(JobDefinition)
BERTH_JSON(Resources)
BERTH_JSON(Job)
BERTH_JSON(Event)
BERTH_JSON(RuntimeInfo)
BERTH_JSON(ExecutorInfo)
BERTH_JSON(ExecutorStatus)
BERTH_JSON(Explanation)
BERTH_JSON(DryRun)
BERTH_JSON(Overview)
BERTH_JSON(SizingReport)
BERTH_JSON(JobUsage)
#undef BERTH_JSON

}  // namespace berth
