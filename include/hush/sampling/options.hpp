#pragma once
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <hush/grid.hpp>
#include <hush/grids/trailing.hpp>
#include <hush/images.hpp>
#include <hush/tensor/backend.hpp>
#include <hush/tensor/tensor.hpp>

namespace hush {

/// Where the noise comes from if not from Philox: called once for the start and once a draw, with the values of a batch
/// [n, H, W, C] to fill. Such noise depends on the batch size, and a source with a state goes on where the last call of
/// `sample` left it. `TorchRandom` makes PyTorch's.
using NoiseSource = std::function<void(std::span<float> values, const Shape& shape)>;

/// How a sampler is run: as a traced plan where it is linear, or step by step on tensors as it reads. Both agree to
/// rounding; the plan is faster.
enum class Execution { planned, eager };
constexpr std::array<const char*, 2> names_of(Execution) { return {"planned", "eager"}; }

/// A run starts from noise: N(0, 1) on a variance-preserving schedule, else the level's noise * N(0, 1) (VE, flow).
/// What the level still has of the image is missing, so begin where that is little, as the default `Trailing` does; see
/// `check_noisy`.
struct FromNoise {
  friend constexpr bool operator==(const FromNoise&, const FromNoise&) = default;
};

/// A run starts from numbers that are uniform in (low, high], of Philox always: annealed Langevin dynamics (Song and
/// Ermon 2019).
struct FromUniform {
  double low = 0, high = 1;
  static constexpr void fields(auto& self, auto&& f) { f("low", self.low), f("high", self.high); }
  friend constexpr bool operator==(const FromUniform&, const FromUniform&) = default;
};

/// A run starts from images [count, H, W, C] that are noised to the level at which the last `strength`, in (0, 1], of
/// the steps begin (Meng et al. 2022, SDEdit); the steps before are left out. A run that begins at the clean level, as
/// an inversion does, starts from the images themselves. Their pixels must be in the range that `clip` keeps x0 in.
struct FromImages {
  Images<float> images;
  double strength = 1;
  static constexpr void fields(auto& self, auto&& f) { f("images", self.images), f("strength", self.strength); }
  friend bool operator==(const FromImages&, const FromImages&) = default;
};

/// A run starts from these latents [count, H, W, C] as they stand, which are noisy images of the level at which the
/// last `strength`, in (0, 1], of the steps begin: what `DdimInversion` made on the same grid, or a run that was ended.
struct FromLatents {
  Images<float> latents;
  double strength = 1;
  static constexpr void fields(auto& self, auto&& f) { f("latents", self.latents), f("strength", self.strength); }
  friend bool operator==(const FromLatents&, const FromLatents&) = default;
};

/// What a run starts from: one of these four.
using Start = std::variant<FromNoise, FromUniform, FromImages, FromLatents>;

/// Dynamic thresholding of x0 estimates (Saharia et al. 2022, Imagen, section 2.3): each image is cut off at s, the
/// `ratio`-quantile of its magnitudes but no less than 1 and no more than `largest`, and divided by s.
struct DynamicThreshold {
  double ratio = .995, largest = std::numeric_limits<double>::infinity();
  static constexpr void fields(auto& self, auto&& f) { f("ratio", self.ratio), f("largest", self.largest); }
  friend constexpr bool operator==(const DynamicThreshold&, const DynamicThreshold&) = default;
};

/// Options of `sample`, all with defaults. (*) Samplers that use eps alone never see x0, so nothing cuts it off:
/// `Pndm`, `DdimInversion`, `AnnealedLangevin` (but for what `denoise` ends with) and `PredictorCorrector` all the way,
/// where a threshold, or a clip that is neither 0 nor the default, is refused; the solvers on predicted noise but for
/// their last step. There is no `==`, as functions (`noise`) have none; `describe` two of them to compare the rest.
template <Backend B>
struct SampleOptions {
  int steps = 50;                                  // of the grid; a sampler's route may have more
  std::int64_t count = 1;                          // images
  std::int64_t batch = 16;                         // images at a time: memory and speed, not the result
  std::uint64_t seed = 0;                          // image i belongs to (seed, first_image + i)
  std::int64_t first_image = 0;                    // number of the first image
  double clip = 1;                                 // x0 estimates are kept in [-clip, clip]; 0: as they are (*)
  std::optional<DynamicThreshold> threshold = {};  // in place of clip; {} is off, DynamicThreshold{} on (*)
  AnyGrid grid = Trailing{};                       // where the steps fall
  Start start = FromNoise{};                       // what the run starts from
  NoiseSource noise = nullptr;                     // in place of Philox
  Execution execution = Execution::planned;
  bool record = true;  // on a GPU a plan runs as a graph; off: kernel by kernel, with the same bits

