// The verbs of the one binary that know Redis: up, scheduler, executor, backup, restore.
#pragma once

#include "cli/context.hpp"

namespace CLI {
class App;
}

namespace berth {

// Adds the verbs, in the group "Services". Each sets `context.verb` once it was chosen and parsed. `context`
// must outlive `app`.
void add_service_verbs(CLI::App& app, cli::Context& context);

}  // namespace berth
