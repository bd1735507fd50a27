#include <doctest/doctest.h>

#include <hush/backbones/shared/adm_config.hpp>

#include "../../thrown.hpp"

using namespace hush;

TEST_CASE("adm_config: Palette's network for inpainting is the default; what cannot be built is refused in words") {
  CHECK_NOTHROW(validate(AdmConfig{}, {.extra_channels = 3}));
  const auto refused = [](AdmConfig config) { return thrown::message([&] { validate(config, {}); }); };
  CHECK(refused({.image = {36, 36, 3}}) ==
        "[Adm] sides of 36x36x3 must be multiples of 8: there are 3 down-samplings by 2");
  CHECK(refused({.attention = {.factors = {3}}}) ==
        "[Adm] no level stands at factor 3 for an attention: there are 1, 2, 4, 8");
  CHECK(refused({.groups = 48}) == "[Adm] the 64 channels at factor 1 do not fall into 48 groups");
}

TEST_CASE("adm_config: attention stands at factors and at resolutions") {
  const AdmConfig config{.image = {64, 32, 3}, .attention = {.factors = {2}, .resolutions = {16}}};
  CHECK_FALSE(adm::attends(config, 0));
  CHECK(adm::attends(config, 1));
  CHECK(adm::attends(config, 2));  // 64 / 4 pixels high
  CHECK_FALSE(adm::attends(config, 3));
}
