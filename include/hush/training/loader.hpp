#pragma once
#include <cstdint>
#include <exception>
#include <functional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <hush/conditioning.hpp>
#include <hush/examples.hpp>
#include <hush/images.hpp>
#include <hush/kernels/capabilities.hpp>
#include <hush/random/shuffle.hpp>
#include <hush/tensor/backend.hpp>
#include <hush/tensor/tensor.hpp>

namespace hush {

/// What the items of a data set come with: nothing, where its batches are images alone.
template <class Batch>
struct GivenWith {
  using type = Nothing;
};
template <class Given>
struct GivenWith<Examples<Given>> {
  using type = Given;
};
template <class Data>
using GivenOf = typename GivenWith<std::remove_cvref_t<decltype(batch_of(std::declval<const Data&>(), {}, 0))>>::type;

/// Some items of a data set, and what they come with; in an epoch, for a set that changes them from epoch to epoch.
template <class Data>
Examples<GivenOf<Data>> examples_of(const Data& data, std::span<const std::int64_t> items, std::int64_t epoch = 0) {
  if constexpr (std::is_same_v<GivenOf<Data>, Nothing>)
    return {batch_of(data, items, epoch), {}};
  else
    return batch_of(data, items, epoch);
}

/// The batches of a training in their order, a function of (seed, step). Where the backend copies beside what it
/// computes, the next batch can be read and sent on its way while this one is worked on; elsewhere a data set that has
/// a `prefetch(items)` is told the next batch's items as soon as it has given this one's.
template <Backend F, class Data>
class Loader {
 public:
  struct Order {
    std::int64_t batch = 1;
    std::uint64_t seed = 0;
    bool reshuffle = true;    // each epoch has an order of its own
    int rank = 0, ranks = 1;  // which of so many equal parts of each batch is read
  };
  /// How items are read in an epoch; throws for those that must not enter.
  using Read = std::function<Examples<GivenOf<Data>>(std::span<const std::int64_t> items, std::int64_t epoch)>;

  Loader(const F& on, const Data& data, const Order& order, Read read = nullptr)
      : on_(on), data_(data), how_(order), read_(std::move(read)) {
    if (!read_)
      read_ = [&data](std::span<const std::int64_t> items, std::int64_t epoch) {
        return examples_of(data, items, epoch);
      };
  }
  /// What is still on its way must arrive before its memory becomes another tensor's.
  ~Loader() {
    if constexpr (HasAsyncCopies<F>) {
      if (images_[0].empty() && images_[1].empty()) return;
      try {
        await_ahead(on_);
      } catch (...) {  // the device is lost, and its memory with it
      }
    }
  }

  std::int64_t steps_per_epoch() const { return data_.size() / how_.batch; }

  /// The images of a step, [batch / ranks, H, W, C], and what they come with, on the host.
  struct Batch {
    Tensor<F> images;
    GivenOf<Data> given;
  };
  Batch batch(std::int64_t step) {
    const std::exception_ptr failed = std::exchange(failed_, nullptr);
    if (std::exchange(ahead_, -1) != step) {
      auto examples = read_(items(step), epoch_of(step));
      if constexpr (requires { data_.prefetch(items(step)); }) data_.prefetch(items(step + 1));
      return {upload(on_, examples.images), std::move(examples.given)};
    }
    if (failed) std::rethrow_exception(failed);
    if constexpr (HasAsyncCopies<F>) await_ahead(on_);
    return {images_[step % 2], std::move(given_)};
  }
  /// Begins to load a step's images into whichever of two tensors the step before does not use. What goes wrong is told
  /// when the images are asked for.
  void load_ahead(std::int64_t step) {
    if constexpr (HasAsyncCopies<F>) {
      ahead_ = step;
      try {
        auto examples = read_(items(step), epoch_of(step));
        const Images<float>& next = examples.images;
        given_ = std::move(examples.given);
        Tensor<F>& to = images_[step % 2];
        const Shape shape{next.count, next.height, next.width, next.channels};
        if (to.shape() != shape) {
          to = Tensor<F>(on_, shape);
          synchronise(on_);  // its memory may have been another tensor's until now
        }
        copy_ahead(on_, to.size(), next.pixels.data(), to.data());
      } catch (...) { failed_ = std::current_exception(); }
    }
  }

 private:
  std::int64_t epoch_of(std::int64_t step) const { return step / steps_per_epoch(); }
  std::vector<std::int64_t> items(std::int64_t step) {
    const std::int64_t epoch = epoch_of(step), count = how_.batch / how_.ranks;
    const std::int64_t first = step % steps_per_epoch() * how_.batch + how_.rank * count;
    const std::int64_t shuffled = how_.reshuffle ? epoch : 0;
    if (epoch_ != shuffled) {
      order_ = shuffle(data_.size(), how_.seed, shuffled);
      epoch_ = shuffled;
    }
    return {order_.begin() + first, order_.begin() + first + count};
  }

  F on_;
  const Data& data_;
  Order how_;
  Read read_;
  std::vector<std::int64_t> order_;
  std::int64_t epoch_ = -1, ahead_ = -1;  // the epoch of the order; the step that was loaded ahead
  std::exception_ptr failed_;
  Tensor<F> images_[2];
  GivenOf<Data> given_{};  // with the images that were loaded ahead
};

}  // namespace hush
