#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <hush/cpu/activation.hpp>
#include <hush/cpu/attention.hpp>
#include <hush/cpu/conv2d.hpp>
#include <hush/cpu/conv2d_weight.hpp>
#include <hush/cpu/dropout.hpp>
#include <hush/cpu/gemm.hpp>
#include <hush/cpu/group_norm.hpp>
#include <hush/cpu/indirection.hpp>
#include <hush/cpu/reduce.hpp>
#include <hush/cpu/resample.hpp>
#include <hush/nn/attention_block.hpp>
#include <hush/nn/res_block.hpp>
#include <hush/nn/res_stage.hpp>
#include <ops/inputs.hpp>

using namespace hush;
using B = Cpu<double>;
using V = Tensor<B>;

namespace {

template <class Layer>
Layer random(Layer layer) {
  std::uint32_t seed = 1;
  walk(layer, [&](const std::string&, Parameter<B>& p) { p.value = input(p.value.shape(), seed++); });
  return layer;
}

std::vector<std::string> names(const auto& layer) {
  std::vector<std::string> all;
  walk(layer, [&](const std::string& name, const Parameter<B>&) { all.push_back(name); });
  return all;
}

const Shape image{2, 4, 6, 4};

}  // namespace

TEST_CASE("res block: it is its formula, whatever scales, resamples or widens") {
  for (const Resample resample : {Resample::none, Resample::average2, Resample::nearest2})
    for (const std::int64_t out : {4, 6})
      for (const bool scales : {false, true}) {
        const auto block = random(nn::ResBlock<B>(
            B{2}, {.in = 4, .out = out, .embedding_width = 3, .groups = 2, .scales = scales, .resample = resample}));
        const V x = input(image, 31), embedding = input({2, 3}, 32);
        const nn::Modulation<V> by = block.modulation(embedding);
        REQUIRE(by.scale.has_value() == scales);
        CHECK(download<double>(by.shift) == download<double>(block.shift(embedding)));

        const auto resampled = [&](const V& v) {
          return resample == Resample::average2   ? average_pool2d(v, 2)
                 : resample == Resample::nearest2 ? upsample_nearest(v, 2)
                                                  : v;
        };
        const auto norm = [](const nn::GroupNorm<B>& layer, const V& v) {
          return group_norm(v, layer.weight, layer.bias, 2, 1e-5);
        };
        V h = block.conv1(resampled(silu(norm(block.norm1, x))));
        if (scales) {
          h = norm(block.norm2, h);
          h = add_channels(h + h * add_channels(filled(B{2}, h.shape(), 0), *by.scale), by.shift);
        } else {
          h = norm(block.norm2, add_channels(h, by.shift));
        }
        const V past = out == 4 ? resampled(x) : block.shortcut(resampled(x));
        const V wanted = past + block.conv2(silu(h));
        const V found = block(x, by);
        CHECK(found.shape() == wanted.shape());
        const auto a = download<double>(found), b = download<double>(wanted);
        for (std::size_t i = 0; i < a.size(); ++i) REQUIRE(a[i] == doctest::Approx(b[i]).epsilon(1e-12));
      }
}

TEST_CASE("res block: it has the layers that its sizes want, and its last one starts at zero") {
  const nn::ResBlock<B> plain(B{2}, {.in = 4, .out = 4, .embedding_width = 3, .groups = 2, .scales = false});
  CHECK(names(plain) == std::vector<std::string>{"norm1.weight", "norm1.bias", "conv1.weight", "conv1.bias",
                                                 "shift.weight", "shift.bias", "norm2.weight", "norm2.bias",
                                                 "conv2.weight", "conv2.bias"});
  nn::ResBlock<B> wide(B{2}, {.in = 4, .out = 6, .embedding_width = 3, .groups = 2});
  CHECK(names(wide).size() == 14);
  CHECK(names(wide)[4] == "scale.weight");
  CHECK(names(wide).back() == "shortcut.bias");
  initialise(wide, Seed{1});
  const V x = input(image, 1), embedded = input({2, 6}, 2);
  CHECK(download<double>(wide(x, {embedded, embedded})) == download<double>(wide.shortcut(x)));
}

TEST_CASE("res block: dropout stands before the second convolution, on a tape only") {
  const auto block =
      random(nn::ResBlock<B>(B{2}, {.in = 4, .out = 4, .embedding_width = 3, .groups = 2, .dropout = 0.5}));
  auto certain = block;
  certain.rate = 0;
  const V x = input(image, 1), embedded = input({2, 4}, 2);
  Tape<B> tape({.seed = 1});
  const auto at = [&](const auto& layer) {
    return download<double>(layer(tape.constant(x), {tape.constant(embedded), tape.constant(embedded)}).value());
  };
  CHECK(download<double>(block(x, {embedded, embedded})) == download<double>(certain(x, {embedded, embedded})));
  CHECK(at(certain) == download<double>(certain(x, {embedded, embedded})));
  CHECK(at(block) != at(certain));
}

