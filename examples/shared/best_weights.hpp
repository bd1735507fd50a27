#pragma once
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include <hush/io.hpp>

namespace examples {

using namespace hush;

/// best.safetensors in a run's folder: the averaged weights at which a measure was the least so far, with the measure,
/// the step and other `words` in the file's metadata. A resumed run knows the measure that it had reached.
class BestWeights {
 public:
  BestWeights(const std::filesystem::path& run, std::string measure, std::map<std::string, std::string> words = {})
      : file_(run / "best.safetensors"), measure_(std::move(measure)), words_(std::move(words)) {}

  const std::filesystem::path& file() const { return file_; }
  template <class T>
  void start(const T& training) {
    if (training.step == 0 || !std::filesystem::exists(file_)) return;
    const auto about = io::read_safetensors(file_).metadata;
    if (number_in(about, "step") <= double(training.step)) least_ = number_in(about, measure_);
  }
  /// The measure after a step; the weights are written if it is less than ever before.
  template <class T>
  void offer(const T& training, std::int64_t step, double value) {
    if (!(value < least_)) return;
    least_ = value;
    io::WeightFile as{.dtype = io::Dtype::F16, .metadata = words_};
    as.metadata[measure_] = io::number(value);
    as.metadata["step"] = std::to_string(step);
    io::save_model(file_, training.loss.process, training.averaged, as);
  }

 private:
  /// A number of the metadata, infinity where it is missing.
  static double number_in(const std::map<std::string, std::string>& about, const std::string& name) {
    double number = std::numeric_limits<double>::infinity();
    if (const auto found = about.find(name); found != about.end())
      std::from_chars(found->second.data(), found->second.data() + found->second.size(), number);
    return number;
  }

  std::filesystem::path file_;
  std::string measure_;
  std::map<std::string, std::string> words_;
  double least_ = std::numeric_limits<double>::infinity();
};

}  // namespace examples
