#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include <hush/check.hpp>
#include <hush/conditioning.hpp>
#include <hush/conditionings/shared/labels.hpp>

namespace hush {

/// A class an image, as a vector with a single one [N, classes]. An `Adm` adds a row of a table to its embedding, which
/// is what a linear map of such a vector is; `LabelTokens` and `LabelChannels` make tokens and channels of it. In
/// training the class of an image is left out with probability `dropout`, so that the network knows the null condition,
/// all zeros, which guidance needs (Ho and Salimans 2022). Given: the class of each image, 0 to classes - 1.
struct ClassLabel {
  std::int64_t classes = 10;
  double dropout = .1;

  using Given = std::vector<std::int32_t>;
  template <class B>
  using BatchCondition = Tensor<B>;

  Ports ports() const { return {.label_dim = classes}; }
  /// Throws std::invalid_argument unless there is a class for each image, of those that there are.
  void fits(const Given& given, std::int64_t count, const ImageSize&) const {
    detail::check_label_sizes("ClassLabel", "classes", classes, dropout);
    check(std::int64_t(given.size()) == count, "ClassLabel", given.size(), " classes for ", count, " images");
    for (std::size_t i = 0; i < given.size(); ++i)
      check(given[i] >= 0 && given[i] < classes, "ClassLabel", "image ", i, " is of class ", given[i],
            ", classes are 0 to ", classes - 1);
  }
  template <Backend B>
  Tensor<B> prepare(const B& on, const Given& given, const Rows& rows, const NoiseKey& key) const {
    return detail::label_rows(on, rows, classes, dropout, key, [&](std::size_t i, auto&& f) { f(given[i]); });
  }
  template <Backend B>
  void add_to(const Tensor<B>& condition, Input<Tensor<B>>& input) const {
    input.labels = condition;
  }
  /// No class. Throws std::invalid_argument where training left none out: the network never met it.
  template <Value V>
  void set_null(Input<V>& input) const {
    detail::set_no_labels("ClassLabel", dropout, input);
  }
  static constexpr void fields(auto& self, auto&& f) { f("classes", self.classes), f("dropout", self.dropout); }
  friend constexpr bool operator==(const ClassLabel&, const ClassLabel&) = default;
};

}  // namespace hush
