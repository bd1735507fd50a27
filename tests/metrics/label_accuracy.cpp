#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <vector>

#include <hush/metrics/label_accuracy.hpp>

#include "thrown.hpp"

using namespace hush;
using Sets = std::vector<std::vector<std::int32_t>>;

TEST_CASE("label accuracy: of k labels those among the k highest scores, counted over labels") {
  const std::vector<float> scores{.9f, .1f, .5f, .4f,   // 0 and 2 are the two highest
                                  .2f, .3f, .1f, .8f};  // 3 is
  const auto found = metrics::label_accuracy(scores, 4, Sets{{2, 1}, {3}});
  CHECK(found.hits == 2);
  CHECK(found.labels == 3);
  CHECK(found.value() == doctest::Approx(2. / 3));
  CHECK(metrics::label_accuracy(scores, 4, Sets{{0, 2}, {3, 1}}).value() == 1);
  CHECK(metrics::label_accuracy(scores, 4, Sets{{3, 1}, {2}}).value() == 0);
  CHECK(metrics::label_accuracy({}, 4, Sets{}).value() == 0);
}

TEST_CASE("label accuracy: of equal scores the lower class comes first") {
  const std::vector<float> same(3, .5f);
  CHECK(metrics::label_accuracy(same, 3, Sets{{0}}).hits == 1);
  CHECK(metrics::label_accuracy(same, 3, Sets{{1}}).hits == 0);
}

TEST_CASE("label accuracy: what makes no rows or is no class is refused in words") {
  const std::vector<float> scores(4, 0);
  CHECK(thrown::message([&] { metrics::label_accuracy(scores, 3, Sets{{0}}); }) ==
        "[label_accuracy] 4 scores for 1 images of 3 classes");
  CHECK(thrown::message([&] { metrics::label_accuracy(scores, 4, Sets{{4}}); }) ==
        "[label_accuracy] image 0 has the label 4 of 4");
}
