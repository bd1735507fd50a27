#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <set>
#include <span>
#include <stdexcept>
#include <vector>

#include <hush/data/in_memory.hpp>
#include <hush/data/scene.hpp>
#include <hush/data/shapes.hpp>
#include <hush/data/with_labels.hpp>

#include "thrown.hpp"

using namespace hush;
using data::SceneObject, data::SceneShape;
using Sets = std::vector<std::vector<std::int32_t>>;

namespace {

/// The mean colour of a pixel's neighbourhood.
std::vector<double> around(const Images<std::uint8_t>& picture, std::int64_t y, std::int64_t x) {
  std::vector<double> mean(3);
  for (std::int64_t dy = -1; dy <= 1; ++dy)
    for (std::int64_t dx = -1; dx <= 1; ++dx)
      for (std::int64_t c = 0; c < 3; ++c)
        mean[std::size_t(c)] += picture.pixels[std::size_t(((y + dy) * picture.width + x + dx) * 3 + c)] / 9.;
  return mean;
}

}  // namespace

TEST_CASE("scene: rays meet a sphere, a cylinder and a turned cube where geometry says") {
  const data::detail::Ray down{{0, 0, 5}, {0, 0, -1}}, along{{-5, 0, .25}, {1, 0, 0}};
  const SceneObject sphere{SceneShape::sphere, {}, 0, 0, .5}, cylinder{SceneShape::cylinder, {}, 0, 0, .5};
  CHECK(data::detail::meets(sphere, down).t == doctest::Approx(4));
  CHECK(data::detail::meets(sphere, along).t == doctest::Approx(5 - std::sqrt(.25 - .0625)));
  CHECK(data::detail::meets(cylinder, down).t == doctest::Approx(4));
  CHECK(data::detail::meets(cylinder, along).t == doctest::Approx(4.5));
  CHECK(data::detail::meets(cylinder, along).normal.x == -1);
  const double root = std::sqrt(.5);
  const SceneObject cube{SceneShape::cube, {}, 0, 0, root};  // of edge 1
  CHECK(data::detail::meets(cube, down).t == doctest::Approx(4));
  CHECK(data::detail::meets(cube, along).t == doctest::Approx(4.5));
  const SceneObject turned{SceneShape::cube, {}, 0, 0, root, root, root};  // its edge looks at the ray
  const auto hit = data::detail::meets(turned, data::detail::Ray{{-5, .1, .25}, {1, 0, 0}});
  CHECK(hit.t == doctest::Approx(5 - root + .1));
  CHECK(hit.normal.x == doctest::Approx(-root));
  CHECK(hit.normal.y == doctest::Approx(root));
  CHECK(std::isinf(data::detail::meets(cube, data::detail::Ray{{-5, 2, .25}, {1, 0, 0}}).t));
}

TEST_CASE("scene: an object has its colour, the floor is grey, and a shadow is darker than the floor") {
  const std::vector<SceneObject> scene{{SceneShape::sphere, {173, 35, 35}, 0, 0, .7}};
  const auto picture = data::render(scene, 64, 64);
  const auto empty = data::render({}, 64, 64);
  const auto middle = around(picture, 30, 31);
  CHECK(middle[0] > 2 * middle[1]);
  CHECK(std::abs(middle[1] - middle[2]) < 3);
  std::int64_t darker = 0, brighter = 0;
  for (std::int64_t p = 0; p < 64 * 64; ++p) {
    const auto* now = picture.pixels.data() + 3 * p;
    const bool floor = std::abs(now[0] - now[1]) < 6;
    if (floor && now[0] + 15 < empty.pixels[std::size_t(3 * p)]) ++darker;
    if (floor && now[0] > empty.pixels[std::size_t(3 * p)] + 1) ++brighter;
  }
  CHECK(darker > 40);
  CHECK(brighter < 12);  // at most the sphere's highlight is grey and brighter than the floor
}

TEST_CASE("scene: an object behind another shows a part of itself, one outside of the picture nothing") {
  const SceneObject front{SceneShape::cylinder, {}, 0, -.8, .7}, behind{SceneShape::sphere, {}, 0, 1, .6};
  const auto parts = data::visible_parts(std::vector{front, behind, SceneObject{SceneShape::cube, {}, 40, 0, .5}});
  CHECK(parts[0] == 1);
  CHECK(parts[1] > 0);
  CHECK(parts[1] < .5);
  CHECK(parts[2] == 0);
  CHECK_THROWS_AS(data::render({}, 0, 8), std::invalid_argument);
}

TEST_CASE("shapes: item i is the same picture in any batch, and another seed another one") {
  const data::Shapes set(data::random_label_sets(6, 1), 16, 16), other(data::random_label_sets(6, 1), 16, 16, 5);
  const std::vector<std::int64_t> some{4, 1};
  const std::int64_t one = 4;
  const auto both = set.bytes(some), alone = set.bytes({&one, 1});
  CHECK(std::ranges::equal(both[0], alone[0]));
  CHECK_FALSE(std::ranges::equal(both[0], both[1]));
  CHECK_FALSE(std::ranges::equal(other.bytes({&one, 1})[0], alone[0]));
}

