// The named conditions under which a job may be placed on an executor. Each is one class with the same three
// functions; `all` applies them in the order in which a person would like to hear of them.
#pragma once

#include "scheduler/core/executor_view.hpp"
#include "scheduler/core/shape.hpp"
#include "shared/model/explanation.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace berth {

namespace constraints {

// Each: what it is called, whether `shape` passes on an executor of which `free` is left, and, where it is
// never passed on any of the executors, why.
struct Cpu {
  static constexpr std::string_view name = "cpu";
  static Fit check(const Shape& shape, const ExecutorView& executor, const Free& free);
  static std::string explain(const Shape& shape, std::span<const ExecutorView* const> executors);
};
struct Memory {
  static constexpr std::string_view name = "memory";
  static Fit check(const Shape& shape, const ExecutorView& executor, const Free& free);
  static std::string explain(const Shape& shape, std::span<const ExecutorView* const> executors);
};
struct Gpus {
  static constexpr std::string_view name = "gpu";
  static Fit check(const Shape& shape, const ExecutorView& executor, const Free& free);
  static std::string explain(const Shape& shape, std::span<const ExecutorView* const> executors);
};
struct Region {
  static constexpr std::string_view name = "region";
  static Fit check(const Shape& shape, const ExecutorView& executor, const Free& free);
  static std::string explain(const Shape& shape, std::span<const ExecutorView* const> executors);
};
struct Datacenter {
  static constexpr std::string_view name = "datacenter";
  static Fit check(const Shape& shape, const ExecutorView& executor, const Free& free);
  static std::string explain(const Shape& shape, std::span<const ExecutorView* const> executors);
};
struct Labels {
  static constexpr std::string_view name = "labels";
  static Fit check(const Shape& shape, const ExecutorView& executor, const Free& free);
  static std::string explain(const Shape& shape, std::span<const ExecutorView* const> executors);
};
struct Volumes {
  static constexpr std::string_view name = "volumes";
  static Fit check(const Shape& shape, const ExecutorView& executor, const Free& free);
  static std::string explain(const Shape& shape, std::span<const ExecutorView* const> executors);
};
// READY and with a runtime that answers: passes by itself, so it is never "never".
struct Health {
  static constexpr std::string_view name = "health";
  static Fit check(const Shape& shape, const ExecutorView& executor, const Free& free);
  static std::string explain(const Shape& shape, std::span<const ExecutorView* const> executors);
};

// The worst of all constraints.
Fit all(const Shape& shape, const ExecutorView& executor, const Free& free);

// Those that don't pass, in the order in which a person would like to hear of them.
struct Failure {
  std::string_view name;
  Fit fit;
};
std::vector<Failure> failures(const Shape& shape, const ExecutorView& executor, const Free& free);

// Why no executor could ever run the shape, in words; for shapes for which that is so.
std::string explain_never(const Shape& shape, std::span<const ExecutorView* const> executors);

}  // namespace constraints

// Whether `path` is `root` or lies below it.
bool is_below(std::string_view path, std::string_view root);

}  // namespace berth
