#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <hush/cpu/batch_norm.hpp>

using namespace hush;

TEST_CASE("cpu batch norm: any number of pixels, channels and threads, in place too") {
  for (const int threads : {1, 3})
    for (const std::int64_t channels : {1, 3, 64, 100, 9000})
      for (const std::int64_t pixels : {0, 1, 7, 500, 30000}) {
        if (channels * pixels > 1000000) continue;
        CAPTURE(channels);
        CAPTURE(pixels);
        const Cpu<float> cpu{.threads = threads};
        const GroupNormSizes s{1, pixels, channels, channels, 0.25};
        std::vector<float> x(std::size_t(channels * pixels)), y(x.size(), 99.f);
        std::vector<float> mean(std::size_t(channels), 0.f), variance(mean), gamma(mean), beta(mean);
        for (std::size_t i = 0; i < x.size(); ++i) x[i] = float(i * 37 % 101) / 7;
        for (std::size_t c = 0; c < mean.size(); ++c)
          mean[c] = float(c % 5), variance[c] = float(c % 11), gamma[c] = float(c % 3) - 1, beta[c] = float(c % 7);
        normalise_channels(cpu, s, x.data(), mean.data(), variance.data(), gamma.data(), beta.data(), y.data());
        double worst = 0;
        for (std::size_t i = 0; i < x.size(); ++i) {
          const std::size_t c = i % mean.size();
          const double wanted =
              (double(x[i]) - double(mean[c])) / std::sqrt(double(variance[c]) + 0.25) * double(gamma[c]) +
              double(beta[c]);
          worst = std::max(worst, std::abs(double(y[i]) - wanted));
        }
        CHECK(worst < 1e-5);
        normalise_channels(cpu, s, x.data(), mean.data(), variance.data(), gamma.data(), beta.data(), x.data());
        CHECK(x == y);
      }
}

TEST_CASE("cpu batch norm: running statistics move by momentum; one that nobody wants is left out") {
  const Cpu<double> cpu;
  const GroupNormSizes s{1, 5, 2, 2, 0.5};
  const std::vector<double> mean{3, -1}, rstd{1 / std::sqrt(2.5), 1 / std::sqrt(0.5)}, old_mean{1, 1}, old{4, 4};
  std::vector<double> to_mean(2), to_variance(2);
  const auto run = [&](double* of_mean, double* of_variance) {
    running_changes(cpu, s, 0.25, mean.data(), rstd.data(), old_mean.data(), old.data(), of_mean, of_variance);
  };
  run(to_mean.data(), nullptr);
  CHECK(to_variance == std::vector<double>(2));
  run(nullptr, to_variance.data());
  CHECK(to_mean == std::vector<double>{0.5, -0.5});
  CHECK(to_variance[0] == doctest::Approx(0.25 * (2 * 5. / 4 - 4)));
  CHECK(to_variance[1] == doctest::Approx(0.25 * (0 - 4)));
}
