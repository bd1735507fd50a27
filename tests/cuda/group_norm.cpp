#include <cuda/against.hpp>

#include <hush/cpu/group_norm.hpp>
#include <hush/cuda/activated.hpp>
#include <hush/cuda/group_norm.hpp>
#include <hush/cuda/group_norm_backward.hpp>
#include <hush/cuda/group_norm_fused.hpp>
#include <hush/cuda/norm_column.hpp>
#include <hush/cuda/team/columns.hpp>

using namespace against;

namespace {

struct Found {
  std::vector<double> y, mean, rstd, dx, dgamma, dbeta;
};

/// group_norm and its backward on any backend.
template <class B>
Found normalised(const B& on, const GroupNormSizes& s, const std::vector<double>& x, const std::vector<double>& dy) {
  using T = typename B::scalar;
  using Master = typename B::master;
  const auto gamma = put<Master>(on, random<float>(s.channels, 3)),
             beta = put<Master>(on, random<float>(s.channels, 4));
  const auto in = put<T>(on, x), grad = put<T>(on, dy);
  auto y = room<T>(on, in.size()), dx = room<T>(on, in.size());
  auto mean = room<Master>(on, s.batch * s.groups), rstd = room<Master>(on, mean.size());
  auto dgamma = room<Master>(on, s.channels), dbeta = room<Master>(on, s.channels);
  group_norm(on, s, in.data(), gamma.data(), beta.data(), y.data(), mean.data(), rstd.data());
  group_norm_backward(on, s, grad.data(), in.data(), gamma.data(), std::as_const(mean).data(),
                      std::as_const(rstd).data(), dx.data(), dgamma.data(), dbeta.data());
  return {download<double>(y),  download<double>(mean),   download<double>(rstd),
          download<double>(dx), download<double>(dgamma), download<double>(dbeta)};
}

// One pixel, one channel, one image; channels that are and are not a multiple of 8; few groups, one, one a channel; one
// slab (up to 16,384 numbers an image) and several.
const GroupNormSizes all_sizes[] = {{1, 1, 1, 1, 1e-3},    {2, 1, 8, 1, 1e-3},    {3, 7, 5, 1, 1e-5},
                                    {2, 35, 12, 4, 1e-5},  {1, 9, 16, 16, 1e-3},  {2, 63, 24, 3, 0.1},
                                    {1, 5, 600, 2, 1e-3},  {2, 300, 24, 3, 1e-3}, {2, 1031, 24, 1, 0.1},
                                    {1, 1500, 16, 4, 0.1}, {2, 900, 19, 19, 1e-3}};

}  // namespace

TEST_CASE("cuda group_norm: forward and gradients are the CPU's") {
  each_machine([](const auto& on) {
    using B = std::decay_t<decltype(on)>;
    unsigned seed = 1;
    for (const GroupNormSizes& s : all_sizes) {
      CAPTURE(s.pixels);
      CAPTURE(s.channels);
      CAPTURE(s.groups);
      const std::int64_t size = s.batch * s.pixels * s.channels;
      const auto x = random<typename B::scalar>(size, seed++), dy = random<typename B::scalar>(size, seed++);
      const Found found = normalised(on, s, x, dy), wanted = normalised(Double{}, s, x, dy);
      const double most = tolerance<typename B::precision>();
      CHECK(distance(found.y, wanted.y) < most);
      CHECK(distance(found.mean, wanted.mean) < 1e-5);
      CHECK(distance(found.rstd, wanted.rstd) < 1e-5);
      CHECK(distance(found.dgamma, wanted.dgamma) < 1e-5);
      CHECK(distance(found.dbeta, wanted.dbeta) < 1e-5);
      // Where a group is one number (or nearly), dx is what is left of numbers that cancel.
      if (s.pixels * s.channels / s.groups > 4) CHECK(distance(found.dx, wanted.dx) < most);
    }
  });
}

TEST_CASE("cuda group_norm: a mean far off the spread costs no digits but those of the numbers themselves") {
  each_machine([](const auto& on) {
    using B = std::decay_t<decltype(on)>;
    if (std::is_same_v<typename B::precision, bf16>) return;
    for (const std::int64_t pixels : {200, 3000}) {
      const GroupNormSizes s{2, pixels, 16, 2, 0};
      auto x = random<float>(s.batch * s.pixels * s.channels, 11);
      for (double& v : x) v = double(float(1000 + v));
      const Found found = normalised(on, s, x, x), wanted = normalised(Double{}, s, x, x);
      CHECK(distance(found.rstd, wanted.rstd) < 1e-5);
      CHECK(distance(found.y, wanted.y) < 1e-4);
    }
  });
}

