#pragma once
#include <algorithm>
#include <concepts>
#include <cstdint>
#include <vector>

#include <hush/images.hpp>
#include <hush/nn/compute_copies.hpp>
#include <hush/random/noise.hpp>
#include <hush/random/noise_key.hpp>
#include <hush/tensor/tensor.hpp>

namespace hush {

/// A network that makes images of latents [N, latents()] alone, in one call: a generator, or a decoder.
template <class Net>
concept LatentGenerator = Backend<typename Net::backend> &&
    requires(const Net& net, const Tensor<typename Net::backend>& z) {
  { net.image() } -> std::convertible_to<ImageSize>;
  { net.latents() } -> std::convertible_to<std::int64_t>;
  { net.on() } -> std::convertible_to<typename Net::backend>;
  { net(z) } -> std::same_as<Tensor<typename Net::backend>>;
};

/// Options of `generate`. Images have the numbers first_image, first_image + 1, ...
struct GenerateOptions {
  std::int64_t count = 64, batch = 64;
  std::uint64_t seed = 0;
  std::int64_t first_image = 0;
  static constexpr void fields(auto& self, auto&& f) {
    f("count", self.count), f("batch", self.batch), f("seed", self.seed), f("first_image", self.first_image);
  }
  friend bool operator==(const GenerateOptions&, const GenerateOptions&) = default;
};

/// Latents of N(0, 1) for the images of a key, [N, latents].
template <LatentGenerator Net>
Tensor<typename Net::backend> latents_of(const Net& net, const NoiseKey& key) {
  return cast(net.on(),
              normal_images(net.on().in_full(), {std::int64_t(key.images.size()), net.latents()}, key, "latents"));
}

/// Images on the host, [count, H, W, C], that a network makes of latents of N(0, 1): those of image i belong to the
/// seed and i. Throws std::invalid_argument for options that make no sense.
template <LatentGenerator Net>
Images<float> generate(const Net& net, const GenerateOptions& options = {}) {
  check(options.count >= 0, "generate", "count must not be negative, is ", options.count);
  check(options.batch >= 1, "generate", "batch must be at least 1, is ", options.batch);
  check(options.first_image >= 0, "generate", "first_image must not be negative, is ", options.first_image);
  const ComputeCopies<typename Net::backend> copies(net);
  const ImageSize size = net.image();
  Images<float> made(options.count, size.height, size.width, size.channels);
  for (std::int64_t first = 0; first < options.count; first += options.batch) {
    std::vector<std::uint32_t> numbers;
    for (std::int64_t i = first; i < std::min(options.count, first + options.batch); ++i)
      numbers.push_back(std::uint32_t(options.first_image + i));
    const NoiseKey key{options.seed, 0, NoiseKey::sampling, numbers};
    const std::vector<float> pixels = download<float>(net(latents_of(net, key)));
    std::copy(pixels.begin(), pixels.end(), made.pixels.begin() + first * made.stride());
  }
  return made;
}

}  // namespace hush
