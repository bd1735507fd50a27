#include <cuda/against.hpp>

#include <hush/cpu/binary_cross_entropy.hpp>
#include <hush/cuda/binary_cross_entropy.hpp>

using namespace against;

TEST_CASE("cuda binary_cross_entropy: each logit's, and their gradient") {
  each_machine([&]<class P>(const Cuda<P, Machine>& on) {
    using T = ScalarOf<P>;
    for (const std::int64_t n : {1, 7, 16, 130}) {
      CAPTURE(n);
      const auto x = random<T>(n, unsigned(n));
      std::vector<double> target;
      for (std::int64_t i = 0; i < n; ++i) target.push_back(double(i % 2));
      const auto wide = put<double>(Double{}, x), wide_target = put<double>(Double{}, target),
                 wide_dy = put<double>(Double{}, {-1.5});
      const auto narrow = put<T>(on, x), narrow_target = put<T>(on, target), dy = put<T>(on, {-1.5});
      auto wanted = room<double>(Double{}, n), slope = room<double>(Double{}, n);
      binary_cross_entropy(Double{}, n, wide.data(), wide_target.data(), wanted.data());
      binary_cross_entropy_backward(Double{}, n, 0.25, wide.data(), wide_target.data(), wide_dy.data(), slope.data());
      auto found = room<float>(on, n);
      auto dx = room<T>(on, n);
      binary_cross_entropy(on, n, narrow.data(), narrow_target.data(), found.data());
      binary_cross_entropy_backward(on, n, 0.25, narrow.data(), narrow_target.data(), dy.data(), dx.data());
      CHECK(distance(download<double>(found), download<double>(wanted)) < 1e-5);
      CHECK(distance(download<double>(dx), download<double>(slope)) < tolerance<P>());
    }
  });
}
