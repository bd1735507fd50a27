#pragma once
#include <ios>
#include <locale>
#include <sstream>
#include <stdexcept>
#include <string>

#include <hush/host_device.hpp>

namespace hush {

/// The parts of a message or of a file's text, printed one after the other; the same in every locale. Throws
/// std::bad_alloc rather than give a text that is cut.
template <class... Parts>
std::string words(const Parts&... parts) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out.exceptions(std::ios_base::badbit);
  (out << ... << parts);
  return out.str();
}

/// Throws std::invalid_argument("[where] parts...") unless `ok`; the message is only put together when it is needed.
template <class... Parts>
void check(bool ok, const char* where, const Parts&... parts) {
  if (!ok) [[unlikely]]
    throw std::invalid_argument(words("[", where, "] ", parts...));
}

}  // namespace hush
