#include "shared/base/guards.hpp"

#ifdef BERTH_GUARDS
#include <algorithm>
#include <bitset>
#include <cstdlib>
#include <stdexcept>
#include <string>
#endif

namespace berth {

#ifdef BERTH_GUARDS

namespace {

using Guards = std::bitset<guard_names.size()>;

Guards switched_off_by(std::string_view names) {
  Guards off;
  while (!names.empty()) {
    const auto name = names.substr(0, names.find(','));
    names.remove_prefix(std::min(name.size() + 1, names.size()));
    bool is_known = false;
    for (std::size_t i = 0; i < guard_names.size(); ++i) {
      if (guard_names[i] != name) continue;
      off.set(i);
      is_known = true;
    }
    if (!is_known)
      throw std::runtime_error("BERTH_GUARDS_OFF: there is no guard \"" + std::string(name) + "\"");
  }
  return off;
}

Guards& off() {
  const char* names = std::getenv("BERTH_GUARDS_OFF");
  static Guards guards = switched_off_by(names == nullptr ? "" : names);
  return guards;
}

}  // namespace

bool is_on(Guard guard) { return !off().test(static_cast<std::size_t>(guard)); }

void switch_guard(Guard guard, bool on) { off().set(static_cast<std::size_t>(guard), !on); }

#else

bool is_on(Guard) { return true; }

#endif

}  // namespace berth