TEST_CASE("shapes: objects have their labels' shapes and colours, stand apart, and show half of themselves") {
  const auto labels = data::random_label_sets(150, 2);
  const data::Shapes set(labels);
  for (std::int64_t item = 0; item < set.size(); ++item) {
    const auto scene = set.scene(item);
    REQUIRE(scene.size() == labels[std::size_t(item)].size());
    for (std::size_t i = 0; i < scene.size(); ++i) {
      CHECK(int(scene[i].shape) == labels[std::size_t(item)][i] / 8);
      for (std::size_t j = 0; j < i; ++j)
        CHECK(std::hypot(scene[i].x - scene[j].x, scene[i].y - scene[j].y) > scene[i].radius + scene[j].radius);
    }
    for (const double part : data::visible_parts(scene)) CHECK(part >= .5);
  }
  const std::vector<std::int32_t> five{0, 9, 18, 3, 12};
  CHECK(data::place_shapes(five, 1, 0).size() == 5);
}

TEST_CASE("shapes: random sets have one to three different labels, each as often as another") {
  const auto sets = data::random_label_sets(12000, 7);
  std::vector<int> sizes(4), counts(24);
  for (const auto& set : sets) {
    ++sizes[set.size()];
    CHECK(std::set<std::int32_t>(set.begin(), set.end()).size() == set.size());
    for (const std::int32_t label : set) ++counts[std::size_t(label)];
  }
  for (const int size : {1, 2, 3}) CHECK(std::abs(sizes[std::size_t(size)] - 4000) < 260);  // 5 deviations
  for (const int count : counts) CHECK(std::abs(count - 1000) < 160);
}

TEST_CASE("shapes: labels that there are not, and too many or none of them, are refused in words") {
  CHECK(data::shape_name(0) == "gray cube");
  CHECK(data::shape_name(23) == "yellow cylinder");
  CHECK(thrown::message([] { data::shape_name(24); }) == "[shape_name] label 24 is not one of 0 to 23");
  CHECK(thrown::message([] { data::Shapes(Sets{{1}, {}}); }) == "[Shapes] item 1 has 0 labels, wanted are 1 to 5");
  CHECK(thrown::message([] { data::Shapes(Sets{{1, 40}}); }) == "[Shapes] label 40 is not one of 0 to 23");
}

TEST_CASE("with labels: pictures come with their labels, and a set for each is wanted") {
  const auto labels = data::random_label_sets(4, 3);
  const data::Shapes set(labels, 8, 8);
  const data::WithLabels pairs(set, labels);
  const std::vector<std::int64_t> items{3, 0};
  const Examples<LabelSets> examples = pairs.batch(items);
  CHECK(examples.images == set.batch(items));
  CHECK(examples.given == LabelSets{{labels[3], labels[0]}});
  CHECK(thrown::message([&] { data::WithLabels(set, {{1}}); }) == "[WithLabels] 1 sets of labels for 4 pictures");
  CHECK(thrown::message([&] { data::WithLabels(set, {{1}, {2}, {}, {3}}); }) == "[WithLabels] item 2 has no label");
}

TEST_CASE("with classes: pictures come with the class of each, for a process with ClassLabel") {
  const data::Shapes set(data::random_label_sets(4, 3), 8, 8);
  const data::WithClasses pairs(set, {5, 0, 2, 7});
  const Examples<std::vector<std::int32_t>> examples = pairs.batch(std::vector<std::int64_t>{3, 0});
  CHECK(examples.images == set.batch(std::vector<std::int64_t>{3, 0}));
  CHECK(examples.given == std::vector<std::int32_t>{7, 5});
  CHECK(thrown::message([&] { data::WithClasses(set, {1}); }) == "[WithClasses] 1 classes for 4 pictures");
  CHECK(pairs.fingerprint() == data::WithClasses(set, {5, 0, 2, 7}).fingerprint());
  CHECK(pairs.fingerprint() != data::WithClasses(set, {5, 0, 2, 6}).fingerprint());
}

TEST_CASE("in memory: the same pictures, made once") {
  const data::Shapes set(data::random_label_sets(3, 3), 8, 8);
  const data::InMemory kept = data::in_memory(set);
  const std::vector<std::int64_t> items{2, 0};
  CHECK(kept.size() == 3);
  CHECK(kept.bytes(items) == set.bytes(items));
  CHECK(kept.batch(items) == set.batch(items));
  const std::vector<std::int64_t> beyond{3};
  CHECK(thrown::message([&] { kept.bytes(beyond); }) == "[InMemory] item 3 of 3");
}
