#include <doctest/doctest.h>

#include <filesystem>
#include <hush/cpu/activation.hpp>
#include <hush/cpu/conv2d.hpp>
#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/gemm.hpp>
#include <hush/cpu/group_norm.hpp>
#include <hush/cpu/pooling.hpp>
#include <hush/data/fashion_mnist.hpp>
#include <hush/metrics/frechet.hpp>
#include <hush/metrics/precision_recall.hpp>
#include <hush/random/philox.hpp>

#include "../../examples/classifier/classifier.hpp"

using namespace hush;

namespace {

const std::filesystem::path root = HUSH_ROOT, weights = root / "examples/classifier/weights/garments.safetensors";

/// Every pixel moved by as much as `size`, up or down.
Images<float> disturbed(Images<float> images, double size) {
  Uniform uniform{Stream{.purpose = purpose("disturbed")}};
  for (float& pixel : images.pixels) pixel += float(size * (2 * uniform() - 1));
  return images;
}

}  // namespace

TEST_CASE("garments: the classifier in this repository knows them, and its file is small") {
  CHECK(std::filesystem::file_size(weights) < 1'000'000);
  const auto features = garments::garment_features(weights, Cpu<float>{2});
  static_assert(metrics::Features<decltype(features)>);
  const auto set = data::fashion_mnist(root / "data/fashion_mnist_2000", {.split = data::Split::test});
  const std::vector<int> said = garments::classes_of(features.classifier, set.images);
  std::int64_t right = 0;
  for (std::size_t i = 0; i < said.size(); ++i) right += said[i] == set.labels[i];
  CHECK(double(right) >= 0.9 * double(set.size()));
}

TEST_CASE("garments: in its features, the worse the pictures the farther they are") {
  const auto features = garments::garment_features(weights, Cpu<float>{2});
  const auto set = data::fashion_mnist(root / "data/fashion_mnist_2000", {.limit = 600});
  const auto real = features(data::range(set, 0, 300).images);
  const Images<float> others = data::range(set, 300, 600).images;
  double last = metrics::frechet(real, features(others));
  const double precision = metrics::precision_recall(real, features(others)).precision;
  CHECK(last < 30);
  CHECK(precision > 0.8);
  for (const double size : {0.2, 0.5, 1.0}) {
    CAPTURE(size);
    const auto made = features(disturbed(others, size));
    const double distance = metrics::frechet(real, made);
    CHECK(distance > last);
    CHECK(metrics::precision_recall(real, made).precision < precision);
    last = distance;
  }
}
