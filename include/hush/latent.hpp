#pragma once
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <hush/autoencoder.hpp>
#include <hush/conditioning.hpp>
#include <hush/nn/walk.hpp>
#include <hush/ops/arithmetic.hpp>
#include <hush/ops/average_pool2d.hpp>
#include <hush/ops/max_pool2d.hpp>
#include <hush/process.hpp>

namespace hush {

namespace detail {

/// The config of an autoencoder, where it has one.
struct NoConfig {
  friend bool operator==(const NoConfig&, const NoConfig&) = default;
};
template <class A>
auto config_of_autoencoder(const A& autoencoder) {
  if constexpr (requires { autoencoder.config(); })
    return autoencoder.config();
  else
    return NoConfig{};
}

/// 16 digits that tell weights apart (FNV-1a of their names and of their values in single precision).
template <class A>
std::string weights_digest(const A& net) {
  std::uint64_t hash = 14695981039346656037u;
  const auto add = [&](std::uint32_t word, int bytes) {
    for (int k = 0; k < bytes; ++k) hash = (hash ^ ((word >> (8 * k)) & 255)) * 1099511628211u;
  };
  walk(net, [&](const std::string& name, const auto& parameter) {
    for (const char letter : name) add(std::uint32_t(letter), 1);
    for (const float value : download<float>(parameter.value)) add(std::bit_cast<std::uint32_t>(value), 4);
  });
  std::string digits;
  for (int k = 60; k >= 0; k -= 4) digits += "0123456789abcdef"[(hash >> k) & 15];
  return digits;
}

/// Latents as a diffusion takes them, of about mean 0 and variance 1, and back.
template <Autoencoder A>
Tensor<typename A::backend::full> encoded(const A& autoencoder, const Tensor<typename A::backend::full>& images) {
  using B = typename A::backend;
  const B on = autoencoder.on();
  const auto z = cast(on.in_full(), autoencoder.encode(cast(on, images)));
  const LatentScaling s = autoencoder.scaling();
  if (s == LatentScaling{}) return z;
  return s.factor * z + filled(on.in_full(), z.shape(), -s.factor * s.shift);
}
template <Autoencoder A>
Tensor<typename A::backend::full> decoded(const A& autoencoder, const Tensor<typename A::backend::full>& x0) {
  using B = typename A::backend;
  const B on = autoencoder.on();
  const LatentScaling s = autoencoder.scaling();
  const auto z = s == LatentScaling{} ? x0 : 1 / s.factor * x0 + filled(on.in_full(), x0.shape(), s.shift);
  return cast(on.in_full(), autoencoder.decode(cast(on, z)));
}

/// The images of a batch, beside which there may be conditions.
inline const Images<float>& images_in(const Images<float>& batch) { return batch; }
template <class Given>
const Images<float>& images_in(const Examples<Given>& batch) {
  return batch.images;
}

/// How a network of latents sees pictures that are a condition: those with the autoencoder's channels as their latents,
/// others as means over the pixels of each latent one. A latent pixel is unknown where one of its pixels is; the
/// picture is encoded with its hole grey, so that nothing of what is there is told.
template <Autoencoder A>
struct AsLatents {
  using F = typename A::backend::full;
  const A& autoencoder;
  KnownPixels<F>* met = nullptr;  // gets what was seen with a hole

  std::int64_t factor() const { return autoencoder.image().height / autoencoder.latent().height; }
  std::int64_t channels(std::int64_t of_picture) const {
    return of_picture == autoencoder.image().channels ? autoencoder.latent().channels : of_picture;
  }
  Tensor<F> operator()(const Tensor<F>& pictures) const {
    if (pictures.shape().back() == autoencoder.image().channels) return encoded(autoencoder, pictures);
    return factor() == 1 ? pictures : average_pool2d(pictures, factor());
  }
  KnownPixels<F> operator()(const KnownPixels<F>& pixels) const {
    if (met) *met = pixels;
    const Tensor<F>& hole = pixels.hole;
    const Tensor<F> shown = choose(hole, filled(hole.on(), pixels.picture.shape(), 0), pixels.picture);
    return {encoded(autoencoder, shown), factor() == 1 ? hole : max_pool2d(hole, factor())};
  }
};

}  // namespace detail

/// The conditioning of a process on latents: what users give is for images, what networks see is for latents. `Latent`
/// makes it.
template <Autoencoder A, class C>
class LatentCondition {
 public:
  using Given = typename C::Given;
  using B = typename A::backend;
  static constexpr bool noisy = detail::puts_back_noisy<C>;

