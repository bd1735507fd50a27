#include <hush/samplers/pndm.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include <hush/grids/leading.hpp>
#include <hush/parameterizations/predict_velocity.hpp>
#include <hush/samplers/ddim.hpp>
#include <hush/sampling/trajectory.hpp>
#include <hush/schedules/cosine.hpp>
#include <hush/schedules/linear_beta.hpp>
#include <hush/schedules/scaled_linear.hpp>

#include "samplers/named_noise.hpp"
#include "samplers/pixels.hpp"

using namespace samplers;

namespace {

constexpr LinearBeta ddpm{};

const auto no_noise = [](int, int) -> Pixels<double> { throw std::logic_error("nobody may ask for noise"); };

/// diffusers' `set_alpha_to_one` False: the last step ends at the first noisy level.
template <class S>
Trajectory peer_course(const S& schedule, int steps, bool alpha_to_one) {
  Trajectory run = trajectory(schedule, Pndm{}, Leading{}(schedule, steps));
  if (!alpha_to_one) run.levels.back() = schedule(0);
  return run;
}

/// The sum of the magnitudes at the end of a run, both ways.
template <class S>
double sum(const S& sampler, const Trajectory& run, const auto& parameterization) {
  const auto denoise = denoiser(parameterization, peer_model, 0);
  const auto start = peer_sample<double>();
  const double eager = magnitude(run_eagerly(sampler, run, start, denoise, no_noise));
  CHECK(magnitude(hush::run(trace(sampler, run), start, denoise, no_noise)) == doctest::Approx(eager).epsilon(1e-12));
  return eager;
}

bool near(double computed, double golden, double tolerance) { return std::abs(computed - golden) <= tolerance; }

/// The warm-up and the multistep of diffusers for networks that predict velocities: they are what is averaged, and eps
/// follows from the average and the image before the step. The paper averages eps.
struct AveragedVelocity {
  template <class X>
  struct Memory {
    std::vector<X> past;
  };
  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&&, Memory<X>& memory,
         const Trajectory& trajectory) const {
    const auto look = [&](const X& y, Level at) {
      const Denoised<X> answer = denoise(y, at);
      return X(at.signal * answer.eps - at.noise * answer.x0);
    };
    const auto go = [&](const X& v, Level end) {
      return Pndm::transfer<X>(x, from.signal * v + from.noise * x, from, end);
    };
    const X v = look(x, from);
    X slope = Pndm::multistep<X>(v, memory.past);
    if (memory.past.size() < 3) {
      const Level middle = trajectory.at_time((from.time + to.time) / 2);
      const X second = look(go(v, middle), middle), third = look(go(second, middle), middle);
      slope = 1. / 6 * (v + 2 * second + 2 * third + look(go(third, to), to));
    }
    memory.past.insert(memory.past.begin(), v);
    memory.past.resize(std::min<std::size_t>(memory.past.size(), 3), v);
    return go(slope, to);
  }
};

}  // namespace

TEST_CASE("pndm: the sums that diffusers publishes") {
  const LinearBeta coarse{.first = .01};
  const double eps = sum(Pndm{}, peer_course(ddpm, 10, false), PredictNoise{});
  CHECK(near(eps, 198.1318, 1e-4));
  CHECK(near(eps / 768, .2580, 5e-5));
  CHECK(near(sum(Pndm{}, peer_course(coarse, 10, true), PredictNoise{}), 230.0399, 1e-2));
  CHECK(near(sum(Pndm{}, peer_course(coarse, 10, false), PredictNoise{}), 186.9482, 1e-2));
  CHECK(near(sum(AveragedVelocity{}, peer_course(ddpm, 10, false), PredictVelocity{}), 67.3986, 1e-4));
  // The dummy network is no denoiser, so that the two averages are far apart.
  CHECK(near(sum(Pndm{}, peer_course(ddpm, 10, false), PredictVelocity{}), 86.59, .01));
}

TEST_CASE("pndm: the sums of diffusers 0.42 in double") {
  constexpr Pndm alone{.warm_up = false};
  const ScaledLinear quad{.first = 1e-4, .last = .02};
  const auto of = [](const Pndm& sampler, const auto& schedule, int steps, bool alpha_to_one) {
    return sum(sampler, peer_course(schedule, steps, alpha_to_one), PredictNoise{});
  };
  CHECK(near(of(Pndm{}, ddpm, 10, false), 198.1317393708, 1e-9));
  CHECK(near(of(Pndm{}, quad, 20, true), 198.5420790874, 1e-9));
  CHECK(near(of(Pndm{}, Cosine{}, 50, false), 195.3431349084, 1e-9));
  CHECK(near(of(alone, ddpm, 10, false), 197.715426808, 1e-9));
  CHECK(near(of(alone, quad, 20, true), 198.5073718562, 1e-9));
  CHECK(near(sum(AveragedVelocity{}, peer_course(ddpm, 10, false), PredictVelocity{}), 67.39855103992, 1e-9));
}

