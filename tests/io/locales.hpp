#pragma once
#include <libintl.h>

#include <cerrno>
#include <clocale>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <locale>
#include <string>

#include "scratch.hpp"

// Locales that write numbers otherwise: of C++, and of C, which need not be installed.

/// 1.234.567,5
struct Grouping : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

/// While it lives, C++ streams that are made write numbers in groups, and C's functions take `point` for the decimal
/// point: by a file of numbers' signs (LC_NUMERIC) in glibc's format, as localedef would write it. `reached_c` is false
/// where the C library takes no such file.
class OtherNumbers {
 public:
  explicit OtherNumbers(const std::string& point)
      : scratch_("locales"),
        before_cpp_(std::locale::global(std::locale(std::locale::classic(), new Grouping))),
        before_c_(std::setlocale(LC_NUMERIC, nullptr)) {
    const std::string name = "other" + std::to_string(point.size());  // glibc keeps what it has read by name
    std::filesystem::create_directories(scratch_ / name);
    const char* path = std::getenv("LOCPATH");
    if (path) before_path_ = path;
    put(scratch_ / (name + "/LC_NUMERIC"), signs(point));
    ::setenv("LOCPATH", scratch_.folder.c_str(), 1);
    reached_c = std::setlocale(LC_NUMERIC, name.c_str()) && std::localeconv()->decimal_point == point;
    path ? ::setenv("LOCPATH", before_path_.c_str(), 1) : ::unsetenv("LOCPATH");
  }
  OtherNumbers(const OtherNumbers&) = delete;
  ~OtherNumbers() {
    std::locale::global(before_cpp_);
    std::setlocale(LC_NUMERIC, before_c_.c_str());
  }
  bool reached_c = false;

 private:
  /// A magic number, the number of fields, where each lies, the fields.
  static std::string signs(const std::string& point) {
    const auto word = [](std::uint32_t value) {
      std::string bytes(sizeof value, '\0');
      std::memcpy(bytes.data(), &value, sizeof value);
      return bytes;
    };
    const std::string texts[] = {point, ".", "\3"};
    std::string fields, head = word(0x20031115u ^ unsigned(LC_NUMERIC)) + word(6);
    const auto next = [&] { head += word(std::uint32_t(8 + 6 * 4 + fields.size())); };
    for (const std::string& text : texts) next(), fields += text + '\0';
    fields.resize((fields.size() + 3) / 4 * 4);
    for (const char wide : {',', '.'}) next(), fields += word(std::uint32_t(wide));
    next();
    return head + fields + "UTF-8" + '\0';
  }

  Scratch scratch_;
  std::locale before_cpp_;
  std::string before_c_, before_path_;
};

/// While it lives, the C library says "Gibt es nicht" of a missing file: by a catalogue of messages (GNU's .mo) that it
/// makes in `folder`. `reached` is false where the C library takes none.
class OtherLanguage {
 public:
  explicit OtherLanguage(const std::filesystem::path& folder) : before_(std::setlocale(LC_ALL, nullptr)) {
    std::filesystem::create_directories(folder / "xx/LC_MESSAGES");
    put(folder / "xx/LC_MESSAGES/libc.mo", catalogue());
    if (const char* said = std::getenv("LANGUAGE")) language_ = said;
    if (const char* bound = ::bindtextdomain("libc", nullptr)) bound_ = bound;
    reached = std::setlocale(LC_ALL, "C.UTF-8") != nullptr;
    ::setenv("LANGUAGE", "xx", 1);
    ::bindtextdomain("libc", std::filesystem::absolute(folder).c_str());
    reached = reached && std::string(std::strerror(ENOENT)) == wanted;
  }
  OtherLanguage(const OtherLanguage&) = delete;
  ~OtherLanguage() {
    language_.empty() ? ::unsetenv("LANGUAGE") : ::setenv("LANGUAGE", language_.c_str(), 1);
    ::bindtextdomain("libc", bound_.c_str());
    std::setlocale(LC_ALL, before_.c_str());
  }
  bool reached = false;

 private:
  /// A magic number, a version, the number of texts, where the tables of both languages lie, no table of hashes.
  static std::string catalogue() {
    const std::string from[] = {"", "No such file or directory"};
    const std::string to[] = {"Content-Type: text/plain; charset=UTF-8\n", wanted};
    std::string texts, tables;
    for (const auto* language : {from, to})
      for (const std::string* text : {language, language + 1}) {
        tables += word(std::uint32_t(text->size())) + word(std::uint32_t(28 + 4 * 8 + texts.size()));
        texts += *text + '\0';
      }
    return word(0x950412de) + word(0) + word(2) + word(28) + word(28 + 2 * 8) + word(0) + word(0) + tables + texts;
  }
  static std::string word(std::uint32_t value) {
    std::string bytes(sizeof value, '\0');
    std::memcpy(bytes.data(), &value, sizeof value);
    return bytes;
  }

  static constexpr const char* wanted = "Gibt es nicht";
  std::string before_, language_, bound_;
};
