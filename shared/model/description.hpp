// How a model describes itself, once: the names of its fields, what they mean, which are required, and what
// values they may have. JSON, YAML, Redis hashes and OpenAPI are all made from these descriptions
// (shared/codec), so that they can't disagree.
//
// A struct specialises Description<T> with `name` and a tuple `fields`; `open = true` marks a record that
// later versions may give more fields, which earlier ones skip (what people write is never open: an unknown
// field there is a typo). An enum specialises EnumNames<E>; a type whose outside form is one string
// specialises TextForm<T>.
#pragma once

#include "shared/base/result.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace berth {

template <class T>
struct Description;

template <class T>
concept Open = requires {
  Description<T>::open;
};

template <class E>
struct EnumNames;

template <class T>
struct TextForm;

template <class T>
concept Described = requires {
  Description<T>::fields;
};
template <class T>
concept NamedEnum = std::is_enum_v<T> && requires {
  EnumNames<T>::names;
};
template <class T>
concept HasTextForm = requires(std::string_view text) {
  TextForm<T>::parse(text);
};

template <class T>
struct Unwrapped {
  using type = T;
};
template <class T>
struct Unwrapped<std::optional<T>> {
  using type = T;
};

// What is wrong with a value ("must be …"), or nothing.
using Complaint = std::optional<std::string>;

template <class Class, class T>
struct Field {
  using Value = typename Unwrapped<T>::type;
  struct Nothing {};
  using Bound =
      std::conditional_t<std::is_class_v<Value> && !std::is_trivially_copyable_v<Value>, Nothing, Value>;

  std::string_view name;
  T Class::*member;
  std::string_view doc;
  bool is_required = false;
  std::optional<Bound> min{};
  std::optional<Bound> max{};
  Complaint (*check)(const Value&) = nullptr;
  std::string_view pattern{};  // for OpenAPI; `check` is what enforces it

  constexpr Field required() const {
    auto f = *this;
    f.is_required = true;
    return f;
  }
  constexpr Field between(Bound low, Bound high) const {
    auto f = *this;
    f.min = low;
    f.max = high;
    return f;
  }
  constexpr Field satisfies(Complaint (*rule)(const Value&)) const {
    auto f = *this;
    f.check = rule;
    return f;
  }
  constexpr Field matches(std::string_view regex, Complaint (*rule)(const Value&)) const {
    auto f = satisfies(rule);
    f.pattern = regex;
    return f;
  }
};

template <class Class, class T>
constexpr Field<Class, T> field(std::string_view name, T Class::*member, std::string_view doc) {
  return {name, member, doc};
}

template <NamedEnum E>
constexpr std::string_view to_string(E value) {
  for (const auto& [candidate, name] : EnumNames<E>::names) {
    if (candidate == value) return name;
  }
  return "?";
}

template <NamedEnum E>
constexpr std::optional<E> parse_enum(std::string_view text) {
  for (const auto& [value, name] : EnumNames<E>::names) {
    if (name == text) return value;
  }
  return std::nullopt;
}

}  // namespace berth
