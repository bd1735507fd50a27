#include <cuda/against.hpp>

#include <hush/cpu/learned_variance.hpp>
#include <hush/cuda/learned_variance.hpp>

using namespace against;

TEST_CASE("cuda learned variance: the hybrid loss of each number, and its slopes") {
  each_machine([&]<class P>(const Cuda<P, Machine>& on) {
    using T = ScalarOf<P>;
    struct Extents {
      std::int64_t pixels, channels;
    };
    for (const Extents& e : {Extents{1, 1}, Extents{5, 3}, Extents{130, 4}}) {
      CAPTURE(e.pixels);
      const std::int64_t images = 3, count = images * e.pixels * e.channels;
      const auto f = random<T>(2 * count, 1), target = random<float>(count, 2);
      auto x0 = random<float>(count, 3);
      for (double& v : x0) v = std::fmax(-1, std::fmin(1, v));  // some at both ends
      // weight, bound, mean, low, range, decodes
      const std::vector<double> numbers{1, .7, .05, -5, 2, 0, .5, 1, -.4, -1, .5, 0, 1, .3, .02, -6, 3, 1};
      const Double cpu;
      const auto wide_f = put<double>(cpu, f), wide_target = put<double>(cpu, target), wide_x0 = put<double>(cpu, x0),
                 wide_numbers = put<double>(cpu, numbers), wide_dy = put<double>(cpu, {-1.5});
      const auto near_f = put<T>(on, f), dy = put<T>(on, {-1.5});
      const auto near_target = put<float>(on, target), near_x0 = put<float>(on, x0),
                 near_numbers = put<float>(on, numbers), master_dy = put<float>(on, {-1.5});
      auto wanted = room<double>(cpu, count), wanted_df = room<double>(cpu, 2 * count);
      hybrid_loss(cpu, images, e.pixels, e.channels, wide_f.data(), wide_target.data(), wide_x0.data(),
                  wide_numbers.data(), wanted.data());
      hybrid_loss_backward(cpu, images, e.pixels, e.channels, .25, wide_f.data(), wide_target.data(), wide_x0.data(),
                           wide_numbers.data(), wide_dy.data(), wanted_df.data());
      auto found = room<float>(on, count);
      hybrid_loss(on, images, e.pixels, e.channels, near_f.data(), near_target.data(), near_x0.data(),
                  near_numbers.data(), found.data());
      CHECK(distance(download<double>(found), download<double>(wanted)) < 1e-5);
      for (const bool master : {false, true}) {
        auto df = room<T>(on, 2 * count);
        if (master)
          hybrid_loss_backward(on, images, e.pixels, e.channels, .25, near_f.data(), near_target.data(), near_x0.data(),
                               near_numbers.data(), master_dy.data(), df.data());
        else
          hybrid_loss_backward(on, images, e.pixels, e.channels, .25, near_f.data(), near_target.data(), near_x0.data(),
                               near_numbers.data(), dy.data(), df.data());
        CHECK(distance(download<double>(df), download<double>(wanted_df)) < std::fmax(tolerance<P>(), 5e-5));
      }
    }
  });
}

TEST_CASE("cuda learned variance: noise of a deviation of its own in each number") {
  const Cuda<float, Machine> on;
  for (const std::int64_t n : {1, 7, 130}) {
    const auto v = random<float>(n, 1), z = random<float>(n, 2);
    const Double cpu;
    const auto wide_v = put<double>(cpu, v), wide_z = put<double>(cpu, z);
    const auto near_v = put<float>(on, v), near_z = put<float>(on, z);
    auto wanted = room<double>(cpu, n);
    auto found = room<float>(on, n);
    scale_geometrically(cpu, n, .3, .8, wide_v.data(), wide_z.data(), wanted.data());
    scale_geometrically(on, n, .3, .8, near_v.data(), near_z.data(), found.data());
    CHECK(distance(download<double>(found), download<double>(wanted)) < 1e-5);
  }
}
