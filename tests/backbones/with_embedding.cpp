#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <hush/backbones/with_embedding.hpp>
#include <hush/core.hpp>
#include <hush/io/models.hpp>

#include "../io/scratch.hpp"
#include "../labelled.hpp"
#include "../thrown.hpp"

using namespace hush;

namespace {

using B = Cpu<float>;
using labelled::Classes;

using labelled::ClassTokens, labelled::ClassTokensConfig, labelled::TokenNet;
using Net = WithEmbedding<TokenNet<B>, ClassTokens<B>>;
static_assert(Backbone<Net> && !TimedBackbone<Net, B>);
static_assert(TimedBackbone<WithEmbedding<Adm<B>, ClassTokens<B>>, B>);

const Process process{tiny::process.schedule, PredictNoise{}, Classes{}};

Net network(std::uint64_t seed = 1, ClassTokensConfig config = {}) {
  const ClassTokens<B> embedding(B{}, process.ports(), Seed{seed}, config);
  return {process.ports(), TokenNet<B>({}, embedding.network_ports(process.ports()), Seed{seed + 1}), embedding};
}

template <class Layer>
std::vector<float> numbers(const Layer& layer) {
  std::vector<float> all;
  walk(layer, [&](const std::string&, const auto& p) {
    for (const float v : download<float>(p.value)) all.push_back(v);
  });
  return all;
}

Images<float> made(const auto& net, std::vector<std::int32_t> classes) {
  return sample(process, net, Ddim{}, std::move(classes), {.steps = 4, .count = 2, .seed = 3});
}

}  // namespace

TEST_CASE("with embedding: its weights are trained, averaged and sampled with those of the network") {
  Net net = network();
  const auto before = numbers(net.embedding);
  REQUIRE(before.size() == 2 * 3 * 3);
  const auto trained =
      train(process, net, Adam{.rate = 1e-2}, labelled::Squares{}, {.epochs = 20, .batch = 8, .ema = {.decay = .9}});
  CHECK(trained.epochs.back().loss < trained.epochs.front().loss);
  const auto after = numbers(net.embedding), averaged = numbers(trained.averaged.embedding);
  // The columns of the two classes have moved, that of no condition was never asked for.
  for (std::size_t i = 0; i < before.size(); ++i) {
    CHECK((after[i] != before[i]) == (i % 3 != 2));
    if (i % 3 != 2) CHECK(averaged[i] != after[i]);
  }
  CHECK(made(trained, {0, 1}) == made(trained.averaged, {0, 1}));
  CHECK(made(trained, {0, 1}) != made(net, {0, 1}));
  CHECK(made(trained, {0, 1}) != made(trained, {1, 1}));

  // The embedding alone makes the difference: the averaged network behind the embedding of the start is another.
  Net mixed = trained.averaged;
  mixed.embedding = network().embedding;
  CHECK(made(mixed, {0, 1}) != made(trained, {0, 1}));
}

TEST_CASE("with embedding: a model file brings its weights back bit for bit, into a network of the same sizes only") {
  const Scratch scratch("with_embedding");
  Net net = network();
  const auto trained = train(process, net, Adam{.rate = 1e-2}, labelled::Squares{}, {.epochs = 2, .batch = 8});
  io::save_model(scratch / "w.safetensors", process, trained.averaged);
  Net again = network(7);
  CHECK(numbers(again) != numbers(trained.averaged));
  io::load_model(scratch / "w.safetensors", process, again);
  CHECK(numbers(again) == numbers(trained.averaged));
  CHECK(made(again, {1, 0}) == made(trained, {1, 0}));
  Net wider = network(7, {.width = 4});
  CHECK(thrown::message([&] {
          io::load_model(scratch / "w.safetensors", process, wider);
        }).find("network.config.embedding.width is 3 in the file, 4 here") != std::string::npos);
}

TEST_CASE("with embedding: a null condition is learned like any label, and guidance asks for it") {
  Net net = network();
  const auto guided = [&](double scale) { return made(Guided{net, process.conditioning, scale}, {0, 1}); };
  CHECK(guided(0) == made(net, {2, 2}));
  CHECK(guided(1) == made(net, {0, 1}));
  CHECK(guided(3) != made(net, {0, 1}));
}

TEST_CASE("with embedding: a network of other ports is refused with both") {
  const ClassTokens<B> embedding(B{}, process.ports(), Seed{1});
  CHECK(thrown::message([&] {
          WithEmbedding(process.ports(), TokenNet<B>({}, {.tokens = 2, .token_dim = 4}, Seed{1}), embedding);
        }) ==
        "[WithEmbedding] the network's ports are {.tokens = 2, .token_dim = 4}, the embedding gives {.tokens = 2, "
        ".token_dim = 3}. Build it with embedding.network_ports(process.ports())");
  const TokenNet<B> bare({}, embedding.network_ports(process.ports()), Seed{1});
  CHECK(thrown::message([&] {
          made(bare, {0, 1});
        }).find("its ports are {.tokens = 2, .token_dim = 3}, those of the process are {.label_dim = 3}") !=
        std::string::npos);
}
