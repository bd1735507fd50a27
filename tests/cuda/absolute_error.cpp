#include <cuda/against.hpp>

#include <hush/cpu/absolute_error.hpp>
#include <hush/cuda/absolute_error.hpp>

using namespace against;

TEST_CASE("cuda absolute_error: each number's, and the gradient") {
  each_machine([&]<class P>(const Cuda<P, Machine>& on) {
    using T = ScalarOf<P>;
    for (const std::int64_t n : {1, 7, 16, 130}) {
      CAPTURE(n);
      auto a = random<T>(n, unsigned(n)), b = random<T>(n, unsigned(n) + 1);
      b[0] = a[0];
      const auto wide_a = put<double>(Double{}, a), wide_b = put<double>(Double{}, b),
                 wide_dy = put<double>(Double{}, {-1.5});
      const auto narrow_a = put<T>(on, a), narrow_b = put<T>(on, b), dy = put<T>(on, {-1.5});
      auto wanted = room<double>(Double{}, n), slope = room<double>(Double{}, n);
      absolute_error(Double{}, n, wide_a.data(), wide_b.data(), wanted.data());
      absolute_error_backward(Double{}, n, 0.25, wide_a.data(), wide_b.data(), wide_dy.data(), slope.data());
      auto found = room<float>(on, n);
      auto da = room<T>(on, n);
      absolute_error(on, n, narrow_a.data(), narrow_b.data(), found.data());
      absolute_error_backward(on, n, 0.25, narrow_a.data(), narrow_b.data(), dy.data(), da.data());
      CHECK(distance(download<double>(found), download<double>(wanted)) < 1e-5);
      CHECK(distance(download<double>(da), download<double>(slope)) < tolerance<P>());
    }
  });
}
