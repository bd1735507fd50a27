// What docs/models.md shows.
#include <doctest/doctest.h>

#include <filesystem>
#include <functional>

#include <hush/hush.hpp>

#include "io/scratch.hpp"
#include "thrown.hpp"
#include "tiny.hpp"

using namespace hush;

namespace {

/// What another program shows of the images of a model.
Images<float> sampled(const std::filesystem::path& file) {
  // [load]
  const Process process{LinearBeta{}, PredictNoise{}};
  AttentionUnet<Cpu<float>> net(io::read_config<AttentionUnetConfig>(file), process.ports(), Seed{});
  io::load_model(file, process, net);
  const auto images = sample(process, net, Ddim{}, {.steps = 10, .count = 4, .seed = 1});
  // [/load]
  return images;
}

}  // namespace

TEST_CASE("docs: a model is saved by one program and sampled by another") {
  const Scratch scratch("docs-models");
  const auto file = scratch / "model.safetensors";
  const Process process{LinearBeta{}, PredictNoise{}};
  tiny::Net unet = tiny::net();
  const tiny::Squares data;
  const auto trained = train(process, unet, AdamW{}, data, {.batch = 8});
  // [save]
  io::save_model(file, process, trained.averaged, {.dtype = io::Dtype::F16, .metadata = {{"made by", "me"}}});
  // [/save]
  CHECK(sampled(file).count == 4);
  tiny::Net net = tiny::net();
  CHECK(thrown::message([&] {
          io::load_model(file, Process{Cosine{}, PredictVelocity{}}, net);
        })
            .ends_with("model.safetensors: holds the weights of another model: process.schedule is LinearBeta{.first = "
                       "0.0001, .last = 0.02, .steps = 1000, .points = 0} in the file, Cosine{.steps = 1000, .offset = "
                       "0.008, .cap = 0.999} here; process.parameterization is PredictNoise<Time>{} in the file, "
                       "PredictVelocity<Time>{} here"));
  // [differ]
  const Process shorter{LinearBeta{.first = 1e-4, .last = .09, .steps = 500}, PredictNoise{}};
  io::load_model(file, shorter, net, {.may_differ = {"process.schedule"}});
  // [/differ]
  std::ostringstream out;
  // [said]
  if (const auto model = io::read_model(file))
    out << code_of(model->process) << '\n' << code_of(model->network) << '\n';
  // [/said]
  CHECK(
      out.str().starts_with("Process{LinearBeta{.first = 0.0001, .last = 0.02, .steps = 1000, .points = 0}, "
                            "PredictNoise<Time>{}, Unconditional{}}\nAttentionUnet{AttentionUnetConfig{.image = "));
}
