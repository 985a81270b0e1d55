// The body of an order such as {"reason": "…", "deadline": "10m"}: an object of a few texts, or nothing at
// all.
#pragma once

#include "shared/base/result.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace berth::api {

using Texts = std::map<std::string, std::string, std::less<>>;

// Of members that are `known`, each a string of limits::max_label bytes at most. Error invalid names the
// member.
Result<Texts> parse_texts(const std::string& body, const std::vector<std::string_view>& known);

// Empty when it isn't there.
std::string text_of(const Texts& texts, std::string_view name);

}  // namespace berth::api
