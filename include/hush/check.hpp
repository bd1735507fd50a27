#pragma once
#include <initializer_list>
#include <ios>
#include <locale>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <type_traits>

#include <hush/host_device.hpp>

namespace hush {

namespace detail {

/// A part of a message, by reference. How it is printed is compiled once for its type, not once for each message.
class MessagePart {
 public:
  MessagePart(const char* text)
      : it_(text), print_([](std::ostream& out, const void* it) { out << static_cast<const char*>(it); }) {}
  template <class T>
  requires(!std::is_convertible_v<const T&, const char*>) MessagePart(const T& it)
      : it_(&it), print_([](std::ostream& out, const void* of) { out << *static_cast<const T*>(of); }) {}

  void print(std::ostream& out) const { print_(out, it_); }

 private:
  const void* it_;
  void (*print_)(std::ostream&, const void*);
};

inline std::string message_of(std::initializer_list<MessagePart> parts) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out.exceptions(std::ios_base::badbit);
  for (const MessagePart& part : parts) part.print(out);
  return out.str();
}

[[noreturn]] inline void throw_invalid_argument(const char* where, std::initializer_list<MessagePart> parts) {
  throw std::invalid_argument(message_of({"[", where, "] "}) + message_of(parts));
}

}  // namespace detail

/// The parts of a message or of a file's text, printed one after the other; the same in every locale. Throws
/// std::bad_alloc rather than give a text that is cut.
template <class... Parts>
std::string to_text(const Parts&... parts) {
  return detail::message_of({detail::MessagePart(parts)...});
}

/// Throws std::invalid_argument("[where] parts...") unless `ok`; the message is only put together when it is needed.
template <class... Parts>
void check(bool ok, const char* where, const Parts&... parts) {
  if (!ok) [[unlikely]]
    detail::throw_invalid_argument(where, {detail::MessagePart(parts)...});
}

}  // namespace hush
