#include <hush/cpu/activation.hpp>
#include <hush/cpu/conv2d.hpp>
#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/gemm.hpp>
#include <hush/cpu/group_norm.hpp>
#include <hush/cpu/pooling.hpp>
#include <hush/data/fashion_mnist.hpp>
#include <hush/metrics/frechet.hpp>
#include <hush/metrics/precision_recall.hpp>
#include <memory>

#include "../../examples/classifier/classifier.hpp"
#include "tables.hpp"

namespace bench_samplers {
namespace {

/// `count` vectors of a set, from number `begin` on.
metrics::FeatureSet part(const metrics::FeatureSet& set, std::int64_t begin, std::int64_t count) {
  const auto from = set.values.begin() + begin * set.width;
  return {count, set.width, std::vector<double>(from, from + count * set.width)};
}

/// The Gaussian of many real images, and as many of them as a cell has.
struct Reference {
  metrics::Gaussian all;
  metrics::FeatureSet some;

  Quality of(const metrics::Gaussian& many, const metrics::FeatureSet& few) const {
    const auto [precision, recall] = metrics::precision_recall(some, few);
    return {metrics::frechet(all, many), precision, recall};
  }
};

}  // namespace

Real real_images(const std::filesystem::path& data, const std::filesystem::path& classifier, const Order& order) {
  const auto features = garments::garment_features(classifier, Cpu<float>{.threads = order.threads});
  const std::int64_t few = order.images;
  const auto training = features(data::fashion_mnist(data).images);
  const auto test = features(data::fashion_mnist(data, {.split = data::Split::test, .limit = few}).images);
  const std::int64_t half = training.count / 2;
  check(few >= 4 && few <= half && few <= test.count, "bench_samplers", "cannot compare ", few, " images with ",
        training.count, " for training and ", test.count, " for tests");

  const Reference one{metrics::gaussian_of(part(training, 0, half)), part(training, 0, few)};
  const Reference reference{metrics::gaussian_of(training), part(training, 0, few)};
  return {.quality =
              [=](const Images<float>& images) {
                const auto made = features(images);
                return reference.of(metrics::gaussian_of(made), made);
              },
          .test = reference.of(metrics::gaussian_of(test), test),
          .halves = one.of(metrics::gaussian_of(part(training, half, half)), part(training, half, few))};
}

}  // namespace bench_samplers
