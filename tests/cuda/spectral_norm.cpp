#include <cuda/against.hpp>

#include <hush/cpu/spectral_norm.hpp>
#include <hush/cuda/spectral_norm.hpp>

using namespace against;

TEST_CASE("cuda spectral_norm: the quotient, its gradient and the power iteration") {
  each_machine([&]<class P>(const Cuda<P, Machine>& on) {
    using T = ScalarOf<P>;
    for (const std::int64_t rows : {1, 5, 64})
      for (const std::int64_t columns : {1, 9, 72}) {
        CAPTURE(rows);
        CAPTURE(columns);
        const std::int64_t n = rows * columns;
        const auto w = random<T>(n, unsigned(n)), dy = random<T>(n, unsigned(n) + 1), u = random<float>(rows, 3);
        const auto wide = put<double>(Double{}, w), wide_dy = put<double>(Double{}, dy),
                   wide_u = put<double>(Double{}, u);
        auto y = room<double>(Double{}, n), v = room<double>(Double{}, columns), scale = room<double>(Double{}, 2);
        auto dw = room<double>(Double{}, n), du = room<double>(Double{}, rows);
        spectral_norm(Double{}, rows, columns, wide.data(), wide_u.data(), y.data(), v.data(), scale.data());
        spectral_norm_backward(Double{}, rows, columns, wide_dy.data(), std::as_const(y).data(), wide_u.data(),
                               std::as_const(v).data(), std::as_const(scale).data(), dw.data());
        power_iteration(Double{}, rows, columns, wide.data(), wide_u.data(), std::as_const(v).data(), du.data());
        const auto narrow = put<T>(on, w), narrow_dy = put<T>(on, dy);
        const auto narrow_u = put<float>(on, u);
        auto found_y = room<T>(on, n), found_dw = room<T>(on, n);
        auto found_v = room<float>(on, columns), found_scale = room<float>(on, 2), found_du = room<float>(on, rows);
        spectral_norm(on, rows, columns, narrow.data(), narrow_u.data(), found_y.data(), found_v.data(),
                      found_scale.data());
        spectral_norm_backward(on, rows, columns, narrow_dy.data(), std::as_const(found_y).data(), narrow_u.data(),
                               std::as_const(found_v).data(), std::as_const(found_scale).data(), found_dw.data());
        power_iteration(on, rows, columns, narrow.data(), narrow_u.data(), std::as_const(found_v).data(),
                        found_du.data());
        CHECK(distance(download<double>(found_y), download<double>(y)) < tolerance<P>());
        CHECK(distance(download<double>(found_v), download<double>(v)) < 1e-5);
        CHECK(distance(download<double>(found_scale), download<double>(scale)) < 1e-5);
        if (rows > 1) CHECK(distance(download<double>(found_dw), download<double>(dw)) < 2 * tolerance<P>());
        if (rows > 1) CHECK(distance(download<double>(found_du), download<double>(du)) < 1e-4);
      }
  });
}