  static constexpr void fields(auto& self, auto&& f) {
    f("steps", self.steps), f("count", self.count), f("batch", self.batch), f("seed", self.seed),
        f("first_image", self.first_image), f("clip", self.clip), f("threshold", self.threshold), f("grid", self.grid),
        f("start", self.start), f("noise", self.noise), f("execution", self.execution), f("record", self.record);
  }
  static constexpr std::array<std::string_view, 2> aside{"batch", "record"};  // change no result
};

/// What a run starts from if it is given: images or latents, and the part of the steps that is left.
struct GivenStart {
  const Images<float>* images = nullptr;
  double strength = 1;
};
inline GivenStart given_start(const Start& start) {
  if (const auto* from = std::get_if<FromImages>(&start)) return {&from->images, from->strength};
  if (const auto* from = std::get_if<FromLatents>(&start)) return {&from->latents, from->strength};
  return {};
}

/// Throws std::invalid_argument, with the option's name, for one that makes no sense.
template <Backend B>
void check_options(const SampleOptions<B>& options) {
  check(options.count >= 0, "sample", "count must not be negative, is ", options.count);
  check(options.batch >= 1, "sample", "batch must be at least 1, is ", options.batch);
  check(options.first_image >= 0, "sample", "first_image must not be negative, is ", options.first_image);
  constexpr std::int64_t numbers = std::int64_t(1) << 32;  // noise is told apart by 32 bits
  check(options.first_image < numbers && options.count <= numbers - options.first_image, "sample", options.count,
        " images from number ", options.first_image, " on are more than the ", numbers,
        " numbers that images have; take another seed instead");
  check(options.clip >= 0 && std::isfinite(options.clip), "sample", "clip must be 0 (none) or positive, is ",
        options.clip);
  if (options.threshold) {
    check(options.threshold->ratio > 0 && options.threshold->ratio <= 1, "sample",
          "the threshold's ratio must be in (0, 1], is ", options.threshold->ratio);
    check(options.threshold->largest > 0, "sample", "the threshold's largest must be positive, is ",
          options.threshold->largest);
  }
  check(bool(options.grid), "sample", "grid must not be empty");
  if (const auto* uniform = std::get_if<FromUniform>(&options.start))
    check(std::isfinite(uniform->low) && uniform->low <= uniform->high && std::isfinite(uniform->high), "sample",
          "cannot start uniformly in ", uniform->low, " to ", uniform->high);
  if (const auto given = given_start(options.start); given.images) {
    check(given.strength > 0 && given.strength <= 1, "sample", "strength must be in (0, 1], is ", given.strength);
    check_filled("sample", *given.images);
    const float most =
        std::holds_alternative<FromImages>(options.start) ? float(options.threshold ? 1 : options.clip) : 0;
    for (std::int64_t i = 0; i < given.images->count; ++i) {
      const auto range = most > 0 ? PixelRange{-most, most} : PixelRange::any();
      const std::string fault = pixel_fault(*given.images, i, range);
      check(fault.empty(), "sample", "image ", i, " to start from ", fault, most > 0 ? " (as .clip says)" : "");
    }
  }
}

/// The times at which the steps of a run fall: those of the grid, or the last of them where its start is given.
/// Throws std::invalid_argument unless they fall.
template <Backend B>
std::vector<double> step_times(const AnySchedule& schedule, const SampleOptions<B>& options) {
  std::vector<double> times = options.grid(schedule, options.steps);
  check_times(schedule, times, "sample");
  if (const auto given = given_start(options.start); given.images) {
    const auto left = std::size_t(std::floor(double(times.size()) * given.strength + 1e-9));
    check(left >= 1, "sample", "a strength of ", given.strength, " leaves none of ", times.size(), " steps");
    times.erase(times.begin(), times.end() - std::ptrdiff_t(left));
  }
  return times;
}

}  // namespace hush
