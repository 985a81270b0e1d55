#include "cli/formatters/colour.hpp"

namespace berth::cli {
namespace {

std::string_view start_of(Colour colour) {
  switch (colour) {
    case Colour::plain:
      return "";
    case Colour::dim:
      return "\x1b[2m";
    case Colour::bold:
      return "\x1b[1m";
    case Colour::red:
      return "\x1b[31m";
    case Colour::green:
      return "\x1b[32m";
    case Colour::yellow:
      return "\x1b[33m";
    case Colour::blue:
      return "\x1b[34m";
  }
  return "";
}

}  // namespace

std::string paint(std::string_view text, Colour colour, bool enabled) {
  if (!enabled || colour == Colour::plain) return std::string(text);
  return std::string(start_of(colour)) + std::string(text) + "\x1b[0m";
}

Colour status_colour(JobStatus status) {
  switch (status) {
    case JobStatus::pending:
      return Colour::yellow;
    case JobStatus::running:
      return Colour::blue;
    case JobStatus::succeeded:
      return Colour::green;
    case JobStatus::failed:
      return Colour::red;
    case JobStatus::aborted:
      return Colour::dim;
  }
  return Colour::plain;
}

}  // namespace berth::cli
