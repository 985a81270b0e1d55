// /openapi.json and /docs.
#include "scheduler/api/api.hpp"
#include "scheduler/api/openapi.hpp"
#include "scheduler/api/reply.hpp"

#include <boost/json/serialize.hpp>

namespace berth::api {
namespace {

// Made at the first request: by then every route is known.
struct Reference {
  const http::Router& router;
  std::string openapi{};
  std::string docs{};

  void make() {
    if (!openapi.empty()) return;
    const auto document = openapi_document(router);
    openapi = json::serialize(document) + '\n';
    docs = docs_page(document);
  }
};

Task<> send(http::Responder& responder, std::string media_type, std::string body) {
  http::Response response;
  response.headers.emplace_back("Content-Type", std::move(media_type));
  response.body = std::move(body);
  co_await responder.send(std::move(response));
}

}  // namespace

void add_reference_routes(http::Router& router) {
  using http::PathParameters;
  using http::Request;
  using http::Responder;
  const auto reference = std::make_shared<Reference>(Reference{router});
  router.add("GET", "/openapi.json",
             [reference](const Request&, const PathParameters&, Responder& responder) {
               reference->make();
               return send(responder, "application/json", reference->openapi);
             },
             {.summary = "This reference, for programs (OpenAPI 3.1)."});
  router.add("GET", "/docs",
             [reference](const Request&, const PathParameters&, Responder& responder) {
               reference->make();
               return send(responder, "text/html; charset=utf-8", reference->docs);
             },
             {.summary = "This reference, for people.", .media_type = "text/html"});
}

}  // namespace berth::api
