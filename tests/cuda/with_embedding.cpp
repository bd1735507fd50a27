// A network with a trained embedding of tokens on the CUDA backend: trained and sampled, recorded or not, and the CPU.
#include "against.hpp"
#include "kernels.hpp"

#include <hush/core.hpp>

#include <hush/backbones/with_embedding.hpp>

#include "../labelled.hpp"

using namespace against;

namespace {

using Single = Cuda<float, Machine>;
using Half = Cuda<bf16, Machine>;
using labelled::Classes, labelled::ClassTokens, labelled::TokenNet;

const Process process{tiny::process.schedule, PredictNoise{}, Classes{}};

/// The weights after some steps of training, then guided pictures of both classes, in two batches.
template <class B>
std::vector<double> trained_and_sampled(bool record) {
  const ClassTokens<B> embedding(B{}, process.ports(), Seed{1});
  WithEmbedding net{process.ports(), TokenNet<B>({}, embedding.network_ports(process.ports()), Seed{2}), embedding};
  const TrainOptions<labelled::Squares> options{.epochs = 3, .batch = 4, .seed = 2, .record = record};
  train(process, net, AdamW{.rate = 1e-2}, labelled::Squares{}, options);
  std::vector<double> all;
  walk(net, [&](const std::string&, const Parameter<B>& p) {
    for (const double v : download<double>(p.value)) all.push_back(v);
  });
  const Guided guided{net, process.conditioning, 2.};
  for (const float v :
       sample(process, guided, Ddim{}, {0, 1, 1, 0}, {.steps = 5, .count = 4, .batch = 2, .seed = 4, .record = record})
           .pixels)
    all.push_back(v);
  return all;
}

}  // namespace

TEST_CASE("cuda with embedding: the embedding is trained and sampled as on the CPU; recorded, with the same bits") {
  const auto wanted = trained_and_sampled<Cpu<float>>(false);
  const auto single = trained_and_sampled<Single>(false), half = trained_and_sampled<Half>(false);
  CHECK(distance(single, wanted) < 2e-3);
  CHECK(distance(half, wanted) < 0.1);
  CHECK(trained_and_sampled<Single>(true) == single);
  CHECK(trained_and_sampled<Half>(true) == half);
}
