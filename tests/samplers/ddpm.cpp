#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include <hush/cpu/normals.hpp>
#include <hush/grids/leading.hpp>
#include <hush/parameterizations/predict_velocity.hpp>
#include <hush/random/torch_random.hpp>
#include <hush/samplers/ddim.hpp>
#include <hush/samplers/ddpm.hpp>
#include <hush/schedules/cosine.hpp>
#include <hush/schedules/linear_beta.hpp>
#include <hush/schedules/one_based.hpp>

#include "../../examples/fashion_mnist/literal_ddpm.hpp"
#include "printed.hpp"
#include "samplers/pixels.hpp"

using namespace samplers;

namespace {

constexpr LinearBeta ddpm{};
constexpr LinearBeta palette{.first = 1e-4, .last = .09, .steps = 20};
constexpr OneBased shifted{LinearBeta{.first = 1e-4, .last = .02, .steps = 500, .points = 501}};

std::vector<Level> all_levels(const DiscreteSchedule auto& schedule) {
  return levels_at(schedule, Leading{}(schedule, schedule.steps()));
}

/// PyTorch's noise, seed 0, a (4, 3, 8, 8) a draw, in the order in which it is asked for.
template <class T>
struct TorchNoise {
  TorchRandom random{0};
  Pixels<T> operator()(int, int) {
    std::vector<float> z(768);
    random.randn(z);
    return {std::vector<T>(z.begin(), z.end())};
  }
};

bool near(double computed, double golden, double tolerance) { return std::abs(computed - golden) <= tolerance; }

/// DDPM with its table and its coefficients in float32, formed in the order in which diffusers forms them.
struct Float32Ddpm {
  std::vector<float> alpha_bars;

  Float32Ddpm() {
    const float first = 1e-4f, last = .02f, stride = (last - first) / 999;
    double product = 1;  // the running product is kept in double, each entry is rounded
    for (int i = 0; i < 1000; ++i) {
      const float beta = i < 500 ? first + stride * float(i) : last - stride * float(999 - i);
      alpha_bars.push_back(float(product *= double(1 - beta)));
    }
  }

  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&& noise) const {
    const float at = alpha_bars[std::size_t(from.time)], next = to.time < 0 ? 1 : alpha_bars[std::size_t(to.time)];
    const float alpha = at / next, beta = 1 - alpha;
    const float c0 = std::sqrt(next) * beta / (1 - at), cx = std::sqrt(alpha) * (1 - next) / (1 - at);
    const X mean = double(c0) * denoise(x, from).x0 + double(cx) * x;
    if (to.time < 0) return mean;
    return mean + double(std::sqrt((1 - next) / (1 - at) * beta)) * noise();
  }
};

/// The sampling rule of the Fashion-MNIST document, but for the noise of the last step, which is left out.
struct QuietEnd {
  fashion::LiteralDdpm rule;

  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&& noise) const {
    if (from.time > 1) return rule.template step<X>(denoise, x, from, to, noise);
    return rule.template step<X>(denoise, x, from, to, [&] { return 0. * x; });
  }
};

}  // namespace

TEST_CASE("ddpm: the sums that diffusers publishes, with PyTorch's noise") {
  const std::vector<Level> levels = all_levels(ddpm);
  const auto sum = [&](const auto& parameterization) {
    const auto denoise = denoiser(parameterization, peer_model, 1);
    const auto start = peer_sample<double>();
    const double eager = magnitude(run_eagerly(Ddpm{}, levels, start, denoise, TorchNoise<double>{}));
    CHECK(magnitude(run(trace(Ddpm{}, levels), start, denoise, TorchNoise<double>{})) ==
          doctest::Approx(eager).epsilon(1e-12));
    return eager;
  };
  const double eps = sum(PredictNoise{}), v = sum(PredictVelocity{});
  CHECK(near(eps, 258.9606, 1e-2));
  CHECK(near(eps / 768, .3372, 1e-3));
  CHECK(near(v, 202.0296, 1e-2));
  CHECK(near(v / 768, .2631, 1e-3));
}

TEST_CASE("ddpm: the sum for an image with noise, which only float32 gives") {
  // From t = 1 to t = 0, beta = 1 - alpha_bar_1 / alpha_bar_0 is about 1.2e-4: in float32 the division and the
  // difference leave three digits of it, and that shows in the third digit after the point of the published sum. In
  // double the sum is another one.
  const std::vector<Level> levels = levels_at(ddpm, {1, 0});
  const auto noisy = [&]<class T>(const auto& sampler, float signal, float noise, T) {
    const auto start = double(signal) * peer_sample<T>() + double(noise) * peer_sample<T>(true);
    return magnitude(run_eagerly(sampler, levels, start, denoiser(PredictNoise{}, peer_model, 1), TorchNoise<T>{}));
  };
  const Float32Ddpm sampler;
  const float at = sampler.alpha_bars[1];
  const double sum = noisy(sampler, std::sqrt(at), std::sqrt(1 - at), float{});
  CHECK(near(sum, 387.9466, 1e-2));
  CHECK(near(sum / 768, .5051, 1e-3));
  CHECK(near(noisy(Ddpm{}, float(ddpm(1).signal), float(ddpm(1).noise), double{}), 387.967, 1e-3));
}

