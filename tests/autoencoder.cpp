#include <doctest/doctest.h>

#include <hush/autoencoder.hpp>
#include <hush/fields.hpp>

using namespace hush;

TEST_CASE("autoencoder: a scaling prints as it is written") {
  CHECK(to_text(LatentScaling{.shift = .5, .factor = 2}) == "LatentScaling{.shift = 0.5, .factor = 2}");
  CHECK(LatentScaling{} == LatentScaling{0, 1});
}
