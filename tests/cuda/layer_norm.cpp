#include <cuda/against.hpp>

#include <hush/cpu/layer_norm.hpp>
#include <hush/cuda/layer_norm.hpp>

using namespace against;

namespace {

struct Sizes {
  std::int64_t images, rows, width;
};

template <class B>
std::vector<std::vector<double>> normalised(const B& on, const Sizes& s, double eps, unsigned seed) {
  using T = typename B::scalar;
  using Master = typename B::master;
  const auto x = put<T>(on, random<bf16>(s.rows * s.width, seed)), dy = put<T>(on, random<bf16>(x.size(), seed + 1));
  const auto gamma = put<Master>(on, random<float>(s.width, seed + 2));
  const auto beta = put<Master>(on, random<float>(s.width, seed + 3));
  auto y = room<T>(on, x.size()), dx = room<T>(on, x.size());
  auto mean = room<Master>(on, s.rows), rstd = room<Master>(on, s.rows);
  auto dgamma = room<Master>(on, s.width), dbeta = room<Master>(on, s.width), only = room<Master>(on, s.width);
  layer_norm(on, s.rows, s.width, eps, x.data(), gamma.data(), beta.data(), y.data(), mean.data(), rstd.data());
  const auto backward = [&](T* to_x, Master* to_gamma, Master* to_beta) {
    layer_norm_backward(on, s.images, s.rows, s.width, dy.data(), x.data(), gamma.data(), std::as_const(mean).data(),
                        std::as_const(rstd).data(), to_x, to_gamma, to_beta);
  };
  backward(dx.data(), dgamma.data(), dbeta.data());
  backward(nullptr, only.data(), nullptr);
  CHECK(download<double>(only) == download<double>(dgamma));
  return {download<double>(y),  download<double>(mean),   download<double>(rstd),
          download<double>(dx), download<double>(dgamma), download<double>(dbeta)};
}

}  // namespace

TEST_CASE("cuda layer_norm: forward and gradients are the CPU's") {
  // One number in all; widths that are and are not a multiple of 8, narrower and wider than a team; many rows an image.
  const Sizes all[] = {{1, 1, 1},    {1, 1, 8},   {2, 6, 5},     {3, 9, 64},
                       {1, 2, 1043}, {2, 4, 520}, {2, 1300, 24}, {1, 3000, 7}};
  each_machine([&](const auto& on) {
    using P = typename std::decay_t<decltype(on)>::precision;
    unsigned seed = 1;
    for (const Sizes& s : all) {
      CAPTURE(s.rows);
      CAPTURE(s.width);
      const auto found = normalised(on, s, 1e-3, seed), wanted = normalised(Double{}, s, 1e-3, seed);
      for (std::size_t i = 0; i < found.size(); ++i) {
        CAPTURE(i);
        // What is left of dx in a row of one number is what is left of numbers that cancel.
        if (s.width > 1 || i != 3) CHECK(distance(found[i], wanted[i]) < tolerance<P>());
      }
      seed += 10;
    }
  });
}

TEST_CASE("cuda layer_norm: a mean far off the spread costs no digits but those of the numbers themselves") {
  each_machine([](const auto& on) {
    if (std::is_same_v<typename std::decay_t<decltype(on)>::precision, bf16>) return;
    auto numbers = random<float>(2 * 320, 3);
    for (double& v : numbers) v = double(float(1000 + v));
    const auto rstd_of = [&]<class Any>(const Any& any) {
      using T = typename Any::scalar;
      using Master = typename Any::master;
      const auto x = put<T>(any, numbers);
      const auto one = put<Master>(any, std::vector<double>(320, 1));
      auto y = room<T>(any, x.size());
      auto mean = room<Master>(any, 2), rstd = room<Master>(any, 2);
      layer_norm(any, 2, 320, 0, x.data(), one.data(), one.data(), y.data(), mean.data(), rstd.data());
      return download<double>(rstd);
    };
    CHECK(distance(rstd_of(on), rstd_of(Double{})) < 1e-5);
  });
}
