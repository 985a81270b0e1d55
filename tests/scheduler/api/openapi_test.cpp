#include "scheduler/api/openapi.hpp"

#include "shared/codec/schema.hpp"
#include "shared/model/event.hpp"
#include "shared/model/executor_info.hpp"
#include "shared/model/explanation.hpp"
#include "shared/model/overview.hpp"
#include "shared/model/sizing.hpp"
#include "shared/model/usage.hpp"
#include "shared/model/webhook.hpp"
#include "tests/scheduler/api/fixture.hpp"

#include <set>

namespace berth {
namespace {

using test::ApiTest;
using ::testing::HasSubstr;
using ::testing::Not;

class OpenApi : public ApiTest {
 protected:
  static std::string in_lower_case(std::string text) {
    for (auto& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
  }
  // Every "$ref" in it.
  static void collect_references(const json::value& value, std::set<std::string>& found) {
    if (const auto* list = value.if_array()) {
      for (const auto& item : *list) collect_references(item, found);
    }
    const auto* object = value.if_object();
    if (object == nullptr) return;
    for (const auto& [key, item] : *object) {
      if (key == "$ref") found.insert(std::string(item.as_string()));
      collect_references(item, found);
    }
  }
  template <class Model>
  static void expect_described(const json::value& schemas) {
    const auto& properties = schemas.at(Description<Model>::name).at("properties").as_object();
    const auto look = [&](const auto& f) {
      ASSERT_TRUE(properties.contains(f.name)) << Description<Model>::name << '.' << f.name;
      const auto doc = std::string(properties.at(f.name).at("description").as_string());
      EXPECT_TRUE(doc.starts_with(f.doc)) << doc;
    };
    std::apply([&](const auto&... f) { (look(f), ...); }, Description<Model>::fields);
    EXPECT_EQ(properties.size(), std::tuple_size_v<decltype(Description<Model>::fields)>);
  }
};

TEST_F(OpenApi, HasEveryRouteThatAnswersAndSaysWhatItIsFor) {
  const auto document = get("/openapi.json");
  EXPECT_EQ(document.at("openapi").as_string(), "3.1.0");
  std::size_t operations = 0;
  for (const auto& [path, methods] : document.at("paths").as_object())
    operations += methods.as_object().size();
  EXPECT_EQ(operations, app->router().routes().size());
  for (const auto& route : app->router().routes()) {
    const auto& operation = document.at("paths").at(route.pattern).at(in_lower_case(route.method));
    EXPECT_FALSE(operation.at("summary").as_string().empty()) << route.method << ' ' << route.pattern;
    const auto& success = operation.at("responses").at(std::to_string(route.doc.status)).at("content");
    const bool is_json = success.as_object().contains("application/json");
    const bool is_described = route.doc.media_type != "application/json" || !route.doc.response.empty();
    EXPECT_TRUE(is_described || route.pattern == "/openapi.json")
        << route.pattern << ": what does it answer?";
    EXPECT_EQ(is_json, route.doc.media_type == "application/json");
    // Each placeholder is a parameter.
    for (const auto& segment : route.segments) {
      if (!segment.starts_with('{')) continue;
      EXPECT_EQ(operation.at("parameters").at(0).at("name").as_string(),
                segment.substr(1, segment.size() - 2));
    }
  }
}

TEST_F(OpenApi, HasBothAnswersOfASubmit) {
  const auto document = get("/openapi.json");
  const auto& responses = document.at("paths").at("/v1/jobs").at("post").at("responses");
  const auto schema = [&](const char* status) {
    const auto& content = responses.at(status).at("content").at("application/json");
    return std::string(content.at("schema").at("$ref").as_string());
  };
  EXPECT_EQ(schema("201"), "#/components/schemas/Submitted");
  EXPECT_EQ(schema("200"), "#/components/schemas/DryRun");
  EXPECT_THAT(ask("GET", "/docs").body, HasSubstr("Answers 200 <a href=\"#DryRun\">"));
}

TEST_F(OpenApi, HasEveryFieldOfEveryModelInItsOwnWords) {
  const auto document = get("/openapi.json");
  const auto& schemas = document.at("components").at("schemas");
  expect_described<JobDefinition>(schemas);
  expect_described<Resources>(schemas);
  expect_described<GpuRequest>(schemas);
  expect_described<Placement>(schemas);
  expect_described<Retries>(schemas);
  expect_described<Webhook>(schemas);
  expect_described<Job>(schemas);
  expect_described<Attempt>(schemas);
  expect_described<Event>(schemas);
  expect_described<ExecutorStatus>(schemas);
  expect_described<RuntimeInfo>(schemas);
  expect_described<Capacity>(schemas);
  expect_described<Allocated>(schemas);
  expect_described<Gpu>(schemas);
  expect_described<Explanation>(schemas);
  expect_described<WaitReason>(schemas);
  expect_described<Remedy>(schemas);
  expect_described<DryRun>(schemas);
  expect_described<Overview>(schemas);
  expect_described<Endings>(schemas);
  expect_described<RunningJob>(schemas);
  expect_described<SizingReport>(schemas);
  expect_described<NameSizing>(schemas);
  expect_described<JobUsage>(schemas);
}

TEST_F(OpenApi, KnowsRulesAndDefaults) {
  const auto models = model_schemas();
  const auto& definition = models.at("JobDefinition").at("properties");
  EXPECT_EQ(json::serialize(models.at("JobDefinition").at("required")), R"(["image"])");
  EXPECT_EQ(models.at("JobDefinition").at("additionalProperties"), json::value(false))
      << "unknown fields are refused";
  EXPECT_EQ(definition.at("priority").at("maximum").as_int64(), limits::max_priority);
  EXPECT_EQ(definition.at("priority").at("default").as_int64(), 50);
  EXPECT_EQ(definition.at("name").at("pattern").as_string(), "^[a-z0-9][a-z0-9._-]{0,62}$");
  EXPECT_EQ(json::serialize(definition.at("name").at("type")), R"(["string","null"])");
  EXPECT_EQ(json::serialize(definition.at("network").at("enum")), R"(["bridge","none","host"])");
  EXPECT_THAT(std::string(models.at("Resources").at("properties").at("memory").at("description").as_string()),
              HasSubstr("From 6MiB to 64TiB."));
  EXPECT_EQ(models.at("Job").at("required").as_array().size(),
            std::tuple_size_v<decltype(Description<Job>::fields)>)
      << "a record has all of its fields";
}

TEST_F(OpenApi, RefersOnlyToWhatIsThere) {
  const auto document = get("/openapi.json");
  std::set<std::string> references;
  collect_references(document, references);
  EXPECT_TRUE(references.contains("#/components/schemas/Job"));
  const auto& schemas = document.at("components").at("schemas").as_object();
  const std::string prefix = "#/components/schemas/";
  for (const auto& reference : references) {
    ASSERT_TRUE(reference.starts_with(prefix)) << reference;
    EXPECT_TRUE(schemas.contains(reference.substr(prefix.size()))) << reference;
  }
}

TEST_F(OpenApi, NamesNoParameterThatItsRouteRefuses) {
  admit(1);
  change(JobId{1}, lifecycle::Assigned{"box-1"});
  for (const auto& route : app->router().routes()) {
    if (route.method != "GET" || route.doc.query.empty()) continue;
    auto path = route.pattern;
    if (const auto at = path.find("{id}"); at != std::string::npos) path.replace(at, 4, "1");
    std::string query;
    for (const auto& parameter : route.doc.query) {
      ASSERT_FALSE(parameter.example.empty()) << route.pattern << ' ' << parameter.name;
      query += (query.empty() ? "?" : "&") + parameter.name + "=" + http::encode_component(parameter.example);
    }
    const auto response = ask("GET", path + query);
    EXPECT_EQ(response.status, 200u) << path << query << ": " << response.body;
  }
}

TEST_F(OpenApi, IsAPageForPeopleThatNeedsNothingFromElsewhere) {
  const auto response = ask("GET", "/docs");
  EXPECT_EQ(response.status, 200u);
  EXPECT_THAT(std::string(*http::find_header(response.headers, "Content-Type")), HasSubstr("text/html"));
  for (const auto& route : app->router().routes()) {
    EXPECT_THAT(response.body, HasSubstr("<code>" + route.method + " " + route.pattern + "</code>"));
  }
  EXPECT_THAT(response.body, HasSubstr("<code>at_most_once</code>"));
  EXPECT_THAT(response.body, Not(HasSubstr("<script")));
  EXPECT_THAT(response.body, Not(HasSubstr("http://")));
  EXPECT_THAT(response.body, Not(HasSubstr("https://")));
}

}  // namespace
}  // namespace berth
