// What Docker's refusals mean. The daemon says everything in words and one status code for many things, so
// the words decide: each rule below was read off a real daemon or its source. Pure.
#pragma once

#include "shared/base/result.hpp"

#include <string>
#include <string_view>

namespace berth::docker {

// The daemon's own words in the body of a refusal; its status in words where it says nothing.
std::string words_of(unsigned status, std::string_view body);

// POST /containers/create: not_found = no such image.
Error create_error(unsigned status, std::string words);

// POST /containers/{name}/start: not_found = no such container; conflict = this container can't be started
// any more, but another one like it can; refused = this one can't, and no other could.
Error start_error(unsigned status, std::string words);

// The errno with which berth-init couldn't execute the job's command: refused.
Error execution_error(int number);

// POST /images/create, by status or in the middle of the progress stream (status 200):
//   not_found    the registry says that there is no such image or that it isn't for us, the reference isn't
//   one, or the
//                registry's name doesn't exist. The last is an answer too, and a final one: a name server was
//                reached, and there is no registry of that name to ask, so on this network there is no such
//                image.
//   unavailable  everything else, because it may pass: no route, connection refused, time-outs, a name server
//   that
//                doesn't answer, a registry in trouble or limiting its rate, a full disk.
Error pull_error(unsigned status, std::string words);

// Everything else: 404 not_found, 409 conflict, other 4xx refused, 5xx unavailable.
Error plain_error(unsigned status, std::string words);

}  // namespace berth::docker
