#pragma once
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <hush/images.hpp>
#include <hush/tensor/shape.hpp>

namespace hush {

/// A dense array on backend B, the last extent contiguous. Copies share memory and there are no strides; only the op
/// that makes a tensor, the optimizer and the executor of a plan write it. T is B::scalar for activations and B::master
/// for parameters and statistics. A default-constructed tensor is empty: no memory, no elements.
template <class B, class T = typename B::scalar>
class Tensor {
 public:
  using backend = B;
  using scalar = T;

  Tensor() = default;
  /// Uninitialised memory of `shape`. Throws OutOfMemory.
  Tensor(const B& on, const Shape& shape) : backend_(on), shape_(shape), data_(on.template allocate<T>(shape.size())) {}
  /// The same memory under another shape of as many elements: [N, H, W, C] as [N * H * W, C], say.
  Tensor reshaped(const Shape& shape) const {
    check(shape.size() == size(), "reshaped", shape_, " has ", size(), " elements, ", shape, " has ", shape.size());
    return Tensor(backend_, shape, data_);
  }
  /// A view of `shape.size()` elements of this tensor's memory from `offset` on; parameters are such views of one
  /// buffer. Throws std::invalid_argument for elements outside.
  Tensor part(std::int64_t offset, const Shape& shape) const {
    check(offset >= 0 && offset + shape.size() <= size(), "part", "elements ", offset, " to ", offset + shape.size(),
          " lie outside of ", shape_);
    return Tensor(backend_, shape, std::shared_ptr<T[]>(data_, data_.get() + offset));
  }

  /// The same memory under another handle of the same machine: another precision with the same scalar, say.
  template <class Other>
  Tensor<Other, T> handled_by(const Other& on) const {
    return Tensor<Other, T>(on, shape_, data_);
  }

  const B& on() const { return backend_; }
  const Shape& shape() const { return shape_; }
  bool empty() const { return !data_; }
  std::int64_t size() const { return empty() ? 0 : shape_.size(); }
  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  /// Whether no other tensor shares this memory.
  bool unshared() const { return data_.use_count() == 1; }

 private:
  template <class, class>
  friend class Tensor;
  Tensor(const B& on, const Shape& shape, std::shared_ptr<T[]> data)
      : backend_(on), shape_(shape), data_(std::move(data)) {}

  B backend_{};
  Shape shape_{0};
  std::shared_ptr<T[]> data_;
};

/// Memory of the shape (and backend) of `like`.
template <class B, class T>
Tensor<B, T> empty_like(const Tensor<B, T>& like) {
  return Tensor<B, T>(like.on(), like.shape());
}

/// A tensor all of whose elements are `value`.
template <class B>
Tensor<B> filled(const B& on, const Shape& shape, double value) {
  Tensor<B> y(on, shape);
  fill(on, y.size(), value, y.data());
  return y;
}

/// `x` in the scalars of `on`, a handle of the same machine; it shares its memory with x where these are the same.
template <class To, class From, class T>
Tensor<To> cast(const To& on, const Tensor<From, T>& x) {
  if constexpr (std::is_same_v<typename To::scalar, T>) {
    return x.handled_by(on);
  } else {
    Tensor<To> y(on, x.shape());
    copy(on, x.size(), x.data(), y.data());
    return y;
  }
}

/// Host numbers as a tensor; `values.size()` must be `shape.size()`.
template <class B, class H>
Tensor<B> upload(const B& on, const Shape& shape, std::span<const H> values) {
  check(std::int64_t(values.size()) == shape.size(), "upload", shape, " wants ", shape.size(), " values, got ",
        values.size());
  Tensor<B> y(on, shape);
  copy_in(on, shape.size(), values.data(), y.data());
  return y;
}

/// Images as a tensor [N, H, W, C].
template <class B, class H>
Tensor<B> upload(const B& on, const Images<H>& images) {
  return upload(on, Shape{images.count, images.height, images.width, images.channels},
                std::span<const H>(images.pixels));
}

/// The elements of a tensor on the host, in order.
template <class H, class B, class T>
std::vector<H> download(const Tensor<B, T>& x) {
  std::vector<H> values(std::size_t(x.size()));
  copy_out(x.on(), x.size(), x.data(), values.data());
  return values;
}

/// Tensors [N, H, W, C] as images on the host.
template <class B>
Images<float> download_images(const Tensor<B>& x) {
  const Shape& s = x.shape();
  return Images<float>(s[0], s[1], s[2], s[3], download<float>(x));
}

}  // namespace hush