  /// Conditions of which some pixels are known, and these.
  template <Backend On>
  struct WithPixels {
    typename C::template BatchCondition<On> latent;
    KnownPixels<typename On::full> pixels;
    static void visit(auto& self, auto&& f) { f("latent", self.latent), f("pixels", self.pixels); }
  };
  template <Backend On>
  using BatchCondition =
      std::conditional_t<KnowsPixels<C, On>, WithPixels<On>, typename C::template BatchCondition<On>>;

  /// Throws std::invalid_argument for an autoencoder whose latents are not smaller by one whole factor, and for
  /// pictures of a conditioning that does not say how they are seen.
  LatentCondition(A autoencoder, C conditioning)
      : autoencoder_(std::make_shared<const A>(std::move(autoencoder))),
        config_(detail::config_of_autoencoder(*autoencoder_)),
        digest_(detail::weights_digest(*autoencoder_)),
        conditioning_(std::move(conditioning)) {
    const ImageSize image = autoencoder_->image(), latent = autoencoder_->latent();
    const std::int64_t factor = image.height / std::max<std::int64_t>(1, latent.height);
    check(factor >= 1 && latent.height * factor == image.height && latent.width * factor == image.width, "Latent",
          "latents of ", latent, " are not images of ", image, " made smaller by one whole factor");
    check(detail::SeesBy<C, detail::AsLatents<A>> || conditioning_.ports().extra_channels == 0, "Latent",
          "the conditioning shows pictures of the size of images to a network of latents. Write in it: template <class "
          "Seen = AsTheyAre> Ports ports(const Seen& seen = {}) const, and the same argument behind those of prepare");
  }

  const A& autoencoder() const { return *autoencoder_; }
  const C& of_images() const { return conditioning_; }
  Ports ports() const { return detail::ports_seen(conditioning_, detail::AsLatents<A>{*autoencoder_}); }
  void fits(const Given& given, std::int64_t count, const ImageSize& size) const {
    conditioning_.fits(given, count, size);
  }
  template <Backend On>
  BatchCondition<On> prepare(const On& on, const Given& given, const Rows& rows, const NoiseKey& key) const {
    static_assert(std::is_same_v<On, B>,
                  "Latent: autoencoder and network are on different backends. Build both on one: AutoencoderKl<B>, "
                  "Unet2d<B>");
    KnownPixels<typename On::full> pixels;
    auto latent =
        detail::prepare_seen(conditioning_, on, given, rows, key, detail::AsLatents<A>{*autoencoder_, &pixels});
    if constexpr (KnowsPixels<C, On>)
      return {std::move(latent), std::move(pixels)};
    else
      return latent;
  }
  template <Backend On>
  void add_to(const BatchCondition<On>& condition, Input<Tensor<On>>& input) const {
    conditioning_.add_to(latent_of(condition), input);
  }
  template <Backend On>
  decltype(auto) known(const WithPixels<On>& condition) const requires KnowsPixels<C, On> {
    return conditioning_.known(condition.latent);
  }
  template <Value V>
  void set_null(Input<V>& input) const requires detail::SetsNull<C, V> {
    conditioning_.set_null(input);
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("autoencoder", self.config_), f("weights", self.digest_), f("conditioning", self.conditioning_);
  }
  friend bool operator==(const LatentCondition& a, const LatentCondition& b) {
    return a.config_ == b.config_ && a.digest_ == b.digest_ && a.conditioning_ == b.conditioning_;
  }

 private:
  template <Backend On>
  static const auto& latent_of(const WithPixels<On>& condition) {
    return condition.latent;
  }
  static const auto& latent_of(const auto& condition) { return condition; }

