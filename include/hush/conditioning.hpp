#pragma once
#include <algorithm>
#include <concepts>
#include <cstdint>

#include <hush/backbone.hpp>
#include <hush/examples.hpp>
#include <hush/kernels/known_pixels.hpp>
#include <hush/random/noise_key.hpp>

namespace hush {

/// Which of what was given a batch wants: `count` rows from number `first` on.
struct Rows {
  std::int64_t first = 0, count = 0;
};

/// Those rows of `images`, [count, H, W, C] on `on`; a single image serves all.
template <Backend F>
Tensor<F> rows_of(const F& on, const Images<float>& images, const Rows& wanted) {
  check(images.count == 1 || wanted.first + wanted.count <= images.count, "rows_of", "images ", wanted.first, " to ",
        wanted.first + wanted.count, " of ", images.count);
  Images<float> rows(wanted.count, images.height, images.width, images.channels);
  for (std::int64_t i = 0; i < rows.count; ++i)
    std::ranges::copy(images[images.count == 1 ? 0 : wanted.first + i], rows[i].begin());
  return upload(on, rows);
}

/// How a network sees pictures that are a condition: as they are. A process on latents (`Latent`) has a rule of its own
/// with the same members: how many channels a picture of so many has, and what is seen of pictures [N, H, W, C], with
/// or without a hole.
struct AsTheyAre {
  static constexpr std::int64_t channels(std::int64_t of_picture) { return of_picture; }
  template <class Pictures>
  const Pictures& operator()(const Pictures& pictures) const {
    return pictures;
  }
};

/// What the network is told besides the noisy image. `ports` says how many channels and numbers that adds. `Given` is
/// what a user has in hand, on the host, for all images at once; `fits` throws std::invalid_argument unless there is
/// one for each of `count` images of a size. `prepare` makes the conditions of a batch on its backend, of as many rows
/// as it has images; where it needs noise of its own, that of the key. `add_to` puts them into the network's input. A
/// conditioning with pictures that is to be used on latents takes a last argument of `ports` and `prepare`, the rule by
/// which they are seen (see AsTheyAre).
template <class C, class B>
concept Conditioning = Backend<B> &&
    requires(const C& conditioning, const B& on, const typename C::Given& given, std::int64_t count, ImageSize size,
             const Rows& rows, const NoiseKey& key, const typename C::template BatchCondition<B>& condition,
             Input<Tensor<B>>& input) {
  { conditioning.ports() } -> std::same_as<Ports>;
  conditioning.fits(given, count, size);
  { conditioning.prepare(on, given, rows, key) } -> std::same_as<typename C::template BatchCondition<B>>;
  conditioning.add_to(condition, input);
};

namespace detail {

template <class C, class Rule>
concept SeesBy = requires(const C& conditioning, const Rule& seen) {
  conditioning.ports(seen);
};
/// The ports of a conditioning whose pictures, if it has any, are seen by a rule.
template <class C, class Rule>
Ports ports_seen(const C& conditioning, const Rule& seen) {
  if constexpr (SeesBy<C, Rule>)
    return conditioning.ports(seen);
  else
    return conditioning.ports();
}
/// Its conditions of a batch.
template <class C, Backend B, class Rule>
typename C::template BatchCondition<B> prepare_seen(const C& conditioning, const B& on, const typename C::Given& given,
                                                    const Rows& rows, const NoiseKey& key, const Rule& seen) {
  if constexpr (SeesBy<C, Rule>)
    return conditioning.prepare(on, given, rows, key, seen);
  else
    return conditioning.prepare(on, given, rows, key);
}

}  // namespace detail

/// A conditioning that knows some pixels: they are put back after every step, and training asks for the others only.
template <class C, class B>
concept KnowsPixels = Conditioning<C, B> &&
    requires(const C& conditioning, const typename C::template BatchCondition<B>& condition) {
  { conditioning.known(condition) } -> std::convertible_to<KnownPixels<typename B::full>>;
};

namespace detail {

template <class C, class V>
concept SetsNull = requires(const C& conditioning, Input<V>& input) {
  conditioning.set_null(input);
};

}  // namespace detail

/// A conditioning with a null condition, the one that stands for none in classifier-free guidance (`Guided`):
/// `set_null(input)` puts it where `add_to` put the condition, say zeros in the place of labels, or a class of its own.
/// A null condition that is learned belongs to the network (see WithEmbedding): here it is a label as another.
template <class C, class B>
concept HasNullCondition = Conditioning<C, B> && detail::SetsNull<C, Tensor<B>>;

namespace detail {

/// Whether they are put back as noisy as the image is, for a network that knows of no known pixels: where the
/// conditioning says `static constexpr bool noisy = true;`.
template <class C>
constexpr bool puts_back_noisy = false;
template <class C>
requires requires { C::noisy; }
constexpr bool puts_back_noisy<C> = C::noisy;

}  // namespace detail
}  // namespace hush
