// Which handler answers which method and path.
#pragma once

#include "shared/http/message.hpp"
#include "shared/http/route_doc.hpp"
#include "shared/http/server.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace berth::http {

// What the placeholders of a route's pattern matched, percent-decoded.
class PathParameters {
 public:
  // A name that the pattern doesn't have is a bug in the handler: std::out_of_range.
  const std::string& operator[](std::string_view name) const;
  void add(std::string name, std::string value) { values_.emplace_back(std::move(name), std::move(value)); }

 private:
  std::vector<std::pair<std::string, std::string>> values_;
};

// A named coroutine function bound to its object, as http::Handler is.
using RouteHandler = std::function<Task<>(const Request&, const PathParameters&, Responder&)>;

// Routes are tried in the order in which they were added. A path without a route is answered 404, one with
// routes for other methods 405 with Allow, one with a malformed escape 400: all with a problem document. HEAD
// is answered as GET.
class Router {
 public:
  // `pattern`: "/v1/jobs/{id}/abort"; a placeholder matches one segment that isn't empty.
  void add(std::string method, std::string_view pattern, RouteHandler handler, RouteDoc doc = {});

  Task<> handle(const Request& request, Responder& responder) const;

  // For a Server; the router must outlive it.
  Handler as_handler() const;

  struct Route {
    std::string method;
    std::string pattern;
    std::vector<std::string> segments;  // placeholders keep their braces
    RouteHandler handler;
    RouteDoc doc;
  };
  // In the order in which they were added.
  const std::vector<Route>& routes() const { return routes_; }

  // Told of each request how it was answered, at its end: 499 when the client left before, 500 when the
  // handler failed. `route` is null for what no route matched.
  using Observer = std::function<void(const Route* route, unsigned status)>;
  void observe(Observer observer) { observer_ = std::move(observer); }

 private:
  struct Match {
    const Route* route = nullptr;
    PathParameters parameters;
    Response refusal;  // when there is no route
  };
  Match find(const Request& request) const;

  std::vector<Route> routes_;
  Observer observer_;
};

}  // namespace berth::http
