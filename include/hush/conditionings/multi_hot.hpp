#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <hush/check.hpp>
#include <hush/conditioning.hpp>

namespace hush {

/// Labels of which an image may have several, as a vector of zeros and ones [N, labels] that goes with the noise level:
/// an `Adm` adds a linear map of it to its embedding. In training each image's labels are left out with probability
/// `dropout`, so that the network knows the null condition, all zeros, which guidance needs (Ho and Salimans 2022).
struct MultiHot {
  std::int64_t labels = 24;
  double dropout = .1;

  using Given = LabelSets;
  template <class B>
  using BatchCondition = Tensor<B>;

  Ports ports() const { return {.label_dim = labels}; }
  /// Throws std::invalid_argument unless there is a set for each image, of labels that there are, each once.
  void fits(const LabelSets& given, std::int64_t count, const ImageSize&) const {
    check(labels >= 1 && dropout >= 0 && dropout < 1, "MultiHot", "wants labels and a dropout in [0, 1), has ", labels,
          " and ", dropout);
    check(std::int64_t(given.sets.size()) == count, "MultiHot", given.sets.size(), " sets of labels for ", count,
          " images");
    for (std::size_t i = 0; i < given.sets.size(); ++i) {
      std::vector<bool> there(std::size_t(labels), false);
      for (const std::int32_t label : given.sets[i]) {
        check(label >= 0 && label < labels, "MultiHot", "image ", i, " has the label ", label, ", labels are 0 to ",
              labels - 1);
        check(!there[std::size_t(label)], "MultiHot", "image ", i, " has the label ", label, " twice");
        there[std::size_t(label)] = true;
      }
    }
  }
  template <Backend B>
  Tensor<B> prepare(const B& on, const LabelSets& given, const Rows& rows, const NoiseKey& key) const {
    std::vector<float> values(std::size_t(rows.count * labels), 0);
    for (std::int64_t i = 0; i < rows.count; ++i) {
      Uniform uniform{key.stream("label dropout", std::size_t(i))};
      if (key.split == NoiseKey::training && uniform() < dropout) continue;
      for (const std::int32_t label : given.sets[std::size_t(rows.first + i)])
        values[std::size_t(i * labels + label)] = 1;
    }
    return upload(on, {rows.count, labels}, std::span<const float>(values));
  }
  template <Backend B>
  void add_to(const Tensor<B>& condition, Input<Tensor<B>>& input) const {
    input.labels = condition;
  }
  /// No label. Throws std::invalid_argument where training left none out: the network never met it.
  template <Value V>
  void set_null(Input<V>& input) const {
    check(dropout > 0, "MultiHot", "guidance wants a network that was trained without labels at times: .dropout is 0");
    input.labels = 0.0 * *input.labels;
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("labels", self.labels);
    f("dropout", self.dropout);
  }
  friend constexpr bool operator==(const MultiHot&, const MultiHot&) = default;
};

}  // namespace hush