TEST_CASE("pndm: what the network is asked, and when") {
  const auto times = [](const Pndm& sampler, int steps) {
    std::vector<double> seen;
    const auto look = [&](double x, Level at) {
      seen.push_back(at.time);
      return Denoised<double>{x, x};
    };
    run_eagerly(sampler, trajectory(ddpm, sampler, Leading{}(ddpm, steps)), 1., look, [](int, int) { return 0.; });
    return seen;
  };
  using Times = std::vector<double>;
  CHECK(times(Pndm{}, 10) ==
        Times{900, 850, 850, 800, 800, 750, 750, 700, 700, 650, 650, 600, 600, 500, 400, 300, 200, 100, 0});
  CHECK(times({.warm_up = false}, 5) == Times{800, 600, 600, 400, 200, 0});
  // A step to the clean level asks for nothing there, whatever is still missing of the past.
  CHECK(times(Pndm{}, 2) == Times{500, 250, 250, 0, 0});
  CHECK(times(Pndm{}, 1) == Times{0});
  CHECK(times({.warm_up = false}, 1) == Times{0});
}

TEST_CASE("pndm: one step is ddim's") {
  const Affine step = Gaussian{}.carry(Pndm{}, trajectory(ddpm, Pndm{}, {999}));
  const Affine ddim = Gaussian{}.carry(Ddim{}, levels_at(ddpm, {999}));
  CHECK(step.constant == doctest::Approx(ddim.constant).epsilon(1e-12));
  CHECK(step.start == doctest::Approx(ddim.start).epsilon(1e-9));
}

TEST_CASE("pndm: a planned run is an eager run, VP and VE") {
  for (const bool warm_up : {true, false})
    for (const int steps : {1, 2, 3, 4, 5, 20}) {
      const Pndm sampler{warm_up};
      CHECK(apart(sampler, trajectory(ddpm, sampler, Leading{}(ddpm, steps))) < 1e-12);
      const Exploding exploding;
      CHECK(apart(sampler, trajectory(exploding, sampler, Leading{}(exploding, steps))) < 1e-12);
    }
}

TEST_CASE("pndm: an eps that is always the same is followed to its clean image at once") {
  const auto fixed = [](const Pixels<double>& x, Level at) {
    const Pixels<double> eps{{.3, -1, 2}};
    return Denoised<Pixels<double>>{1 / at.signal * (x - at.noise * eps), eps};
  };
  const Pixels<double> x0{{.5, 0, -.4}}, eps{{.3, -1, 2}};
  for (const bool warm_up : {true, false}) {
    const Trajectory run = trajectory(ddpm, Pndm{warm_up}, Leading{}(ddpm, 7));
    const Pixels<double> start = run.from().signal * x0 + run.from().noise * eps;
    const Pixels<double> end = run_eagerly(Pndm{warm_up}, run, start, fixed, no_noise);
    for (std::size_t i = 0; i < 3; ++i) CHECK(end.values[i] == doctest::Approx(x0.values[i]).epsilon(1e-10));
  }
}

TEST_CASE("pndm: the variance of Gaussian data comes out, VP and VE") {
  const auto variance = [](const auto& sampler, const auto& schedule, int steps, double width) {
    const Affine x = Gaussian{}.carry(sampler, trajectory(schedule, sampler, Leading{}(schedule, steps)));
    return x.start * x.start * width * width;
  };
  for (const bool warm_up : {true, false}) {
    const Pndm sampler{warm_up};
    // Leading's last step, from the first noisy level on, is DDIM's: it is all that is missing at 1000 steps.
    CHECK(variance(sampler, ddpm, 1000, 1) == doctest::Approx(.0625).epsilon(.005));
    CHECK(variance(sampler, ddpm, 50, 1) == doctest::Approx(.0625).epsilon(.05));
    CHECK(variance(sampler, Exploding{}, 200, 20) == doctest::Approx(.0625).epsilon(.02));
  }
}

TEST_CASE("pndm: its order of convergence is 2, the paper's") {
  // Evenly in time, which here is the log-SNR. The exact flow keeps (x - signal mean) / deviation.
  struct LogSnr {
    bool exploding;
    Level operator()(double time) const {
      const double sigma = std::exp(4 * time - 2);
      const double signal = exploding ? 1 : 1 / std::sqrt(1 + sigma * sigma);
      return {time, signal, sigma * signal};
    }
  };
  for (const bool exploding : {false, true})
    for (const bool warm_up : {true, false}) {
      const LogSnr schedule{exploding};
      const auto error = [&](int n) {
        Trajectory run{{}, 0, schedule, nullptr};
        for (int i = n; i >= 0; --i) run.levels.push_back(schedule(double(i) / n));
        const auto denoise = [](double x, Level at) { return Gaussian{}.denoise(x, at, 1.); };
        const auto width = [](Level at) { return std::hypot(at.signal * .25, at.noise); };
        const Level first = run.levels.front(), last = run.levels.back();
        const double end = run_eagerly(Pndm{warm_up}, run, first.signal * .3 + .7 * width(first), denoise,
                                       [](int, int) { return 0.; });
        return std::abs(end - last.signal * .3 - .7 * width(last));
      };
      CAPTURE(exploding);
      CAPTURE(warm_up);
      CHECK(std::abs(std::log2(error(100) / error(200)) - 2) < .25);
    }
}

TEST_CASE("pndm: a warm-up without a schedule is refused in words") {
  const std::vector<Level> levels = levels_at(ddpm, {900, 500, 100});
  CHECK_THROWS_WITH_AS(
      trace(Pndm{}, levels),
      "[Pndm] its warm-up wants levels between those of the run, and this trajectory knows no schedule",
      std::invalid_argument);
  CHECK(trace(Pndm{.warm_up = false}, levels).steps == 3);
}
