#pragma once
#include <concepts>
#include <cstdint>

#include <hush/autograd/value.hpp>
#include <hush/images.hpp>

namespace hush {

/// How a diffusion takes latents z of an autoencoder: as (z - shift) * factor, of about mean 0 and variance 1.
struct LatentScaling {
  double shift = 0, factor = 1;
  static constexpr void fields(auto& self, auto&& f) { f("shift", self.shift), f("factor", self.factor); }
  friend constexpr bool operator==(const LatentScaling&, const LatentScaling&) = default;
};

/// A network that makes latents [N, h, w, z] of images [N, H, W, C] in [-1, 1], and images of latents, on the backend
/// `on()`; `image()` and `latent()` are both sizes, `scaling()` is what a diffusion makes of the latents. `visit` lists
/// its layers and parameters (see `walk`).
template <class A>
concept Autoencoder = Backend<typename A::backend> &&
    requires(const A& net, const Tensor<typename A::backend>& x, const Var<typename A::backend>& recorded) {
  { net.image() } -> std::convertible_to<ImageSize>;
  { net.latent() } -> std::convertible_to<ImageSize>;
  { net.scaling() } -> std::convertible_to<LatentScaling>;
  { net.on() } -> std::convertible_to<typename A::backend>;
  { net.encode(x) } -> std::same_as<Tensor<typename A::backend>>;
  { net.decode(x) } -> std::same_as<Tensor<typename A::backend>>;
  { net.decode(recorded) } -> std::same_as<Var<typename A::backend>>;
};

}  // namespace hush
