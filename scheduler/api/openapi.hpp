// The API's reference: made from the routes that answer, and from the models' own descriptions.
#pragma once

#include "shared/http/router.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace berth::api {

// OpenAPI 3.1 of every route of the router.
boost::json::object openapi_document(const http::Router& router);

// The same as one page for people: no script, nothing from elsewhere.
std::string docs_page(const boost::json::object& openapi);

}  // namespace berth::api
