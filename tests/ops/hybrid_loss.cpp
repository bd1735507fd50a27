#include <hush/ops/hybrid_loss.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <span>
#include <vector>

#include <hush/cpu/learned_variance.hpp>
#include <hush/cpu/reduce.hpp>
#include <hush/level_distributions/discrete_uniform.hpp>
#include <hush/ops/shared/loss.hpp>
#include <hush/parameterizations/learned_variance.hpp>
#include <hush/parameterizations/predict_noise.hpp>
#include <hush/process.hpp>
#include <hush/schedules/linear_beta.hpp>
#include <hush/schedules/vp_sde.hpp>
#include <hush/training/hybrid_numbers.hpp>
#include <ops/inputs.hpp>

using namespace hush;

namespace {

using Double = Cpu<double>;
using List = std::vector<double>;

const Process process{LinearBeta{}, LearnedVariance{PredictNoise{}}};
const AnySchedule schedule(process.schedule);

Tensor<Double> tensor(const Shape& shape, const List& values) {
  return upload(Double{1}, shape, std::span<const double>(values));
}

/// Numbers of a level whose bound counts 1.
Tensor<Double> numbers_of(double time, double weight, double bound) {
  List row = detail::hybrid_numbers(process.parameterization, schedule, schedule(time), weight);
  row[HybridNumbers::bound] = bound;
  return tensor({1, HybridNumbers::size}, row);
}

}  // namespace

TEST_CASE("hybrid_loss: what PyTorch makes of guided-diffusion's formulas in double") {
  // linear betas, T = 1000, predicted noise; four numbers with their noise, F and v.
  struct Row {
    double time;
    List bits;  // of the bound, each number's
    double loss;
    List slopes;  // by F, then by v
  };
  const Row rows[] = {
      {0,
       {0.570381959388348, 1.55664403393377, 1.72057029024077, 0.608195431792559},
       1.12957292883886,
       {-.025, .05, .1, .05, 0.0131547232566112, 0.0505724257673187, 0.0498080202982898, 0.0123161888623611}},
      {1,
       {0.00418106741223088, 0.0746870672679091, 0.176253929514591, 0.00956649713513805},
       0.0817971403324672,
       {-.025, .05, .1, .05, 0.00518765064693139, 0.0262399982603693, 0.0358334413563375, -0.00374209934451963}},
      {300,
       {1.83146216092292e-05, 7.4942253469069e-05, 0.000296288036496151, 7.30876283431869e-05},
       0.0157406581349794,
       {-.025, .05, .1, .05, 1.33902502477733e-07, 8.20811928083694e-07, 1.21118957322548e-06, -1.07895265315878e-07}},
      {999,
       {3.68049575910672e-05, 0.000147219769812284, 0.000588878909352466, 0.000147219848544427},
       0.015855030871325,
       {-.025, .05, .1, .05, -3.78328569983059e-12, -1.51209018586394e-11, -6.05722915401896e-11,
        -1.51606727524659e-11}},
  };
  const auto x0 = tensor({1, 1, 1, 4}, {-1, -.5, .3, 1}), eps = tensor({1, 1, 1, 4}, {.7, -1.2, .1, .4});
  const auto said = tensor({1, 1, 1, 8}, {.65, -1.1, .3, .5, -.8, .2, .9, -1.1});
  for (const Row& row : rows) {
    CAPTURE(row.time);
    const auto bits = numbers_of(row.time, 0, 1 / std::log(2.));
    List each(4);
    hybrid_loss(Double{1}, 1, 1, 4, said.data(), eps.data(), x0.data(), bits.data(), each.data());
    for (std::size_t i = 0; i < 4; ++i) CHECK(each[i] == doctest::Approx(row.bits[i]).epsilon(1e-9));

    const Level at = schedule(row.time);
    const auto numbers = detail::hybrid_numbers(process, nullptr, Double{1}, std::span<const Level>(&at, 1));
    const Loss<Double> found = hybrid_loss_of(said, eps, x0, numbers);
    CHECK(download<double>(found.value)[0] == doctest::Approx(row.loss).epsilon(1e-9));
    const List slopes = download<double>(found.gradient);
    for (std::size_t i = 0; i < 8; ++i)
      CHECK(std::abs(slopes[i] - row.slopes[i]) < 1e-8 * std::abs(row.slopes[i]) + 1e-16);
  }
}