TEST_CASE("cuda group_norm: gradients that nobody wants are left alone, and no image is no trouble") {
  each_machine([](const auto& on) {
    using B = std::decay_t<decltype(on)>;
    using T = typename B::scalar;
    for (const std::int64_t pixels : {5, 2100}) {
      const GroupNormSizes s{2, pixels, 8, 2, 1e-3};
      const auto x = random<T>(s.batch * s.pixels * s.channels, 5);
      const Found all = normalised(on, s, x, x);
      const auto in = put<T>(on, x);
      const auto gamma = put<float>(on, random<float>(8, 3)), mean = put<float>(on, all.mean);
      const auto rstd = put<float>(on, all.rstd);
      auto dx = room<T>(on, in.size());
      auto dbeta = room<float>(on, 8);
      group_norm_backward(on, s, in.data(), in.data(), gamma.data(), mean.data(), rstd.data(), dx.data(), nullptr,
                          nullptr);
      group_norm_backward(on, s, in.data(), in.data(), gamma.data(), mean.data(), rstd.data(), nullptr, nullptr,
                          dbeta.data());
      CHECK(download<double>(dx) == all.dx);
      CHECK(download<double>(dbeta) == all.dbeta);
    }
    const Found none = normalised(on, {0, 4, 8, 2, 1e-3}, {}, {});
    CHECK(none.dgamma == std::vector<double>(8, 0.0));
  });
}

TEST_CASE("cuda group_norm: an image's numbers do not depend on the batch") {
  each_machine([](const auto& on) {
    using T = typename std::decay_t<decltype(on)>::scalar;
    const GroupNormSizes s{3, 2100, 8, 2, 1e-3};
    const auto x = random<T>(s.batch * s.pixels * s.channels, 6);
    const std::vector<double> last(x.end() - s.pixels * s.channels, x.end());
    const auto batch = normalised(on, s, x, x).y, alone = normalised(on, {1, 2100, 8, 2, 1e-3}, last, last).y;
    CHECK(std::vector<double>(batch.end() - s.pixels * s.channels, batch.end()) == alone);
  });
}

TEST_CASE("cuda group_norm: a batch that is worked on in parts because the cache holds no more") {
  teams_of(1);
  const Cuda<float, Machine> on;
  const GroupNormSizes s{3, 70'000, 32, 4, 1e-3}, one{1, 70'000, 32, 4, 1e-3};
  REQUIRE(images_at_once<float>(s, 1) == 2);
  REQUIRE(images_at_once<float>(s, 2) == 1);
  const std::int64_t size = s.pixels * s.channels;
  std::vector<double> x(std::size_t(3 * size), 0.0);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = double(i * 2654435761u % 1021) / 512;
  const Found batch = normalised(on, s, x, x);
  std::vector<double> dbeta(32, 0.0), y, dx;
  for (int image = 0; image < 3; ++image) {
    const std::vector<double> own(x.begin() + image * size, x.begin() + (image + 1) * size);
    const Found alone = normalised(on, one, own, own);
    y.insert(y.end(), alone.y.begin(), alone.y.end()), dx.insert(dx.end(), alone.dx.begin(), alone.dx.end());
    for (std::size_t c = 0; c < 32; ++c) dbeta[c] += alone.dbeta[c];
  }
  CHECK(batch.y == y);
  CHECK(batch.dx == dx);
  CHECK(distance(batch.dbeta, dbeta) < 1e-6);
}

TEST_CASE("cuda group_norm_fused: gradients that nobody wants are left alone") {
  each_machine([](const auto& on) {
    using T = typename std::decay_t<decltype(on)>::scalar;
    const GroupNormSizes s{2, 9, 8, 2, 1e-3};
    const auto x = put<T>(on, random<T>(144, 1)), residual = put<T>(on, random<T>(144, 2));
    const auto shift = put<T>(on, random<T>(16, 3));
    const auto p = put<float>(on, random<float>(8, 4));
    auto y = room<T>(on, 144), dresidual = room<T>(on, 144), dshift = room<T>(on, 16), first = room<T>(on, 144);
    auto mean = room<float>(on, 4), rstd = room<float>(on, 4);
    const NormFusion<T> fusion{.activation = Activation::silu, .shift = shift.data(), .residual = residual.data()};
    group_norm_fused(on, s, fusion, x.data(), p.data(), p.data(), y.data(), mean.data(), rstd.data());
    const auto backward = [&](const NormFusionGrads<T, float>& grads) {
      group_norm_fused_backward(on, s, fusion, std::as_const(y).data(), x.data(), p.data(), p.data(),
                                std::as_const(mean).data(), std::as_const(rstd).data(), grads);
    };
    backward({});
    backward({.residual = first.data()});
    backward({.shift = dshift.data(), .residual = dresidual.data()});
    CHECK(download<double>(first) == download<double>(dresidual));
    double sum = 0, of_image = 0;
    for (int i = 0; i < 72; ++i) sum += download<double>(dresidual)[std::size_t(i)];
    for (int i = 0; i < 8; ++i) of_image += download<double>(dshift)[std::size_t(i)];
    CHECK(of_image == doctest::Approx(sum).epsilon(0.05));
  });
}
