#pragma once
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <hush/images.hpp>
#include <nlohmann/json.hpp>
#include <vector>

// The pairs of pictures of tools/make_image_metric_goldens.py, and what scikit-image and numpy say of them.

struct GoldenPair {
  hush::Images<std::uint8_t> made, truth;
  nlohmann::json says;
};

/// A number below 2^32 for another, without pattern.
inline std::uint32_t mixed(std::uint32_t n) {
  n = (n ^ n >> 16) * 0x7FEB352Du;
  n = (n ^ n >> 15) * 0x846CA68Bu;
  return n ^ n >> 16;
}

inline std::vector<GoldenPair> golden_pairs() {
  std::ifstream file(HUSH_ROOT "/tests/goldens/image_metrics.json");
  REQUIRE(file);
  std::vector<GoldenPair> pairs;
  int which = 0;
  const nlohmann::json golden = nlohmann::json::parse(file);
  for (const auto& says : golden.at("pictures")) {
    const int height = says["height"], width = says["width"], channels = says["channels"], off = says["off"];
    GoldenPair pair{{1, height, width, channels}, {1, height, width, channels}, says};
    std::size_t at = 0;
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x)
        for (int c = 0; c < channels; ++c, ++at) {
          const auto place = std::uint32_t((y * 64 + x) * 4 + c);
          const int wave = std::abs((y * (3 + which) + x * (5 + 2 * which) + 40 * c) % 256 - 128) * 2;
          const int truth = std::clamp(wave + int(mixed(place + 1000000u * std::uint32_t(which)) % 33) - 16, 0, 255);
          const int made = (says["negative"] ? 255 - truth : truth) +
                           int(mixed(place + 77777777u) % std::uint32_t(2 * off + 1)) - off / 2;
          pair.truth.pixels[at] = std::uint8_t(truth);
          pair.made.pixels[at] = std::uint8_t(std::clamp(made, 0, 255));
        }
    pairs.push_back(pair);
    ++which;
  }
  REQUIRE(pairs.size() == 5);
  return pairs;
}
