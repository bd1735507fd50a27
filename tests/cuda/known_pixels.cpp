#include <cuda/against.hpp>

#include <hush/cpu/known_pixels.hpp>
#include <hush/cuda/known_pixels.hpp>
#include <hush/kernels/known_pixels.hpp>

using namespace against;

TEST_CASE("cuda known pixels: the CPU's numbers, also where the two sides have other precisions") {
  each_machine([](const auto& on) {
    using B = std::remove_cvref_t<decltype(on)>;
    using F = typename B::full;
    for (const std::int64_t channels : {1, 2, 3, 16})
      for (const std::int64_t width : {1, 5, 64}) {
        CAPTURE(channels);
        CAPTURE(width);
        const Shape shape{2, 3, width, channels};
        const auto inside = random<typename B::scalar>(shape.size(), 1), outside = random<float>(shape.size(), 2);
        std::vector<double> hole, wanted;
        for (std::int64_t p = 0; p < shape.size() / channels; ++p) hole.push_back(double(p % 3 == 1 || p % 5 == 2));
        for (std::int64_t i = 0; i < shape.size(); ++i)
          wanted.push_back(hole[std::size_t(i / channels)] != 0
                               ? inside[std::size_t(i)]
                               : double(float(typename B::scalar(float(outside[std::size_t(i)])))));
        const auto holes = upload(on.in_full(), {2, 3, width, 1}, std::span<const double>(hole));
        const Tensor<B> a = upload(on, shape, std::span<const double>(inside));
        const Tensor<F> b = upload(on.in_full(), shape, std::span<const double>(outside));
        CHECK(download<double>(choose(holes, a, b)) == wanted);
        CHECK(download<double>(choose(holes, cast(on.in_full(), a), cast(on, b))) == wanted);
        Tensor<F> x = upload(on.in_full(), shape, std::span<const double>(inside));
        put_back(KnownPixels<F>{b, holes}, x);
        const auto found = download<double>(x);
        for (std::int64_t i = 0; i < shape.size(); ++i)
          CHECK(found[std::size_t(i)] == (hole[std::size_t(i / channels)] != 0 ? inside : outside)[std::size_t(i)]);
      }
  });
}
