#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include <hush/check.hpp>
#include <hush/conditioning.hpp>
#include <hush/conditionings/shared/labels.hpp>

namespace hush {

/// Labels of which an image may have several, as a vector of zeros and ones [N, labels] that goes with the noise level:
/// an `Adm` adds a linear map of it to its embedding; `LabelTokens` and `LabelChannels` make tokens and channels of it.
/// In training each image's labels are left out with probability `dropout`, so that the network knows the null
/// condition, all zeros, which guidance needs (Ho and Salimans 2022).
struct MultiHot {
  std::int64_t labels = 24;
  double dropout = .1;

  using Given = LabelSets;
  template <class B>
  using BatchCondition = Tensor<B>;

  Ports ports() const { return {.label_dim = labels}; }
  /// Throws std::invalid_argument unless there is a set for each image, of labels that there are, each once.
  void fits(const LabelSets& given, std::int64_t count, const ImageSize&) const {
    detail::check_label_sizes("MultiHot", "labels", labels, dropout);
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
    return detail::label_rows(on, rows, labels, dropout, key, [&](std::size_t i, auto&& f) {
      for (const std::int32_t label : given.sets[i]) f(label);
    });
  }
  template <Backend B>
  void add_to(const Tensor<B>& condition, Input<Tensor<B>>& input) const {
    input.labels = condition;
  }
  /// No label. Throws std::invalid_argument where training left none out: the network never met it.
  template <Value V>
  void set_null(Input<V>& input) const {
    detail::set_no_labels("MultiHot", dropout, input);
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("labels", self.labels);
    f("dropout", self.dropout);
  }
  friend constexpr bool operator==(const MultiHot&, const MultiHot&) = default;
};

}  // namespace hush
