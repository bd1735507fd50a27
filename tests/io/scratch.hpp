#pragma once
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <hush/errors.hpp>
#include <hush/io/disk.hpp>

/// An empty folder for one test, gone when the test ends.
struct Scratch {
  std::filesystem::path folder;
  explicit Scratch(const std::string& name)
      : folder(std::filesystem::temp_directory_path() / hush::to_text("hush-test-", name, "-", ::getpid())) {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
  }
  ~Scratch() { std::filesystem::remove_all(folder); }
  std::filesystem::path operator/(const std::string& name) const { return folder / name; }
};

inline void put(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), std::streamsize(bytes.size()));
}

inline std::string get(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// How many entries a folder has, hidden ones too.
inline int entries(const std::filesystem::path& folder) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) count += !entry.path().empty();
  return count;
}

/// A disk whose `at`-th call fails with `error`; if `stays` is set, every call after it too. Counts the calls.
struct Failing {
  int at = -1, error = 0;
  bool stays = false;
  int calls = 0;
  std::vector<hush::io::Call> made = {};
  hush::io::Disk disk() {
    return {[this](hush::io::Call call, const std::filesystem::path&) {
      made.push_back(call);
      const int now = calls++;
      return hush::io::Verdict{.error = now == at || (stays && now > at && at >= 0) ? error : 0};
    }};
  }
};

/// The message of the FileError that `run` throws, or "" if it throws none.
template <class Run>
std::string refusal(Run run) {
  try {
    run();
  } catch (const hush::FileError& error) { return error.what(); }
  return "";
}
