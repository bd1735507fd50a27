#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <hush/data/lab.hpp>
#include <nlohmann/json.hpp>
#include <random>
#include <vector>

using namespace hush;

namespace {

/// One pixel for each colour of 8 bits in `steps` steps a channel, and 20,000 at random.
Images<std::uint8_t> many_colours(int steps) {
  std::vector<std::uint8_t> pixels;
  for (int r = 0; r < steps; ++r)
    for (int g = 0; g < steps; ++g)
      for (int b = 0; b < steps; ++b)
        for (const int channel : {r, g, b}) pixels.push_back(std::uint8_t(channel * 255 / (steps - 1)));
  std::mt19937 engine(1);
  for (int i = 0; i < 60000; ++i) pixels.push_back(std::uint8_t(engine() >> 24));
  const auto count = std::int64_t(pixels.size() / 3);
  return {1, 1, count, 3, std::move(pixels)};
}

void check_near(const data::Lab& found, double lightness, double a, double b, double off) {
  CHECK(std::abs(found.lightness - lightness) < off);
  CHECK(std::abs(found.a - a) < off);
  CHECK(std::abs(found.b - b) < off);
}

}  // namespace

TEST_CASE("lab: the corners of sRGB") {
  check_near(data::lab_of({1, 0, 0}), 53.2408, 80.0925, 67.2032, 2e-3);
  check_near(data::lab_of({0, 1, 0}), 87.7347, -86.1827, 83.1793, 2e-3);
  check_near(data::lab_of({0, 0, 1}), 32.2970, 79.1875, -107.8602, 2e-3);
  check_near(data::lab_of({1, 1, 1}), 100, 0, 0, 1e-12);
  check_near(data::lab_of({0, 0, 0}), 0, 0, 0, 1e-12);
}

TEST_CASE("lab: greys have neither a nor b, and a lightness that the standard states") {
  for (int i = 0; i < 256; ++i) {
    const data::Lab grey = data::lab_of({i / 255., i / 255., i / 255.});
    CHECK(std::abs(grey.a) < 1e-12);
    CHECK(std::abs(grey.b) < 1e-12);
  }
  // Light of 18.4186 % is lightness 50, and of 0.8856 % lightness 8, where the straight line ends.
  const auto grey_of_light = [](double light) {
    const double c = light <= .0031308 ? 12.92 * light : 1.055 * std::pow(light, 1 / 2.4) - .055;
    return data::lab_of({c, c, c}).lightness;
  };
  CHECK(grey_of_light(.18418651851244414) == doctest::Approx(50).epsilon(1e-7));
  CHECK(grey_of_light(216. / 24389) == doctest::Approx(8).epsilon(1e-6));
  CHECK(grey_of_light(.001) == doctest::Approx(.9032963).epsilon(1e-6));
}

TEST_CASE("lab: as scikit-image, but for the digits of its matrix") {
  std::ifstream file(HUSH_ROOT "/tests/goldens/lab.json");
  REQUIRE(file);
  int colours = 0;
  const nlohmann::json golden = nlohmann::json::parse(file);
  for (const auto& row : golden.at("cie")) {
    const data::Lab lab = data::lab_of({row[0].get<int>() / 255., row[1].get<int>() / 255., row[2].get<int>() / 255.});
    check_near(lab, row[3], row[4], row[5], .01);
    ++colours;
  }
  CHECK(colours == 64);
}

TEST_CASE("lab: images come back within 1e-5 of the range, in [-1, 1] and in [0, 1]") {
  const Images<std::uint8_t> bytes = many_colours(18);
  for (const data::Range range : {data::Range{}, data::Range{0, 1}, data::Range{0, 255}}) {
    const Images<float> images = data::to_floats(bytes, range);
    const Images<float> lab = data::to_lab(images, range), back = data::to_srgb(lab, range);
    double off = 0, lightest = 0;
    for (std::size_t i = 0; i < images.pixels.size(); ++i)
      off = std::max(off, std::abs(double(back.pixels[i]) - double(images.pixels[i])));
    for (std::size_t i = 0; i < lab.pixels.size(); i += 3) lightest = std::max(lightest, double(lab.pixels[i]));
    CHECK(off < 1e-6 * double(range.white - range.black));
    CHECK(lightest == 100);
    CHECK(data::to_bytes(back, range) == bytes);
  }
}

TEST_CASE("lab: images are converted as single colours are") {
  const Images<float> lab = data::to_lab(Images<float>(2, 1, 1, 3, {1, -1, -1, 0, 0, .5f}));
  check_near({lab.pixels[0], lab.pixels[1], lab.pixels[2]}, 53.2408, 80.0925, 67.2032, 2e-3);
  const data::Lab second = data::lab_of({.5, .5, .75});
  check_near({lab.pixels[3], lab.pixels[4], lab.pixels[5]}, second.lightness, second.a, second.b, 1e-5);
}

TEST_CASE("lab: colours beyond sRGB come out beyond the range, and go back") {
  const data::Srgb beyond = data::srgb_of({60, -90, 60});
  CHECK(beyond.red < -.1);
  const data::Lab back = data::lab_of(beyond);
  check_near(back, 60, -90, 60, 1e-4);
  const Images<float> images = data::to_srgb(Images<float>(1, 1, 1, 3, {60, -90, 60}));
  CHECK(images.pixels[0] < -1);
  CHECK(data::to_bytes(images).pixels[0] == 0);
}

TEST_CASE("lab: NaN stays, other than 3 channels are refused in words, no images are fine") {
  for (const float channel : data::to_lab(Images<float>(1, 1, 1, 3, {NAN, 0, 0})).pixels) CHECK(std::isnan(channel));
  CHECK(std::isnan(data::to_srgb(Images<float>(1, 1, 1, 3, {50, NAN, 0})).pixels[0]));
  CHECK(data::to_lab(Images<float>(0, 4, 4, 3)).count == 0);
  CHECK_THROWS_WITH_AS(data::to_lab(Images<float>(1, 2, 2, 1)),
                       "[to_lab] wants the 3 channels red, green and blue, got 1", std::invalid_argument);
  CHECK_THROWS_WITH_AS(data::to_srgb(Images<float>(1, 2, 2, 4)), "[to_srgb] wants the 3 channels L, a and b, got 4",
                       std::invalid_argument);
}
