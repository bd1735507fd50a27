#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <hush/io/models.hpp>
#include <hush/io/number.hpp>
#include <hush/io/safetensors.hpp>
#include <hush/io/weights.hpp>
#include <hush/training/power_averages.hpp>
#include <hush/training/trainer.hpp>

namespace hush::io {

namespace detail {

inline constexpr const char *snapshot_std = "power_ema_std", *snapshot_step = "power_ema_step";  // of the metadata

/// The name of a snapshot's file: power-0.05-00001000.safetensors.
inline std::string snapshot_name(const PowerSnapshot& of) {
  const std::string digits = std::to_string(of.step);
  return to_text("power-", number(of.std), '-', std::string(8 - std::min<std::size_t>(8, digits.size()), '0'), digits,
                 ".safetensors");
}

/// What a file is a snapshot of. Throws FileError for a file that is none.
inline PowerSnapshot snapshot_of(const std::map<std::string, std::string>& metadata,
                                 const std::filesystem::path& file) {
  const auto found = [&](const char* entry) {
    const auto at = metadata.find(entry);
    const auto value = at == metadata.end() ? std::nullopt : read_number(at->second);
    if (!value) throw FileError(file, to_text("is no snapshot of an average: its metadata have no number ", entry));
    return *value;
  };
  return {found(snapshot_std), std::int64_t(found(snapshot_step))};
}

/// The snapshots of files, each times its factor, added up.
inline Arrays summed_snapshots(const std::vector<std::pair<PowerSnapshot, std::filesystem::path>>& files,
                               const PowerSnapshot& wanted) {
  std::vector<PowerSnapshot> of;
  for (const auto& one : files) of.push_back(one.first);
  const std::vector<double> factors = post_hoc_coefficients(of, wanted);
  std::map<std::string, std::vector<double>> sums;
  Arrays made;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto& file = files[i].second;
    const Arrays arrays = read_safetensors(file);
    if (i == 0) made = arrays;
    if (arrays.items.size() != made.items.size()) throw FileError(file, "is of another network than the others");
    for (const auto& [name, array] : arrays.items) {
      const auto first = made.items.find(name);
      if (first == made.items.end() || first->second.shape != array.shape)
        throw FileError(file, to_text("is of another network than the others: ", name));
      const std::vector<double> values = values_of<double>(array);
      std::vector<double>& sum = sums[name];
      sum.resize(values.size());
      for (std::size_t k = 0; k < values.size(); ++k) sum[k] += factors[i] * values[k];
    }
  }
  for (auto& [name, array] : made.items) {
    const std::vector<float> rounded(sums[name].begin(), sums[name].end());
    array = array_of(array.shape, std::span<const float>(rounded));
  }
  made.metadata[snapshot_std] = number(wanted.std);
  made.metadata[snapshot_step] = std::to_string(wanted.step);
  return made;
}

}  // namespace detail

/// What `PowerSnapshots` does: the folder of the snapshots, after how many steps it writes them (0: after each epoch),
/// and the standard deviations of the averages' profiles, those of Karras et al. 2024.
struct PowerSnapshotOptions {
  std::filesystem::path folder;
  std::int64_t every = 0;
  std::vector<double> stds = {.05, .1};
};

/// An observer of `train` that keeps power-function averages of the weights beside the training's own, and writes
/// snapshots of them, from which `post_hoc_ema` makes the average of any length afterwards. Each is a model file, as
/// large as the weights. A training that resumes goes on with the snapshots of its step: name it behind `Checkpoints`,
/// and write both after as many steps. Throws FileError where there are none of that step.
template <Backend B>
class PowerSnapshots {
 public:
  explicit PowerSnapshots(PowerSnapshotOptions chosen) : options(std::move(chosen)) {
    check(!options.folder.empty(), "PowerSnapshots", "folder is not given");
    check(options.every >= 0, "PowerSnapshots", "every must not be negative, is ", options.every);
  }

  template <class T>
  void start(T& training) {
    Description process;
    if constexpr (requires { training.loss.process; }) process = describe(training.loss.process);
    model_ = detail::model_json({process, describe_network(training.net)});
    averages_.emplace(training.weights, options.stds);
    if (training.step > 0) resume(training);
    saved_ = training.step;
  }
  template <class T>
  void step(const T& training, const StepReport&) {
    averages_->follow(training.weights, training.step);
    if (options.every > 0 && training.step % options.every == 0) save(training);
  }
  template <class T>
  void epoch(const T& training, const EpochReport&) {
    if (options.every == 0) save(training);
  }
  template <class T>
  void finish(const T& training) {
    if (training.step != saved_) save(training);
  }

  PowerSnapshotOptions options;

 private:
  template <class T>
  void save(const T& training) {
    for (std::size_t i = 0; i < averages_->stds.size(); ++i) {
      const PowerSnapshot of{averages_->stds[i], training.step};
      Arrays arrays = arrays_of(training.weights, averages_->values[i]);
      arrays.metadata = {{detail::model_entry, model_},
                         {detail::snapshot_std, number(of.std)},
                         {detail::snapshot_step, std::to_string(of.step)}};
      write_safetensors(options.folder / detail::snapshot_name(of), arrays);
    }
    saved_ = training.step;
  }
  template <class T>
  void resume(const T& training) {
    for (std::size_t i = 0; i < averages_->stds.size(); ++i) {
      const auto file = options.folder / detail::snapshot_name({averages_->stds[i], training.step});
      if (!std::filesystem::exists(file))
        throw FileError(file, to_text("is not there, and the training goes on from step ", training.step,
                                      ": an average cannot begin there; write snapshots as often as checkpoints"));
      fill_from(training.weights, read_safetensors(file), file, averages_->values[i]);
    }
  }

  std::optional<PowerAverages<B>> averages_;
  std::string model_;
  std::int64_t saved_ = 0;
};

/// The weights that a power-function average of this standard deviation would have after `step` steps (0: the last
/// snapshots'), made of all snapshots in a folder up to it: the arrays of a model file, in F32, summed in double.
/// Throws FileError for a folder without snapshots and for files that are none or of another network,
/// std::invalid_argument for a std that is not above 0 and at most 1 / sqrt(12), and for a step that no snapshot is of.
inline Arrays post_hoc_ema(const std::filesystem::path& folder, double std, std::int64_t step = 0) {
  power_ema_exponent(std);  // checks it
  std::vector<std::pair<PowerSnapshot, std::filesystem::path>> found;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
    if (entry.path().filename().string().starts_with("power-") && entry.path().extension() == ".safetensors")
      found.emplace_back(detail::snapshot_of(read_safetensors(entry.path()).metadata, entry.path()), entry.path());
  if (found.empty()) throw FileError(folder, "has no snapshots of averages, power-*.safetensors");
  std::ranges::sort(found, {}, [](const auto& one) { return one.second; });
  std::int64_t last = 0;
  for (const auto& one : found) last = std::max(last, one.first.step);
  if (step == 0) step = last;
  std::erase_if(found, [&](const auto& one) { return one.first.step > step; });
  return detail::summed_snapshots(found, {std, step});
}

}  // namespace hush::io