  std::shared_ptr<const A> autoencoder_;
  decltype(detail::config_of_autoencoder(std::declval<const A&>())) config_;
  std::string digest_;
  C conditioning_;
};

/// A diffusion process on the latents of an autoencoder (Rombach et al. 2022): `sample` and `train` take it as they
/// take the process inside, with a network for images of `autoencoder.latent()`. Data, conditions and results stay
/// images: they are encoded (to the means of their posteriors, shifted and scaled by `autoencoder.scaling()`) and
/// decoded on the network's backend. Known pixels are put back after decoding, bit for bit. Observers of a run see
/// latents, `decode` makes images of them. The range of latents is not known, and an x0 that is cut off decodes to flat
/// patches: `clip` of 1, the default, does nothing here; any other number acts on latents. What is trained afterwards
/// of the autoencoder given does not change this one.
template <Autoencoder A, class Schedule, class Says, class Condition>
struct Latent : Process<Schedule, Says, LatentCondition<A, Condition>> {
  using B = typename A::backend;
  using F = typename B::full;

  Latent(A autoencoder, const Process<Schedule, Says, Condition>& process)
      : Process<Schedule, Says, LatentCondition<A, Condition>>{
            process.schedule, process.parameterization,
            LatentCondition<A, Condition>(std::move(autoencoder), process.conditioning)} {}

  const A& autoencoder() const { return this->conditioning.autoencoder(); }
  /// Latents [N, h, w, z] of images [N, H, W, C], as the network sees them; and the images of latents.
  Tensor<F> encode(const Tensor<F>& images) const { return detail::encoded(autoencoder(), images); }
  Tensor<F> decode(const Tensor<F>& latents) const { return detail::decoded(autoencoder(), latents); }
  /// The same from the host to the host, all at once.
  Images<float> encode(const Images<float>& images) const { return download_images(encode(upload(full(), images))); }
  Images<float> decode(const Images<float>& latents) const { return download_images(decode(upload(full(), latents))); }
  /// The images of latents that were made under a condition: its known pixels are put back.
  template <Backend On>
  Tensor<F> images_of(const Tensor<F>& latents,
                      const typename LatentCondition<A, Condition>::template BatchCondition<On>& condition) const {
    const Tensor<F> images = decode(latents);
    if constexpr (KnowsPixels<Condition, On>) {
      return choose(condition.pixels.hole, images, condition.pixels.picture);
    } else {
      return images;
    }
  }

 private:
  F full() const { return autoencoder().on().in_full(); }
};

/// The mean and 1 / standard deviation of all numbers in the latents of a data set's first `images` items (all, if it
/// has fewer), computed `batch` at a time in double precision: with `autoencoder.set_scaling(measured_scaling(...))` a
/// diffusion sees latents of mean 0 and variance 1 (Rombach et al. 2022, section 4.3.2, take one batch). It depends on
/// the items alone. Throws std::invalid_argument for an empty set, and for latents that do not vary.
template <Autoencoder A, class Data>
LatentScaling measured_scaling(const A& autoencoder, const Data& data, std::int64_t images = 512,
                               std::int64_t batch = 16) {
  using B = typename A::backend;
  const std::int64_t count = std::min<std::int64_t>(images, data.size());
  check(count >= 1 && batch >= 1, "measured_scaling", "wants images, got ", count, " in batches of ", batch);
  const B on = autoencoder.on();
  double sum = 0, squares = 0, all = 0;
  for (std::int64_t first = 0; first < count; first += batch) {
    std::vector<std::int64_t> items;
    for (std::int64_t i = first; i < std::min(first + batch, count); ++i) items.push_back(i);
    const auto read = batch_of(data, std::span<const std::int64_t>(items), 0);
    const auto pictures = upload(on.in_full(), detail::images_in(read));
    for (const double v : download<double>(autoencoder.encode(cast(on, pictures)))) {
      sum += v;
      squares += v * v;
      ++all;
    }
  }
  const double mean = sum / all, variance = squares / all - mean * mean;
  check(variance > 0 && std::isfinite(variance), "measured_scaling", "the variance of the latents is ", variance,
        ", must be finite and positive");
  return {mean, 1 / std::sqrt(variance)};
}

}  // namespace hush
