#pragma once
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include <hush/cuda/team/map.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

namespace bodies {
/// a + b; this and the next compute in float
struct Sum {
  HUSH_HOST_DEVICE float operator()(float a, float b) const { return a + b; }
};
/// a - b
struct Difference {
  HUSH_HOST_DEVICE float operator()(float a, float b) const { return a - b; }
};
/// a b
struct Product {
  HUSH_HOST_DEVICE float operator()(float a, float b) const { return a * b; }
};
/// s a
struct Scaled {
  float s;
  HUSH_HOST_DEVICE float operator()(float a, float) const { return s * a; }
};
/// a, in whatever type it comes
struct Same {
  template <class T>
  HUSH_HOST_DEVICE T operator()(T a, T) const {
    return a;
  }
};
}  // namespace bodies

namespace bodies {
/// Body: y[i] = value.
template <class Y>
struct Fill {
  std::int64_t n;
  Y value;
  Y* y;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t i = first_of(team); i < n; i += all_of(team)) y[i] = value;
  }
};
}  // namespace bodies
/// y = value, for numbers of any type.
template <class P, class M, class Y>
void fill(const Cuda<P, M>& on, std::int64_t n, double value, Y* y) {
  if (n > 0) launch(on, bodies::Fill<Y>{n, Y(value), y}, grid_for(n, 8));
}

/// y = x, within the backend; the types may differ.
template <class P, class M, class X, class Y>
void copy(const Cuda<P, M>& on, std::int64_t n, const X* x, Y* y) {
  map(on, n, bodies::Same{}, y, x);
}

/// Host numbers of any type to the backend's: y[i] = x[i]. Returns when x may be changed.
template <class P, class M, class H, class Y>
void copy_in(const Cuda<P, M>& on, std::int64_t n, const H* x, Y* y) {
  if constexpr (std::same_as<H, Y>) {
    on.machine().copy_in(y, x, std::size_t(n) * sizeof(Y));
  } else {
    std::vector<Y> converted(std::size_t(n), Y{});
    for (std::int64_t i = 0; i < n; ++i) converted[std::size_t(i)] = Y(x[i]);
    on.machine().copy_in(y, converted.data(), converted.size() * sizeof(Y));
  }
}

/// The same for floats, beside what is queued: `await_ahead` makes later work wait for it. y must not be in use.
template <class P, class M>
void copy_ahead(const Cuda<P, M>& on, std::int64_t n, const float* x, float* y) {
  on.machine().copy_ahead(y, x, std::size_t(n) * sizeof(float));
}
template <class P, class M>
void await_ahead(const Cuda<P, M>& on) {
  on.machine().await_ahead();
}

/// The backend's numbers to the host's, once all that was queued before is done; to whole numbers they are rounded, and
/// kept within what H can hold.
template <class P, class M, class X, class H>
void copy_out(const Cuda<P, M>& on, std::int64_t n, const X* x, H* y) {
  if constexpr (std::same_as<H, X>) {
    on.machine().copy_out(y, x, std::size_t(n) * sizeof(X));
  } else {
    std::vector<X> numbers(std::size_t(n), X{});
    on.machine().copy_out(numbers.data(), x, numbers.size() * sizeof(X));
    for (std::int64_t i = 0; i < n; ++i) {
      if constexpr (std::integral<H> && !std::integral<X>) {
        const double low = double(std::numeric_limits<H>::min()), high = double(std::numeric_limits<H>::max());
        const double value = std::nearbyint(double(numbers[std::size_t(i)]));
        y[i] = value >= high ? std::numeric_limits<H>::max() : value > low ? H(value) : std::numeric_limits<H>::min();
      } else {
        y[i] = H(numbers[std::size_t(i)]);
      }
    }
  }
}

