#include <doctest/doctest.h>

#include <vector>

#include <hush/io/film.hpp>

using namespace hush;

namespace {

/// Images of one pixel, these values.
Images<float> pixels(std::vector<float> values) { return {std::int64_t(values.size()), 1, 1, 1, values}; }

Frames three_frames() {
  Frames frames{.most = 4};
  frames.frames = {{0, {}, pixels({.1f, .2f, .3f}), {}},
                   {5, {}, pixels({.4f, .5f, .6f}), pixels({-.4f, -.5f, -.6f})},
                   {9, {}, pixels({.7f, .8f, .9f}), pixels({-.7f, -.8f, -.9f})}};
  return frames;
}

}  // namespace

TEST_CASE("film: the images of a frame stand side by side, a frame an image") {
  const Images<float> film = io::film(three_frames(), {.columns = 2, .gap = 0});
  CHECK(film == Images<float>(3, 2, 2, 1, {.1f, .2f, .3f, 1, .4f, .5f, .6f, 1, .7f, .8f, .9f, 1}));
  CHECK(io::film(three_frames(), {.columns = 3, .gap = 1}).width == 5);
  const Images<float> clean = io::film(three_frames(), {.columns = 3, .gap = 0}, io::Shown::clean);
  CHECK(clean == Images<float>(2, 1, 3, 1, {-.4f, -.5f, -.6f, -.7f, -.8f, -.9f}));
  CHECK(io::film(Frames{}).count == 0);
}

TEST_CASE("film: the way of each image is its frames in a row") {
  CHECK(io::ways(three_frames()) == pixels({.1f, .4f, .7f, .2f, .5f, .8f, .3f, .6f, .9f}));
  CHECK(io::ways(three_frames(), io::Shown::clean) == pixels({-.4f, -.7f, -.5f, -.8f, -.6f, -.9f}));
  CHECK(io::ways(Frames{}).count == 0);
}

TEST_CASE("film: of a run that was ended, the images that every frame has") {
  Frames frames = three_frames();
  frames.frames.back().x = pixels({.7f});
  CHECK(io::ways(frames) == pixels({.1f, .4f, .7f}));
  CHECK(io::film(frames) == pixels({.1f, .4f, .7f}));
}
