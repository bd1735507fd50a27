#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <hush/check.hpp>
#include <hush/sampler.hpp>

namespace hush {

/// RePaint's resampling with jumps (Lugmayr et al. 2022, section 4.2), around any sampler without a `route`: at every
/// `jump_length`-th level the image is noised again by as many levels, until each stretch has been denoised `resamples`
/// times. The sampler makes the steps down, with a new memory after each jump; the conditioning `Replacement` puts
/// known pixels back, for a network without condition. Throws std::invalid_argument for a jump or resamples below 1,
/// and for more than a million steps.
template <class S>
struct RePaint {
  S sampler{};
  int jump_length = 10, resamples = 10;

  static constexpr bool linear = is_linear<S>;
  template <class X>
  struct Memory {
    MemoryOf<S, X> past{};
  };

  std::vector<Level> route(const std::vector<Level>& down) const {
    static_assert(
        !requires { sampler.route(down); }, "RePaint: wants a sampler that goes straight down");
    check(jump_length >= 1, "RePaint", "jump_length must be at least 1, is ", jump_length);
    check(resamples >= 1, "RePaint", "resamples must be at least 1, is ", resamples);
    const std::int64_t jumped = std::int64_t(down.size()) / jump_length * jump_length;
    const std::int64_t steps = std::int64_t(down.size()) + 2 * jumped * (resamples - 1);
    check(steps <= 1'000'000, "RePaint", "jump_length ", jump_length, " and resamples ", resamples, " make about ",
          steps, " steps of ", down.size(), " levels, more than a million");
    const int noisiest = int(down.size()) - 2;  // levels are counted from the least noisy one, 0, as in the paper
    const auto level = [&](int t) { return down[std::size_t(noisiest - t)]; };
    std::vector<int> jumps(down.size(), 0);
    for (int t = 0; t < noisiest + 1 - jump_length; t += jump_length) jumps[std::size_t(t)] = resamples - 1;
    std::vector<Level> levels;
    for (int t = noisiest; t >= 0; --t) {
      levels.push_back(level(t));
      if (jumps[std::size_t(t)]-- <= 0) continue;
      for (int up = 0; up < jump_length; ++up) levels.push_back(level(++t));
    }
    if (!down.empty()) levels.push_back(down.back());
    return levels;
  }

  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&& noise, Memory<X>& memory,
         const Trajectory& trajectory) const {
    const double kept = to.signal / from.signal, before = kept * from.noise;
    if (to.noise <= before) return advance(sampler, denoise, x, trajectory, noise, memory.past);
    memory = {};
    return kept * x + std::sqrt((to.noise - before) * (to.noise + before)) * noise();  // q(x_to | x_from)
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("sampler", self.sampler), f("jump_length", self.jump_length), f("resamples", self.resamples);
  }
  friend constexpr bool operator==(const RePaint&, const RePaint&) = default;
};
template <class S>
RePaint(S, int = 10, int = 10) -> RePaint<S>;

}  // namespace hush
