// Trees of values (JSON or YAML) to models. Private to this room.
//
// A Node is a cheap handle on one value of the tree, with: is_null(), is_array(), is_object(), kind() (its
// type in words), boolean(), integer(), text() (as optionals), each_element(f(index, Node)),
// each_member(f(key, Node)), and where() ("3:7", line and column, or nothing) with name_where(), that of the
// key it stands behind. Iteration stops when f returns false.
#pragma once

#include "shared/base/closest_name.hpp"
#include "shared/base/ids.hpp"
#include "shared/codec/encode.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

namespace berth::codec {

// The way from the root to the value being read, and the first thing that was wrong.
struct Context {
  std::string path;
  bool skip_unknown = false;
  std::optional<Error> error;
  std::string where;

  template <class Node>
  bool fail(const Node& node, std::string message) {
    return fail_at(node.where(), std::move(message));
  }
  // The field itself is wrong, whatever its value.
  template <class Node>
  bool fail_name(const Node& node, std::string message) {
    return fail_at(node.name_where(), std::move(message));
  }

 private:
  bool fail_at(std::string place, std::string message) {
    if (!error) {
      error = invalid(std::move(message), path);
      where = std::move(place);
    }
    return false;
  }
};

// Extends the path for the time that a part is being read.
class Step {
 public:
  Step(Context& context, std::string_view name) : context_(context), length_(context.path.size()) {
    if (!context.path.empty()) context.path += '.';
    context.path += name;
  }
  Step(Context& context, std::size_t index) : context_(context), length_(context.path.size()) {
    context.path += '[' + std::to_string(index) + ']';
  }
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;
  ~Step() { context_.path.resize(length_); }

