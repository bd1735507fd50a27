#include <cuda/against.hpp>

#include <hush/cpu/batch_norm.hpp>
#include <hush/cpu/group_norm.hpp>
#include <hush/cuda/additions.hpp>
#include <hush/cuda/batch_norm.hpp>
#include <hush/cuda/group_norm.hpp>
#include <hush/nn/batch_norm.hpp>

using namespace against;

namespace {

/// Positive numbers, the same for each backend.
std::vector<double> positive(std::int64_t count, unsigned seed) {
  auto values = random<float>(count, seed);
  for (double& v : values) v = double(float(0.3 + v * v));
  return values;
}

/// A layer whose parameters and running statistics are those of no batch.
template <class B>
nn::BatchNorm<B> layer(const B& on, std::int64_t channels) {
  nn::BatchNorm<B> norm(on, channels, {.momentum = 0.25, .eps = 1e-3});
  copy_in(on, channels, random<float>(channels, 3).data(), norm.weight.value.data());
  copy_in(on, channels, random<float>(channels, 4).data(), norm.bias.value.data());
  copy_in(on, channels, random<float>(channels, 5).data(), norm.running_mean.value.data());
  copy_in(on, channels, positive(channels, 6).data(), norm.running_var.value.data());
  return norm;
}

/// y of training, the gradients of x, scale and shift, what the running statistics should change by, and y without a
/// tape.
template <class B>
std::vector<std::vector<double>> found_on(const B& on, const Shape& shape, unsigned seed) {
  const auto put_in = [&](unsigned number) {
    return upload(on, shape, std::span<const double>(random<bf16>(shape.size(), number)));
  };
  const nn::BatchNorm<B> norm = layer(on, shape.back());
  Tape<B> tape;
  const Var<B> x = tape.variable(put_in(seed));
  const Var<B> y = norm(x);
  tape.backward(y, put_in(seed + 1));
  return {download<double>(y.value()),
          download<double>(tape.gradient(x)),
          download<double>(norm.weight.grad),
          download<double>(norm.bias.grad),
          download<double>(norm.running_mean.grad),
          download<double>(norm.running_var.grad),
          download<double>(norm(x.value()))};
}

}  // namespace

TEST_CASE("cuda batch norm: training, its gradients, the running statistics and sampling are the CPU's") {
  each_machine([]<class P>(const Cuda<P, Machine>& on) {
    unsigned seed = 10;
    // Channels that are and are not a multiple of 8; more than a team has members; several slabs.
    for (const Shape& shape : {Shape{2, 3, 2, 1}, Shape{3, 4, 5, 8}, Shape{2, 5, 7, 12}, Shape{1, 9, 3, 24},
                               Shape{7, 5}, Shape{2, 4, 4, 600}, Shape{4, 31, 33, 16}, Shape{2, 40, 37, 7}}) {
      CAPTURE(shape);
      const auto found = found_on(on, shape, seed), wanted = found_on(Double{}, shape, seed);
      seed += 2;
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        CAPTURE(i);
        const bool rounded = i < 2 || i == 6;  // activations are in the backend's scalars
        CHECK(distance(found[i], wanted[i]) < (rounded ? tolerance<P>() : 2e-5));
      }
    }
  });
}

TEST_CASE("cuda batch norm: without a tape, memory that is not aligned and no pixels at all are no trouble") {
  each_machine([](const auto& on) {
    using T = typename std::decay_t<decltype(on)>::scalar;
    const std::int64_t pixels = 1000, channels = 16;
    const GroupNormSizes s{1, pixels, channels, channels, 1e-3};
    const auto mean = put<float>(on, random<float>(channels, 1)), variance = put<float>(on, positive(channels, 2));
    const auto gamma = put<float>(on, random<float>(channels, 3)), beta = put<float>(on, random<float>(channels, 4));
    const auto x = random<T>(pixels * channels + 1, 5);
    const auto straight = put<T>(on, std::vector<double>(x.begin() + 1, x.end())), askew = put<T>(on, x);
    auto y = room<T>(on, pixels * channels), z = room<T>(on, pixels * channels + 1);
    const auto run = [&](const T* from, T* to) {
      normalise_channels(on, s, from, mean.data(), variance.data(), gamma.data(), beta.data(), to);
    };
    run(straight.data(), y.data());
    run(askew.data() + 1, z.data() + 1);
    const auto wanted = download<double>(y), found = download<double>(z);
    CHECK(std::isnan(found[0]));
    CHECK(distance({found.begin() + 1, found.end()}, wanted) <
          tolerance<T>());  // a compiler may contract one loop only
    normalise_channels(on, {1, 0, channels, channels, 1e-3}, straight.data(), mean.data(), variance.data(),
                       gamma.data(), beta.data(), y.data());
    CHECK(download<double>(y) == wanted);
  });
}

TEST_CASE("cuda batch norm: a running statistic that nobody wants is left out, and no variance is below 0") {
  each_machine([](const auto& on) {
    const GroupNormSizes s{1, 5, 2, 2, 0.5};
    const auto mean = put<float>(on, {3, -1}), rstd = put<float>(on, {1 / std::sqrt(2.5), 1.5});
    const auto old_mean = put<float>(on, {1, 1}), old = put<float>(on, {4, 4});
    auto to_mean = room<float>(on, 2), to_variance = room<float>(on, 2);
    const auto run = [&](float* of_mean, float* of_variance) {
      running_changes(on, s, 0.25, mean.data(), rstd.data(), old_mean.data(), old.data(), of_mean, of_variance);
    };
    run(to_mean.data(), nullptr);
    CHECK(std::isnan(download<double>(to_variance)[0]));
    run(nullptr, to_variance.data());
    CHECK(download<double>(to_mean) == std::vector<double>{0.5, -0.5});
    CHECK(download<double>(to_variance)[0] == doctest::Approx(0.25 * (2 * 5. / 4 - 4)));
    CHECK(download<double>(to_variance)[1] == doctest::Approx(0.25 * (0 - 4)));  // 1 / rstd^2 is below eps
  });
}
