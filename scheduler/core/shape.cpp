#include "scheduler/core/shape.hpp"

#include "shared/model/image_name.hpp"

#include <string_view>

namespace berth {
namespace {

// Each part is preceded by its length, so that no two shapes run together into the same key.
void add(std::string& key, std::string_view part) {
  key += std::to_string(part.size());
  key += ':';
  key += part;
}

void add(std::string& key, std::int64_t number) { add(key, std::string_view{std::to_string(number)}); }

void add(std::string& key, const std::vector<std::string>& parts) {
  add(key, static_cast<std::int64_t>(parts.size()));
  for (const auto& part : parts) add(key, std::string_view{part});
}

}  // namespace

Shape shape_of(const JobDefinition& definition) {
  Shape shape{definition.resources, definition.placement, {}, full_image_name(definition.image)};
  for (const auto& volume : definition.volumes) shape.host_paths.push_back(volume.host);
  return shape;
}

std::string shape_key(const Shape& shape) {
  std::string key;
  add(key, shape.resources.cpu.value);
  add(key, shape.resources.memory.value);
  add(key, shape.resources.gpu ? shape.resources.gpu->count : 0);
  add(key,
      std::string_view{shape.resources.gpu && shape.resources.gpu->type ? *shape.resources.gpu->type : ""});
  add(key, shape.placement.regions);
  add(key, shape.placement.datacenters);
  add(key, static_cast<std::int64_t>(shape.placement.labels.size()));
  for (const auto& [name, value] : shape.placement.labels) {
    add(key, std::string_view{name});
    add(key, std::string_view{value});
  }
  add(key, shape.host_paths);
  add(key, std::string_view{shape.image});
  return key;
}

}  // namespace berth