template <class P, class M, class T>
void add(const Cuda<P, M>& on, std::int64_t n, const T* a, const T* b, T* y) {
  map(on, n, bodies::Sum{}, y, a, b);
}
template <class P, class M, class T>
void subtract(const Cuda<P, M>& on, std::int64_t n, const T* a, const T* b, T* y) {
  map(on, n, bodies::Difference{}, y, a, b);
}
template <class P, class M, class T>
void multiply(const Cuda<P, M>& on, std::int64_t n, const T* a, const T* b, T* y) {
  map(on, n, bodies::Product{}, y, a, b);
}
/// y = s x
template <class P, class M, class T>
void scale(const Cuda<P, M>& on, std::int64_t n, double s, const T* x, T* y) {
  map(on, n, bodies::Scaled{float(s)}, y, x);
}
/// sum += x; gradients in bf16 are summed in float so.
template <class P, class M, class X, class T>
void add_into(const Cuda<P, M>& on, std::int64_t n, const X* x, T* sum) {
  map(on, n, bodies::Sum{}, sum, static_cast<const T*>(sum), x);
}

namespace bodies {
/// Body: y[i] = s x[0].
template <class X, class Y>
struct Spread {
  std::int64_t n;
  float s;
  const X* x;
  Y* y;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const Y value = Y(s * float(*x));
    for (std::int64_t i = first_of(team); i < n; i += all_of(team)) y[i] = value;
  }
};
}  // namespace bodies
/// y[i] = s x[0] for all i
template <class P, class M, class X, class Y>
void spread(const Cuda<P, M>& on, std::int64_t n, double s, const X* x, Y* y) {
  if (n > 0) launch(on, bodies::Spread<X, Y>{n, float(s), x, y}, grid_for(n, 8));
}

namespace bodies {
/// Body: y = x + shift[image, channel].
template <class T>
struct AddChannels {
  std::int64_t batch, pixels, channels;
  const T *x, *shift;
  T* y;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const bool wide = channels % 8 == 0 && aligned_for_vec8(x) && aligned_for_vec8(shift) && aligned_for_vec8(y);
    const std::int64_t each = wide ? 8 : 1, size = pixels * channels;
    for (std::int64_t i = each * first_of(team); i < batch * size; i += each * all_of(team)) {
      const T* s = shift + i / size * channels + i % channels;
      if (wide) {
        auto v = Vec<8, T>::load(x + i);
        const auto more = Vec<8, T>::load(s);
        for (int k = 0; k < 8; ++k) v.v[k] = T(float(v.v[k]) + float(more.v[k]));
        v.store(y + i);
      } else {
        y[i] = T(float(x[i]) + float(*s));
      }
    }
  }
};
}  // namespace bodies
/// y = x + shift[image, channel], for x of [batch, pixels, channels].
template <class P, class M, class T>
void add_channels(const Cuda<P, M>& on, std::int64_t batch, std::int64_t pixels, std::int64_t channels, const T* x,
                  const T* shift, T* y) {
  launch(on, bodies::AddChannels<T>{batch, pixels, channels, x, shift, y}, grid_for(batch * pixels * channels, 8));
}

namespace bodies {
/// Body: columns of one matrix to another, eight at a time where memory allows.
template <class T>
struct CopyColumns {
  std::int64_t rows, columns;
  const T* x;
  std::int64_t x_line;
  T* y;
  std::int64_t y_line;
  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    const bool wide =
        columns % 8 == 0 && x_line % 8 == 0 && y_line % 8 == 0 && aligned_for_vec8(x) && aligned_for_vec8(y);
    const std::int64_t each = wide ? 8 : 1;
    for (std::int64_t i = each * first_of(team); i < rows * columns; i += each * all_of(team)) {
      const T* from = x + i / columns * x_line + i % columns;
      T* to = y + i / columns * y_line + i % columns;
      if (wide)
        Vec<8, T>::load(from).store(to);
      else
        *to = *from;
    }
  }
};
}  // namespace bodies
/// Copies `columns` columns of a matrix whose rows are x_line apart to one whose rows are y_line apart.
template <class P, class M, class T>
void copy_columns(const Cuda<P, M>& on, std::int64_t rows, std::int64_t columns, const T* x, std::int64_t x_line, T* y,
                  std::int64_t y_line) {
  if (rows * columns > 0)
    launch(on, bodies::CopyColumns<T>{rows, columns, x, x_line, y, y_line}, grid_for(rows * columns, 8));
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
