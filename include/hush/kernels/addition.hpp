#pragma once
#include <cstdint>

namespace hush {

/// sum[i] += x[i] for n numbers of a backend's memory; x are `scalars` or, where these are nullptr, `masters`.
template <class Scalar, class Master>
struct Addition {
  std::int64_t n = 0;
  const Scalar* scalars = nullptr;
  const Master* masters = nullptr;
  Master* sum = nullptr;
};

}  // namespace hush
