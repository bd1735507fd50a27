#include <doctest/doctest.h>

#include <hush/metrics/precision_recall.hpp>

using namespace hush;
using namespace hush::metrics;

namespace {

/// Points on a line.
FeatureSet line(const std::vector<double>& at) { return {std::int64_t(at.size()), 1, at}; }

void check_both(const FeatureSet& real, const FeatureSet& made, int k, double precision, double recall) {
  const auto found = precision_recall(real, made, k);
  CHECK(found.precision == doctest::Approx(precision));
  CHECK(found.recall == doctest::Approx(recall));
}

}  // namespace

TEST_CASE("precision and recall: a set against itself, and against one far away") {
  const FeatureSet near = line({0, 1, 2, 3, 4}), far = line({100, 101, 102, 103, 104});
  check_both(near, near, 3, 1, 1);
  check_both(near, far, 3, 0, 0);
}

TEST_CASE("precision and recall: by hand") {
  const FeatureSet real = line({0, 1, 2, 8}), made = line({0.5, 1, 20, 20.5});
  // k = 1: the radii are 1, 1, 1, 6 and .5 each. 0.5 and 1 lie within those of the real ones; of these 0 and 1 are
  // found.
  check_both(real, made, 1, 0.5, 0.5);
  // k = 2: 2, 1, 2, 7 and 19.5, 19, 19, 19.5: no more made ones are real, but all real ones are found.
  check_both(real, made, 2, 0.5, 1);
}

TEST_CASE("precision and recall: k = 3 unless another is asked for") {
  // All real ones lie within 3 of each other, the made ones make pairs: their third neighbours are far.
  const FeatureSet real = line({0, 1, 2, 3}), made = line({2.5, 2.6, 50, 50.1});
  const auto found = precision_recall(real, made);
  CHECK(found.precision == 0.5);
  CHECK(found.recall == 1);
  check_both(real, made, 1, 0.5, 0);
}

TEST_CASE("precision and recall: modes that are missing cost recall, wrong pictures cost precision") {
  FeatureSet real{8, 2, std::vector<double>{0, 0, 0, 1, 1, 0, 1, 1, 50, 50, 50, 51, 51, 50, 51, 51}};
  FeatureSet one_mode{4, 2, std::vector<double>{0.5, 0.5, 0.6, 0, 0, 0.6, 1, 1}};
  check_both(real, one_mode, 3, 1, 0.5);
  check_both(one_mode, real, 3, 0.5, 1);
}

TEST_CASE("precision and recall: equal vectors have radius 0 and still find each other") {
  const FeatureSet same = line({5, 5, 5, 5});
  check_both(same, same, 3, 1, 1);
  check_both(same, line({5, 6, 7, 8}), 3, 0.25, 1);
}

TEST_CASE("precision and recall: what cannot be compared is refused in words") {
  const FeatureSet five = line({0, 1, 2, 3, 4});
  CHECK_THROWS_WITH_AS(precision_recall(five, line({0, 1, 2})),
                       "[precision_recall] the 3. neighbour wants 4 vectors or more, got 3", std::invalid_argument);
  CHECK_THROWS_WITH_AS(precision_recall(five, five, 0), "[precision_recall] k must be at least 1, is 0",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(precision_recall(five, FeatureSet(4, 2, std::vector<double>(8))),
                       "[precision_recall] one set has vectors of 1 numbers, the other of 2", std::invalid_argument);
}
