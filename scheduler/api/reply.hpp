// Small things that every handler needs.
#pragma once

#include "shared/base/ids.hpp"
#include "shared/codec/json.hpp"
#include "shared/http/problem.hpp"
#include "shared/http/router.hpp"

#include <boost/json/value.hpp>

namespace berth::api {

// Both end the exchange; that the client has gone meanwhile is nobody's concern.
Task<> reply(http::Responder& responder, unsigned status, json::value body);
Task<> refuse(http::Responder& responder, Error error);
Task<> refuse(http::Responder& responder, unsigned status, Error error);

// The {id} of a route. Error not_found for what can't be an id, since no job has it.
Result<JobId> job_id(const http::PathParameters& parameters);

// A malformed parameter is a bad request (400), not an unprocessable body.
Task<> refuse_query(http::Responder& responder, Error error);

}  // namespace berth::api
