// One binary: two services, everything on one machine, and the client.
#include "cli/main.hpp"

#include "berth/services.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

int main(int argc, char** argv) {
  CLI::App app{"Berth runs container jobs on a fleet, and tells the truth about what happened.", "berth"};
  berth::cli::Context context;
  berth::add_service_verbs(app, context);
  berth::cli::add_client_verbs(app, context);
  return berth::cli::run_command_line(app, context, argc, argv);
}
