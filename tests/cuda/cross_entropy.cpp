#include <cuda/against.hpp>

#include <hush/cpu/cross_entropy.hpp>
#include <hush/cuda/cross_entropy.hpp>

using namespace against;

TEST_CASE("cuda cross_entropy: each row's, and their gradient") {
  each_machine([&]<class P>(const Cuda<P, Machine>& on) {
    using T = ScalarOf<P>;
    for (const std::int64_t classes : {1, 2, 10, 33})
      for (const std::int64_t rows : {1, 7, 130}) {
        CAPTURE(classes);
        CAPTURE(rows);
        std::vector<std::int32_t> labels;
        for (std::int64_t i = 0; i < rows; ++i) labels.push_back(std::int32_t(7 * i % classes));
        Tensor<Cuda<P, Machine>, std::int32_t> near_labels(on, {rows});
        copy_in(on, rows, labels.data(), near_labels.data());
        const auto x = random<T>(rows * classes, unsigned(rows + classes));
        const auto wide = put<double>(Double{}, x), wide_dy = put<double>(Double{}, {-1.5});
        const auto narrow = put<T>(on, x), dy = put<T>(on, {-1.5});

        auto wanted = room<double>(Double{}, rows), slope = room<double>(Double{}, rows * classes);
        cross_entropy(Double{}, rows, classes, wide.data(), labels.data(), wanted.data());
        cross_entropy_backward(Double{}, rows, classes, 0.25, wide.data(), labels.data(), wide_dy.data(), slope.data());
        auto found = room<float>(on, rows);
        auto dx = room<T>(on, rows * classes);
        cross_entropy(on, rows, classes, narrow.data(), std::as_const(near_labels).data(), found.data());
        cross_entropy_backward(on, rows, classes, 0.25, narrow.data(), std::as_const(near_labels).data(), dy.data(),
                               dx.data());
        CHECK(distance(download<double>(found), download<double>(wanted)) < 1e-5);
        CHECK(distance(download<double>(dx), download<double>(slope)) < tolerance<P>());
      }
  });
}