 private:
  Context& context_;
  std::size_t length_;
};

// Amounts: what a field's `between` applies to.
template <class T>
concept Amount = (std::is_integral_v<T> && !std::is_same_v<T, bool>) || std::is_same_v<T, Bytes> ||
                 std::is_same_v<T, Millicores> || std::is_same_v<T, Milliseconds>;

template <Amount T>
std::string in_words(const T& value) {
  if constexpr (std::is_integral_v<T>) {
    return std::to_string(value);
  } else {
    return to_string(value);
  }
}

template <class T, class Node>
bool decode(const Node& node, T& out, Context& context);

template <Described T, class Node>
bool decode_struct(const Node& node, T& model, Context& context);

template <class Node, class Class, class T>
bool check_rules(const Node& node, const Field<Class, T>& f, const typename Field<Class, T>::Value& value,
                 Context& context) {
  if constexpr (Amount<typename Field<Class, T>::Value>) {
    if (f.min && value < *f.min) {
      return context.fail(node, "must be at least " + in_words(*f.min) + ", got " + in_words(value));
    }
    if (f.max && *f.max < value) {
      return context.fail(node, "must be at most " + in_words(*f.max) + ", got " + in_words(value));
    }
  }
  if (f.check != nullptr) {
    if (auto complaint = f.check(value)) return context.fail(node, std::move(*complaint));
  }
  return true;
}

template <class Node, class Class, class T>
bool decode_field(const Node& node, const Field<Class, T>& f, Class& model, Context& context) {
  const Step step(context, f.name);
  if (node.is_null()) {
    return f.is_required ? context.fail(node, "is required") : true;
  }
  typename Field<Class, T>::Value value{};
  if constexpr (!IsOptional<T>::value) value = model.*f.member;
  if (!decode(node, value, context) || !check_rules(node, f, value, context)) return false;
  model.*f.member = std::move(value);
  return true;
}

template <Described T>
std::vector<std::string_view> field_names() {
  std::vector<std::string_view> names;
  std::apply([&](const auto&... f) { (names.push_back(f.name), ...); }, Description<T>::fields);
  return names;
}

template <Described T, class Node>
bool decode_struct(const Node& node, T& model, Context& context) {
  if (!node.is_object()) return context.fail(node, "must be an object, got " + std::string(node.kind()));
  const bool outer_skip = context.skip_unknown;
  if constexpr (Open<T>) context.skip_unknown = true;
  std::vector<std::string> seen;
  const bool good = node.each_member([&](std::string_view key, const Node& member) {
    if (std::find(seen.begin(), seen.end(), key) != seen.end()) {
      const Step step(context, key);
      return context.fail_name(member, "is given twice");
    }
    seen.emplace_back(key);
    bool known = false;
    bool ok = true;
    const auto try_field = [&](const auto& f) {
      if (known || f.name != key) return;
      known = true;
      ok = decode_field(member, f, model, context);
    };
    std::apply([&](const auto&... f) { (try_field(f), ...); }, Description<T>::fields);
    if (known || context.skip_unknown) return ok;
    const Step step(context, key);
    return context.fail_name(member, "is unknown" + did_you_mean(key, field_names<T>()));
  });
  context.skip_unknown = outer_skip;
  if (!good) return false;
  bool complete = true;
  const auto require = [&](const auto& f) {
    if (!f.is_required || std::find(seen.begin(), seen.end(), f.name) != seen.end()) return;
    const Step step(context, f.name);
    complete = context.fail(node, "is required");
  };
  std::apply([&](const auto&... f) { (require(f), ...); }, Description<T>::fields);
  return complete;
}

template <class T, class Node>
bool decode_integer(const Node& node, T& out, Context& context) {
  const auto value = node.integer();
  if (!value) return context.fail(node, "must be a whole number, got " + std::string(node.kind()));
  if (!std::in_range<T>(*value)) return context.fail(node, "is out of range: " + std::to_string(*value));
  out = static_cast<T>(*value);
  return true;
}

// A value that is written as text and that `parse` understands; plain numbers are read as their text.
template <class T, class Node, class Parse>
bool decode_text(const Node& node, T& out, Parse parse, Context& context) {
  auto text = node.text();
  if (!text) text = node.number_text();
  if (!text) return context.fail(node, "must be text or a number, got " + std::string(node.kind()));
  auto value = parse(*text);
  if (!value) return context.fail(node, value.error().message);
  out = std::move(*value);
  return true;
}

template <class T, class Node>
bool decode_enum(const Node& node, T& out, Context& context) {
  const auto text = node.text();
  if (text) {
    if (const auto value = parse_enum<T>(*text)) {
      out = *value;
      return true;
    }
  }
  std::string names;
  for (const auto& entry : EnumNames<T>::names)
    names += (names.empty() ? "" : ", ") + std::string(entry.second);
  return context.fail(node, "must be one of " + names + (text ? ", got \"" + *text + '"' : ""));
}

template <class T, class Node>
bool decode_map(const Node& node, T& out, Context& context) {
  if (!node.is_object()) return context.fail(node, "must be a map, got " + std::string(node.kind()));
  out.clear();
  return node.each_member([&](std::string_view key, const Node& member) {
    const Step step(context, key);
    typename T::mapped_type value{};
    if (!decode(member, value, context)) return false;
    if (!out.emplace(key, std::move(value)).second) return context.fail_name(member, "is given twice");
    return true;
  });
}

template <class T, class Node>
bool decode_vector(const Node& node, T& out, Context& context) {
  if (!node.is_array()) return context.fail(node, "must be a list, got " + std::string(node.kind()));
  out.clear();
  return node.each_element([&](std::size_t index, const Node& element) {
    const Step step(context, index);
    typename T::value_type value{};
    if (!decode(element, value, context)) return false;
    out.push_back(std::move(value));
    return true;
  });
}

template <class T, class Node>
bool decode(const Node& node, T& out, Context& context) {
  if constexpr (IsOptional<T>::value) {
    if (node.is_null()) return true;
    return decode(node, out.emplace(), context);
  } else if constexpr (std::is_same_v<T, bool>) {
    const auto value = node.boolean();
    if (!value) return context.fail(node, "must be true or false, got " + std::string(node.kind()));
    out = *value;
    return true;
  } else if constexpr (std::is_integral_v<T>) {
    return decode_integer(node, out, context);
  } else if constexpr (std::is_same_v<T, JobId>) {
    return decode_integer(node, out.value, context);
  } else if constexpr (std::is_same_v<T, std::string>) {
    auto text = node.text();
    if (!text) return context.fail(node, "must be a string, got " + std::string(node.kind()));
    out = std::move(*text);
    return true;
  } else if constexpr (std::is_same_v<T, Millicores>) {
    return decode_text(node, out, parse_cores, context);
  } else if constexpr (std::is_same_v<T, Bytes>) {
    return decode_text(node, out, parse_bytes, context);
  } else if constexpr (std::is_same_v<T, Milliseconds>) {
    return decode_text(node, out, parse_duration, context);
  } else if constexpr (std::is_same_v<T, WallTime>) {
    return decode_text(node, out, parse_wall_time, context);
  } else if constexpr (NamedEnum<T>) {
    return decode_enum(node, out, context);
  } else if constexpr (HasTextForm<T>) {
    return decode_text(node, out, TextForm<T>::parse, context);
  } else if constexpr (IsVector<T>::value) {
    return decode_vector(node, out, context);
  } else if constexpr (IsMap<T>::value) {
    return decode_map(node, out, context);
  } else {
    return decode_struct(node, out, context);
  }
}

}  // namespace berth::codec
