#pragma once
#include <cstdio>
#include <fstream>
#include <locale>
#include <map>
#include <optional>
#include <sstream>
#include <string>

#include <unistd.h>
#include <hush/cuda/cudnn/engines.hpp>
#include <hush/errors.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// The engine that a text as CudnnEngine::text() writes it names; none if it is not such a text.
inline std::optional<CudnnEngine> read_engine(const std::string& text) {
  std::istringstream in(text);
  in.imbue(std::locale::classic());
  CudnnEngine engine;
  if (!(in >> engine.index) || engine.index < 0) return {};
  int knob = 0;
  for (char equals = 0; in >> knob;) {
    std::int64_t value = 0;
    if (!in.get(equals) || equals != '=' || !(in >> value)) return {};
    engine.knobs.emplace_back(knob, value);
  }
  return in.eof() ? std::optional(engine) : std::nullopt;
}

/// Engines that were found fastest, kept in a text file between runs: a line each of cuDNN's version, the device, the
/// convolution and the engine, apart by tabs. A file is only a help: lines that make no sense are passed over.
class CudnnChoices {
 public:
  CudnnChoices() = default;
  /// Reads the file, if there is one; no name means that nothing is kept.
  explicit CudnnChoices(std::string file) : file_(std::move(file)) { read(); }

  static std::string line_of(int version, const std::string& device, const std::string& convolution) {
    return to_text(version, '\t', device, '\t', convolution);
  }
  std::optional<CudnnEngine> find(const std::string& line) const {
    const auto found = engines_.find(line);
    return found == engines_.end() ? std::nullopt : read_engine(found->second);
  }
  /// Keeps a choice, along with what other processes have written since. The file is whole at any moment. Throws
  /// FileError if it cannot be written.
  void keep(const std::string& line, const CudnnEngine& engine) {
    read();
    engines_[line] = engine.text();
    if (file_.empty()) return;
    const std::string growing = to_text(file_, ".", ::getpid(), ".tmp");
    std::ofstream out(growing);
    for (const auto& [convolution, text] : engines_) out << convolution << '\t' << text << '\n';
    out.close();
    if (!out || std::rename(growing.c_str(), file_.c_str()) != 0) {
      std::remove(growing.c_str());
      throw FileError(file_, "the chosen engines cannot be written there");
    }
  }

 private:
  void read() {
    if (file_.empty()) return;
    std::ifstream in(file_);
    for (std::string line; std::getline(in, line);) {
      const auto tab = line.rfind('\t');
      if (tab != line.npos && read_engine(line.substr(tab + 1))) engines_[line.substr(0, tab)] = line.substr(tab + 1);
    }
  }

  std::string file_;
  std::map<std::string, std::string> engines_;
};

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
