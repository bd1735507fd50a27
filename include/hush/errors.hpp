#pragma once
#include <cstdint>
#include <filesystem>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include <hush/check.hpp>

namespace hush {

/// A file that cannot be read, written or believed: which file, which rule it breaks, at which byte (0: at its start,
/// or the file as a whole).
struct FileError : std::runtime_error {
  FileError(std::filesystem::path file, std::string broken, std::uint64_t at = 0)
      : std::runtime_error(to_text(file.string(), ": ", broken) + (at ? to_text(" (at byte ", at, ")") : "")),
        path(std::move(file)),
        rule(std::move(broken)),
        offset(at) {}
  std::filesystem::path path;
  std::string rule;
  std::uint64_t offset;
};

/// Memory that a backend could not provide; the message names how much was wanted.
struct OutOfMemory : std::bad_alloc {
  explicit OutOfMemory(const std::string& text) : message(text) {}
  const char* what() const noexcept override { return message.what(); }
  std::runtime_error message;  // its string is shared, so that a copy cannot throw
};

/// A GPU, its driver or one of its libraries that refused: which call, its error code (0: none), and in words what that
/// means and what can be done.
struct CudaError : std::runtime_error {
  CudaError(std::string of, int number, const std::string& text)
      : std::runtime_error(to_text("[", of, "] ", text, number ? to_text(" (error ", number, ")") : "")),
        call(std::move(of)),
        code(number) {}
  std::string call;
  int code;
};

/// A rank of a run on several processes that failed, and its reason; thrown on all ranks alike, so that all end.
struct RankFailure : std::runtime_error {
  RankFailure(int which, int ranks, const std::string& reason)
      : std::runtime_error(to_text("rank ", which, " of ", ranks, ": ", reason)), rank(which) {}
  int rank;
};

}  // namespace hush
