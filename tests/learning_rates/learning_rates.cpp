#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include <hush/learning_rate.hpp>
#include <hush/learning_rates/constant.hpp>
#include <hush/learning_rates/cosine.hpp>
#include <hush/learning_rates/cosine_restarts.hpp>
#include <hush/learning_rates/linear.hpp>
#include <hush/learning_rates/polynomial.hpp>

using namespace hush;

namespace {

/// A rate of 10 over ten steps against the list that transformers' own tests expect.
template <class R>
void check_list(const R& rate, const std::vector<double>& wanted, double tolerance = 0.01) {
  for (std::size_t step = 0; step < wanted.size(); ++step) {
    CAPTURE(step);
    CHECK(std::abs(10 * rate(std::int64_t(step), 10) - wanted[step]) <= tolerance);
  }
}

}  // namespace

TEST_CASE("rates: constant, linear, cosine, restarts and polynomial are the known lists") {
  check_list(learning_rates::Constant{.warm_up = 4}, {0, 2.5, 5, 7.5, 10, 10, 10, 10, 10, 10});
  check_list(learning_rates::Linear{.warm_up = 2}, {0, 5, 10, 8.75, 7.5, 6.25, 5, 3.75, 2.5, 1.25});
  check_list(learning_rates::Cosine{.warm_up = 2}, {0, 5, 10, 9.6194, 8.5355, 6.9134, 5, 3.0866, 1.4645, 0.3806}, 5e-5);
  check_list(learning_rates::CosineRestarts{.warm_up = 2, .restarts = 2}, {0, 5, 10, 8.53, 5, 1.46, 10, 8.53, 5, 1.46});
  check_list(learning_rates::Polynomial{.warm_up = 2, .power = 2, .last = 1e-8},
             {0, 5, 10, 7.656, 5.625, 3.906, 2.5, 1.406, 0.625, 0.156});
}

TEST_CASE("rates: nothing is below 0 or undefined past the end or where there is no warm-up") {
  CHECK(learning_rates::Constant{}(0, 10) == 1);
  CHECK(learning_rates::Cosine{}(0, 10) == 1);
  CHECK(learning_rates::Linear{}(20, 10) == 0);
  CHECK(learning_rates::CosineRestarts{.restarts = 3}(10, 10) == 0);
  CHECK(learning_rates::Polynomial{.last = 0.1}(11, 10) == 0.1);
  CHECK(learning_rates::Cosine{.warm_up = 10}(10, 10) == doctest::Approx(0));
}

TEST_CASE("rates: numbers that make no curve are refused in words") {
  CHECK_THROWS_WITH_AS(learning_rates::Cosine{.cycles = std::nan("")}(3, 10),
                       "[Cosine] cycles must be 0 or more and finite, got nan", std::invalid_argument);
  CHECK_THROWS_AS(learning_rates::Cosine{.cycles = -1}(3, 10), std::invalid_argument);
  CHECK_THROWS_WITH_AS((learning_rates::CosineRestarts{.restarts = 0}(3, 10)),
                       "[CosineRestarts] restarts must be at least 1, is 0", std::invalid_argument);
}
