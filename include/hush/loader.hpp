#pragma once
#include <cstdint>
#include <exception>
#include <span>
#include <utility>
#include <vector>

#include <hush/data/shuffle.hpp>
#include <hush/images.hpp>
#include <hush/tensor/backend.hpp>
#include <hush/tensor/tensor.hpp>

namespace hush {

/// The batches of a training in their order, a function of (seed, step). Where the backend copies beside what it
/// computes, the next batch can be read and sent on its way while this one is worked on.
template <Backend F, class Data>
class Loader {
 public:
  struct Order {
    std::int64_t batch = 1;
    std::uint64_t seed = 0;
    bool reshuffle = true;  // each epoch has an order of its own
  };
  Loader(const F& on, const Data& data, const Order& order) : on_(on), data_(data), how_(order) {}
  /// What is still on its way must arrive before its memory becomes another tensor's.
  ~Loader() {
    if constexpr (OffersMore<F>) {
      if (images_[0].empty() && images_[1].empty()) return;
      try {
        await_ahead(on_);
      } catch (...) {  // the device is lost, and its memory with it
      }
    }
  }

  std::int64_t steps_per_epoch() const { return data_.size() / how_.batch; }

  /// The images of a step, [batch, H, W, C].
  Tensor<F> batch(std::int64_t step) {
    const std::exception_ptr failed = std::exchange(failed_, nullptr);
    if (std::exchange(ahead_, -1) != step) return upload(on_, data_.batch(items(step)));
    if (failed) std::rethrow_exception(failed);
    if constexpr (OffersMore<F>) await_ahead(on_);
    return images_[step % 2];
  }
  /// Begins to load a step's images into whichever of two tensors the step before does not use. What goes wrong is told
  /// when the images are asked for.
  void load_ahead(std::int64_t step) {
    if constexpr (OffersMore<F>) {
      ahead_ = step;
      try {
        const Images<float> next = data_.batch(items(step));
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
  std::vector<std::int64_t> items(std::int64_t step) {
    const std::int64_t epoch = step / steps_per_epoch(), first = step % steps_per_epoch() * how_.batch;
    const std::int64_t shuffled = how_.reshuffle ? epoch : 0;
    if (epoch_ != shuffled) {
      order_ = data::shuffle(data_.size(), how_.seed, shuffled);
      epoch_ = shuffled;
    }
    return {order_.begin() + first, order_.begin() + first + how_.batch};
  }

  F on_;
  const Data& data_;
  Order how_;
  std::vector<std::int64_t> order_;
  std::int64_t epoch_ = -1, ahead_ = -1;  // the epoch of the order; the step that was loaded ahead
  std::exception_ptr failed_;
  Tensor<F> images_[2];
};

}  // namespace hush