TEST_CASE("res stage: its blocks run in order, attention behind each or none") {
  nn::ResStage<B> stage;
  const nn::ResBlockConfig widening{.in = 4, .out = 6, .embedding_width = 3, .groups = 2},
      same{.in = 6, .out = 6, .embedding_width = 3, .groups = 2};
  CHECK(stage.add_block(B{2}, widening, 0) == 6);
  CHECK(stage.attention.empty());
  stage.add_block(B{2}, same, 3);
  CHECK(stage.attention.size() == 1);
  nn::ResStage<B> by_convolution = stage;
  auto halving = same, doubling = same;
  halving.resample = Resample::average2, doubling.resample = Resample::nearest2;
  stage.add_resampling(B{2}, halving, true);
  by_convolution.add_resampling(B{2}, halving, false), by_convolution.add_resampling(B{2}, doubling, false);
  CHECK(by_convolution.convolution[0].options.stride == 2);
  CHECK(by_convolution.convolution[1].options.stride == 1);
  CHECK(by_convolution.convolution[0](filled(B{2}, {1, 4, 6, 6}, 1)).shape() == Shape{1, 2, 3, 6});

  stage = random(std::move(stage));
  const V embedding = input({2, 3}, 5);
  std::vector<nn::Modulation<V>> all;
  stage.add_modulations(embedding, all);
  REQUIRE(all.size() == 3);
  CHECK(download<double>(*all[1].scale) == download<double>(stage.blocks[1].scale(embedding)));
  CHECK(download<double>(all[2].shift) == download<double>(stage.resample[0].shift(embedding)));
}

TEST_CASE("attention block: the image and what its pixels see of each other, nothing at the start") {
  nn::AttentionBlock<B> block(B{2}, 4, 2, 2);
  initialise(block, Seed{1});
  const V x = input(image, 1);
  CHECK(download<double>(block(x)) == download<double>(x));
  block = random(block);
  const V y = group_norm(x, block.norm.weight, block.norm.bias, 2, 1e-5);
  const V wanted = x + reshape(block.attention(reshape(y, {2, 24, 4})), image);
  const auto a = download<double>(block(x)), b = download<double>(wanted);
  for (std::size_t i = 0; i < a.size(); ++i) REQUIRE(a[i] == doctest::Approx(b[i]).epsilon(1e-12));
  CHECK(block.attention.scale == 1 / std::sqrt(2.0));
  CHECK_THROWS_WITH_AS(nn::AttentionBlock<B>(B{}, 6, 4, 2), "[AttentionBlock] 6 channels do not fall into 4 heads",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(nn::AttentionBlock<B>(B{}, 6, 0, 2), "[AttentionBlock] 6 channels do not fall into 0 heads",
                       std::invalid_argument);
}

TEST_CASE("res block, attention block: the sum at the end is divided, and the last layer may start as the others do") {
  const nn::ResBlockConfig config{.in = 4, .out = 6, .embedding_width = 3, .groups = 2};
  nn::ResBlockConfig halved = config;
  halved.divisor = 2;
  halved.zero_start = false;
  const auto whole = random(nn::ResBlock<B>(B{2}, config)), half = random(nn::ResBlock<B>(B{2}, halved));
  const V x = input(image, 1), embedding = input({2, 3}, 2);
  CHECK(download<double>(half(x, half.modulation(embedding))) ==
        download<double>(0.5 * whole(x, whole.modulation(embedding))));
  CHECK(nn::ResBlock<B>(B{}, config).conv2.weight.init.kind == Init::Kind::zeros);
  CHECK(nn::ResBlock<B>(B{}, halved).conv2.weight.init.kind == Init::Kind::uniform);
  const nn::AttentionBlockConfig attention{.channels = 4, .head_width = 4, .groups = 2};
  nn::AttentionBlockConfig quarter = attention;
  quarter.divisor = 4;
  quarter.zero_start = false;
  const auto all = random(nn::AttentionBlock<B>(B{2}, attention)), part = random(nn::AttentionBlock<B>(B{2}, quarter));
  CHECK(download<double>(part(x)) == download<double>(0.25 * all(x)));
  CHECK(nn::AttentionBlock<B>(B{}, attention).attention.out.weight.init.kind == Init::Kind::zeros);
  CHECK(nn::AttentionBlock<B>(B{}, quarter).attention.out.weight.init.kind == Init::Kind::uniform);
}

TEST_CASE("attention block: without groups it has no norm, and its heads may leave channels out") {
  const auto block = random(nn::AttentionBlock<B>(B{2}, {.channels = 4, .heads = 1, .head_width = 3, .groups = 0}));
  CHECK(names(block).front() == "attention.q.weight");
  CHECK(block.attention.out.weight.value.shape() == Shape{4, 3});
  const V x = input(image, 1), flat = reshape(x, {2, 24, 4});
  CHECK(download<double>(block(x)) == download<double>(flat + block.attention(flat)));
}
