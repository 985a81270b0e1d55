// What placement looks at in a definition. Many jobs share one shape: what holds for one of them holds for
// all, so each shape is judged once a pass, however many jobs wait.
#pragma once

#include "shared/model/job_definition.hpp"

#include <string>

namespace berth {

struct Shape {
  Resources resources;
  Placement placement;
  std::vector<std::string> host_paths;  // of its volumes
  std::string image;                    // its full name (image_name.hpp)
};

Shape shape_of(const JobDefinition& definition);

// Equal for equal shapes, and only for them.
std::string shape_key(const Shape& shape);

}  // namespace berth