TEST_CASE("ddpm: the variances that diffusers publishes, and the exact ones") {
  const auto variance = [](int t) { return Ddpm::posterior(ddpm(t), ddpm(t - 1)).variance; };
  CHECK(variance(0) == 0);
  CHECK(near(variance(487), .00979, 1e-5));
  CHECK(near(variance(999), .02, 1e-5));
  CHECK(variance(1) == "5.4531876613e-05"_printed);
  CHECK(variance(487) == "0.00979157198569"_printed);
  CHECK(variance(999) == "0.0199999835266"_printed);
}

TEST_CASE("ddpm: the posterior variances of Palette") {
  const auto variance = [](int t) { return Ddpm::posterior(palette(t), palette(t - 1)).variance; };
  CHECK(variance(0) == 0);
  CHECK(variance(1) == "9.79818513703e-05"_printed);
  CHECK(variance(2) == "0.00326410545746"_printed);
  CHECK(variance(10) == "0.0396636290873"_printed);
  CHECK(variance(19) == "0.0842002915564"_printed);
}

TEST_CASE("ddpm: any falling list of times is a run, each step goes to the next of them") {
  const detail::LoweredPlan plan =
      detail::lower(trace(Ddpm{.variance = Variance::fixed_large}, levels_at(ddpm, {100, 87, 50, 1, 0})));
  const double times[] = {100, 87, 50, 1, 0, -1};
  std::size_t step = 0;
  for (const auto& passes : plan.steps) {
    REQUIRE(passes.size() == 1);
    const Level from = ddpm(times[step]), to = ddpm(times[step + 1]);
    CHECK(passes[0].draws.size() == (step < 4 ? 1 : 0));
    if (step < 4) {
      const double alpha = std::pow(from.signal / to.signal, 2);
      CHECK(std::pow(passes[0].coefficients.back(), 2) == doctest::Approx(1 - alpha).epsilon(1e-9));
    }
    ++step;
  }
  CHECK(step == 5);
}

TEST_CASE("ddpm: mean and variance of Gaussian data, in closed form") {
  const auto carried = [](const auto& sampler, const auto& schedule, Printed mean, Printed variance) {
    CAPTURE(mean.text);
    const Affine x = Gaussian{}.carry(sampler, all_levels(schedule));
    CHECK(x.mean() == mean);
    CHECK(x.variance() == variance);
  };
  constexpr Ddpm small{}, large{.variance = Variance::fixed_large};
  carried(small, ddpm, {"0.2999992433"}, {"0.0606531792"});
  carried(large, ddpm, {"0.2999992433"}, {"0.0629688781"});
  carried(small, palette, {"0.2882610691"}, {"0.0465858739"});
  carried(small, Cosine{.steps = 2000}, {"0.3000000000"}, {"0.0620023452"});
  carried(large, shifted, {"0.2998789511"}, {"0.0632038200"});
  carried(fashion::LiteralDdpm{}, shifted, {"0.3003048626"}, {"0.0618062464"});
  carried(QuietEnd{}, shifted, {"0.3003048626"}, {"0.0616664464"});
}

TEST_CASE("ddpm, ddim: thousands of pixels of Gaussian data, run with Philox, have that mean and variance") {
  const auto statistics = [](const auto& sampler, const std::vector<Level>& levels, int n = 100000) {
    const auto normals = [&](int step, std::uint32_t what) {
      std::vector<float> z(static_cast<std::size_t>(n));
      fill_normal(z.data(), 0, n, {.seed = 5, .step = std::uint32_t(step), .purpose = what});
      return Pixels<double>{{z.begin(), z.end()}};
    };
    const Pixels<double> one{std::vector<double>(std::size_t(n), 1.)};
    const auto exact = [&](const Pixels<double>& x, Level at) { return Gaussian{}.denoise(x, at, one); };
    const auto draw = [&](int step, int ordinal) { return normals(step, purpose("noise", std::uint32_t(ordinal))); };
    const Pixels<double> x = run(trace(sampler, levels), normals(0, purpose("start")), exact, draw);
    double sum = 0, squares = 0;
    for (const double value : x.values) sum += value;
    for (const double value : x.values) squares += (value - sum / n) * (value - sum / n);
    const Affine closed = Gaussian{}.carry(sampler, levels);
    CHECK(std::abs(sum / n - closed.mean()) < 5 * std::sqrt(closed.variance() / n));
    CHECK(std::abs(squares / n - closed.variance()) < 5 * closed.variance() * std::sqrt(2. / n));
  };
  statistics(Ddpm{}, all_levels(palette));
  statistics(Ddpm{.variance = Variance::fixed_large}, all_levels(palette));
  for (const double eta : {0., .5, 1.}) statistics(Ddim{eta}, levels_at(ddpm, Leading{}(ddpm, 20)));
  statistics(Ddpm{}, all_levels(ddpm), 2000);
  statistics(Ddpm{.variance = Variance::fixed_large}, all_levels(shifted), 2000);
  statistics(fashion::LiteralDdpm{}, all_levels(shifted), 2000);
}
