#pragma once
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include <hush/images.hpp>
#include <hush/io/models.hpp>
#include <hush/metrics/features.hpp>
#include <hush/nn/initialise.hpp>
#include <hush/nn/linear.hpp>
#include <hush/ops/reshape.hpp>
#include <hush/ops/silu.hpp>

#include "../shared/small_classifier.hpp"

// A small convolutional classifier of garments. The 64 inputs of its last layer are the features with which this
// repository measures the quality of its pictures.
namespace garments {

using namespace hush;

using examples::rows_of, examples::Stage;

/// Garments [N, 32, 32, 1] in [-1, 1] to ten logits [N, 10], by way of 64 features.
template <Backend B>
class Classifier {
 public:
  using backend = B;
  static constexpr std::int64_t side = 32, classes = 10, width = 64;

  explicit Classifier(Seed seed, const B& on = {})
      : on_(on),
        stages_{{on, 1, 16}, {on, 16, 32}, {on, 32, 64}},
        hidden_(on, 4 * 4 * 64, width),
        last_(on, width, classes) {
    initialise(*this, seed);
  }
  /// The features: the input of the last layer, [N, 64].
  template <Value V>
  V features(const V& images) const {
    const Shape& s = images.shape();
    check(s.rank() == 4 && s[1] == side && s[2] == side && s[3] == 1, "Classifier", "wants [N, 32, 32, 1], got ", s);
    V x = images;
    for (const Stage<B>& stage : stages_) x = stage(x);
    return silu(hidden_(reshape(x, {s[0], 4 * 4 * 64})));
  }
  template <Value V>
  V operator()(const V& images) const {
    return last_(features(images));
  }
  const B& on() const { return on_; }
  static void visit(auto& self, auto&& f) {
    f("stages", self.stages_), f("hidden", self.hidden_), f("last", self.last_);
  }

 private:
  B on_;
  std::vector<Stage<B>> stages_;
  nn::Linear<B> hidden_, last_;
};

/// The classifier's features of images: 64 numbers each.
template <Backend B>
struct GarmentFeatures {
  Classifier<B> classifier;
  metrics::FeatureSet operator()(const Images<float>& images) const {
    const std::vector<float> rows =
        rows_of(classifier.on(), images, [this](const auto& x) { return classifier.features(x); });
    return {images.count, Classifier<B>::width, std::span<const float>(rows)};
  }
};
/// The features of the classifier with these weights, of a model file or of before there were such. Throws FileError.
template <Backend B>
GarmentFeatures<B> garment_features(const std::filesystem::path& weights, const B& on) {
  GarmentFeatures<B> features{Classifier<B>(Seed{}, on)};
  io::load_model(weights, features.classifier, {.plain_weights = true});
  return features;
}

/// The class that a classifier gives each image, 0..9.
template <Backend B>
std::vector<int> classes_of(const Classifier<B>& classifier, const Images<float>& images) {
  constexpr std::int64_t width = Classifier<B>::classes;
  const std::vector<float> logits = rows_of(classifier.on(), images, classifier);
  std::vector<int> classes;
  for (auto row = logits.begin(); row != logits.end(); row += width)
    classes.push_back(int(std::max_element(row, row + width) - row));
  return classes;
}

}  // namespace garments
