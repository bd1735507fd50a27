#pragma once
#include <concepts>
#include <cstdint>

#include <hush/backbone.hpp>

namespace hush {

/// What an unconditional process is given: nothing.
struct Nothing {};

/// What the network is told besides the noisy image. `Given<B>` holds the conditions of a batch; `ports` says how many
/// channels and numbers they add; `attach` puts them into the network's input; `rows` picks the conditions of `count`
/// images from `first` on.
template <class C, class B>
concept Conditioning = Backend<B> && requires(const C& conditioning, const typename C::template Given<B>& given,
                                              Input<Tensor<B>>& input, std::int64_t n) {
  { conditioning.ports() } -> std::same_as<Ports>;
  conditioning.attach(given, input);
  { conditioning.rows(given, n, n) } -> std::same_as<typename C::template Given<B>>;
};

/// A conditioning that knows some pixels, which are put back after every step: image-to-image tasks with a mask.
template <class C, class B>
concept KnowsPixels = Conditioning<C, B> &&
    requires(const C& conditioning, const typename C::template Given<B>& given, Tensor<typename B::full>& x) {
  conditioning.keep_known(given, x);
};

}  // namespace hush
