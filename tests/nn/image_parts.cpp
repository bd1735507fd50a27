#include <doctest/doctest.h>

#include <hush/cpu/kernels.hpp>
#include <hush/nn/attention_block.hpp>
#include <hush/nn/image_parts.hpp>
#include <hush/nn/initialise.hpp>
#include <ops/inputs.hpp>
#include <vector>

using namespace hush;

namespace {

using B = Cpu<float>;
using V = Tensor<B>;

}  // namespace

TEST_CASE("image_parts: every image goes through once, in parts of the size asked for and a rest") {
  const V x = input<float>({7, 3, 2}, 1), more = input<float>({7, 2}, 2);
  std::vector<std::int64_t> sizes;
  const auto f = [&](const V& v, const V& by) {
    sizes.push_back(v.shape()[0]);
    CHECK(v.shape() == Shape{v.shape()[0], 3, 2});
    CHECK(by.shape() == Shape{v.shape()[0], 2});
    V y = empty_like(v);
    add_channels(v.on(), v.shape()[0], 3, 2, v.data(), by.data(), y.data());
    return y;
  };
  const auto whole = download<float>(nn::in_parts(7, f, x, more));
  CHECK(download<float>(nn::in_parts(3, f, x, more)) == whole);
  CHECK(download<float>(nn::in_parts(8, f, x, more)) == whole);
  CHECK(sizes == std::vector<std::int64_t>{7, 3, 3, 1, 7});
  for (std::size_t i = 0; i < whole.size(); ++i)
    REQUIRE(whole[i] == download<float>(x)[i] + download<float>(more)[i / 6 * 2 + i % 2]);
}

TEST_CASE("image_parts: parts of few pixels have many images, a large image is a part of its own") {
  const auto of = [](const Shape& s, int threads = 2) { return V(B{threads}, s); };
  CHECK(nn::images_in_part(of({64, 4, 4, 2}), 128) == 16);
  CHECK(nn::images_in_part(of({64, 4, 4, 2}, 1), 128) == 16);  // one thread takes what two do
  CHECK(nn::images_in_part(of({64, 4, 4, 2}, 8), 128) == 64);  // all
  CHECK(nn::images_in_part(of({18, 16, 2}), 128) == 9);        // not 16 and 2
  CHECK(nn::images_in_part(of({3, 64, 64, 2}), 128) == 1);
  CHECK(nn::images_in_part(of({0, 64, 64, 2}), 128) == 0);
  CHECK(nn::images_in_convolution(of({16, 32, 32, 64})) == 4);
  CHECK(nn::images_in_convolution(of({16, 32, 32, 256})) == 8);  // more weights for each pixel
  CHECK(nn::images_in_attention(of({16, 256, 128})) == 4);
}

TEST_CASE("image_parts: on a tape all images go at once") {
  Tape<B> tape;
  const auto x = tape.variable(input<float>({9, 64, 64, 1}, 1));
  CHECK(nn::images_in_convolution(x) == 9);
  int calls = 0;
  const auto f = [&](const Var<B>& v) {
    ++calls;
    return v;
  };
  CHECK(nn::in_parts(2, f, x).node() == x.node());
  CHECK(calls == 1);
}

TEST_CASE("image_parts: attention over parts has the bits of attention over each image alone, and of that on a tape") {
  nn::AttentionBlock<B> block(B{2}, 8, 2, 2);
  initialise(block, Seed{1});
  start_at_zero(block.norm);
  for (auto* p : {&block.attention.out.weight, &block.norm.weight}) p->value = input<float>(p->value.shape(), 3);
  const std::int64_t images = 5, pixels = 20 * 20;
  const V x = input<float>({images, 20, 20, 8}, 2);
  REQUIRE(nn::images_in_attention(x) < images);
  const auto whole = download<float>(block(x));
  Tape<B> tape;
  CHECK(download<float>(block(tape.constant(x)).value()) == whole);
  for (std::int64_t i = 0; i < images; ++i) {
    const auto one = download<float>(block(x.part(i * pixels * 8, {1, 20, 20, 8})));
    CHECK(std::equal(one.begin(), one.end(), whole.begin() + i * pixels * 8));
  }
}
