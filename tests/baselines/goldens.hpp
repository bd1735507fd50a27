#pragma once
#include <doctest/doctest.h>

#include <cmath>
#include <span>
#include <string>
#include <vector>

#include <hush/cpu/kernels.hpp>
#include <hush/io/key_map.hpp>
#include <hush/io/weights.hpp>

#include "../sine_weights.hpp"

// What PyTorch 2.15 says in double precision of weights by the rule of sine_weights.hpp (running variances as weights
// of norms), networks written there from the papers with the names of the layers here.
namespace goldens {

using namespace hush;
using B = Cpu<double>;

template <class Net>
void fill_by_sines(Net& net) {
  Net copy = net;
  io::Arrays arrays = sine::weights(io::extents_of(FlatParameters<B>(copy)));
  for (auto& [name, array] : arrays.items) {
    if (!name.ends_with("running_var")) continue;
    std::vector<double> values = io::values_of<double>(array);
    for (double& v : values) v += 1;
    array = io::array_of<double>(array.shape, values);
  }
  io::load_arrays(arrays, "sines", net);
}

inline Tensor<B> tensor(const Shape& shape, const std::vector<double>& values) {
  return upload(B{}, shape, std::span<const double>(values));
}

/// The sum and the sum of the magnitudes of an output, its first number and its last.
struct Golden {
  double sum, magnitude, first, last;
};
inline void check_golden(const Tensor<B>& output, const Golden& golden) {
  const std::vector<double> y = download<double>(output);
  double sum = 0, magnitude = 0;
  for (const double v : y) {
    sum += v;
    magnitude += std::abs(v);
  }
  CHECK(sum == doctest::Approx(golden.sum).epsilon(1e-9));
  CHECK(magnitude == doctest::Approx(golden.magnitude).epsilon(1e-10));
  CHECK(y.front() == doctest::Approx(golden.first).epsilon(1e-9));
  CHECK(y.back() == doctest::Approx(golden.last).epsilon(1e-9));
}

}  // namespace goldens
