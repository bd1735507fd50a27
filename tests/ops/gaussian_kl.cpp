#include <doctest/doctest.h>

#include <hush/cpu/gaussian.hpp>
#include <hush/cpu/reduce.hpp>
#include <hush/ops/gaussian_kl.hpp>
#include <ops/inputs.hpp>

using namespace hush;

TEST_CASE("gaussian_kl: gradients agree with finite differences") {
  for (const Shape& shape : {Shape{2, 3, 2, 4}, Shape{3, 10}, Shape{1, 2, 2, 2}})
    require_gradients([](const auto& x) { return gaussian_kl(x); }, input(shape, 1));
}

TEST_CASE("gaussian_kl: a sum over an image and a mean over the batch; 0 where all is N(0, 1)") {
  const Cpu<double> on{1};
  CHECK(download<double>(gaussian_kl(filled(on, {2, 3, 3, 4}, 0)))[0] == 0);
  // torch.distributions.kl_divergence(Normal(1., exp(.5)), Normal(0., 1.)) = 0.8591409142 for each of 6 numbers
  CHECK(download<double>(gaussian_kl(filled(on, {2, 6, 2}, 1)))[0] ==
        doctest::Approx(6 * .8591409142295225).epsilon(1e-12));
}

TEST_CASE("gaussian_kl: an odd number of channels is refused") {
  CHECK_THROWS_WITH_AS(gaussian_kl(filled(Cpu<double>{1}, {2, 3}, 0)),
                       "[gaussian_kl] wants moments [N, ..., 2 C], the means and then the logarithms of the variances; "
                       "got [2, 3]",
                       std::invalid_argument);
}
