#pragma once
#include <cstdint>

#include <hush/cuda/cuda.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

namespace bodies {
/// A matrix [rows, columns] as one of another size, from the same corner on: what is new is zero, what has no place is
/// left out. So images get more channels or lose them again, and weights [O, kH, kW, I] as rows of I.
template <class T>
struct FitMatrix {
  struct Size {
    std::int64_t rows, columns;
  };
  Size from_size, to_size;
  const T* from;
  T* to;

  template <class Team>
  HUSH_HOST_DEVICE void operator()(const Team& team) const {
    for (std::int64_t i = first_of(team), all = to_size.rows * to_size.columns; i < all; i += all_of(team)) {
      const std::int64_t row = i / to_size.columns, column = i % to_size.columns;
      const bool there = row < from_size.rows && column < from_size.columns;
      to[i] = there ? from[row * from_size.columns + column] : T(0.f);
    }
  }
};
}  // namespace bodies

/// Fits `from` [rows, columns] into `to` [to_rows, to_columns].
template <class P, class M, class T>
void fit_matrix(const Cuda<P, M>& on, std::int64_t rows, std::int64_t columns, const T* from, std::int64_t to_rows,
                std::int64_t to_columns, T* to) {
  launch(on, bodies::FitMatrix<T>{{rows, columns}, {to_rows, to_columns}, from, to}, grid_for(to_rows * to_columns, 4));
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