TEST_CASE("hybrid_loss: gradients agree with finite differences, those by F without the bound") {
  const auto target = input({2, 1, 3, 2}, 1), x0 = input({2, 1, 3, 2}, 2), said = input({2, 1, 3, 4}, 3);
  const Level levels[] = {schedule(0), schedule(200)};
  const auto numbers = detail::hybrid_numbers(process, nullptr, Double{1}, levels);
  List still = download<double>(numbers);
  for (std::size_t image = 0; image < 2; ++image) still[image * HybridNumbers::size + HybridNumbers::mean] = 0;
  require_gradients(
      [&](const auto& f) {
        return hybrid_loss(f, target, x0, tensor({2, HybridNumbers::size}, still));
      },
      said);

  // With the means apart the bound is a function of v alone.
  const List slopes = download<double>(hybrid_loss_of(said, target, x0, numbers, .5).gradient);
  const List plain =
      download<double>(hybrid_loss_of(said, target, x0, tensor({2, HybridNumbers::size}, still), .5).gradient);
  for (std::size_t i = 0; i < slopes.size(); ++i) {
    if (i % 4 < 2) {
      CHECK(slopes[i] == doctest::Approx(plain[i]).epsilon(1e-12));
      continue;
    }
    const auto moved = [&](double by) {
      List values = download<double>(said);
      values[i] += by;
      return download<double>(hybrid_loss_of(tensor({2, 1, 3, 4}, values), target, x0, numbers).value)[0];
    };
    CHECK(slopes[i] == doctest::Approx(.5 * (moved(1e-5) - moved(-1e-5)) / 2e-5).epsilon(1e-4).scale(1e-6));
  }
}

TEST_CASE("hybrid_loss: the bound is smallest at the variance that the error has") {
  // KL of N(0, q) from N(d, p) over p: at p = q + d^2, where v is (1 + v) / 2 = ln(p / q) / range.
  List row = detail::hybrid_numbers(process.parameterization, schedule, schedule(10), 0);
  row[HybridNumbers::bound] = 1;
  const double q = std::exp(row[HybridNumbers::low]), range = row[HybridNumbers::range];
  const double p = q * std::exp(.6 * range), error = std::sqrt(p - q) / row[HybridNumbers::mean];
  const auto numbers = tensor({1, HybridNumbers::size}, row);
  const auto slope = [&](double v) {
    return download<double>(
        hybrid_loss_of(tensor({1, 2}, {.3 + error, v}), tensor({1, 1}, {.3}), tensor({1, 1}, {0}), numbers)
            .gradient)[1];
  };
  CHECK(std::abs(slope(.2)) < 1e-12);
  CHECK(slope(.1) < 0);
  CHECK(slope(.3) > 0);
}

TEST_CASE("hybrid_loss: a weighting counts for the squared error alone, and a continuous schedule has no bound") {
  const Level at = schedule(20);
  const auto weighed = detail::hybrid_numbers(
      process, [](Level, const Scalings&) { return 3.; }, Double{1}, std::span<const Level>(&at, 1));
  const auto plain = detail::hybrid_numbers(process, nullptr, Double{1}, std::span<const Level>(&at, 1));
  CHECK(download<double>(weighed)[0] == 3);
  CHECK(download<double>(plain)[0] == 1);
  CHECK(download<double>(weighed)[1] == download<double>(plain)[1]);
  CHECK_THROWS_WITH_AS(
      detail::check_has_bound(VpSde{}),
      "[train] a learned variance is that of the steps of a discrete schedule, this one is continuous; "
      "train without it, or take a schedule of betas",
      std::invalid_argument);
}

TEST_CASE("hybrid_loss: shapes that do not fit are refused in words") {
  const auto target = input({2, 1, 3, 2}, 1), numbers = input({2, 6}, 2);
  CHECK_THROWS_WITH_AS(
      hybrid_loss(target, target, target, numbers),
      "[hybrid_loss] prediction is [2, 1, 3, 2], wanted [2, 1, 3, 4]: a variance for every number of the "
      "target, [2, 1, 3, 2]",
      std::invalid_argument);
  CHECK_THROWS_WITH_AS(hybrid_loss(input({2, 1, 3, 4}, 1), target, input({2, 3, 1, 2}, 1), numbers),
                       "[hybrid_loss] target is [2, 1, 3, 2], x0 [2, 3, 1, 2]", std::invalid_argument);
  CHECK_THROWS_WITH_AS(hybrid_loss(input({2, 1, 3, 4}, 1), target, target, input({6, 2}, 1)),
                       "[hybrid_loss] numbers are [6, 2], wanted [2, 6]", std::invalid_argument);
}
