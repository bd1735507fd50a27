#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include <hush/baselines/generate.hpp>
#include <hush/io.hpp>
#include <hush/nn/walk.hpp>
#include <hush/sample.hpp>
#include <hush/samplers/dpm_solver_sde.hpp>

#include "../shared/model_files.hpp"
#include "recipe.hpp"

namespace baselines {

/// What makes images, of a weights file: by `make(count, batch, seed)`, image i by the seed and i.
struct Maker {
  std::string name;
  std::int64_t parameters = 0, calls = 1;    // network calls an image
  std::map<std::string, std::string> words;  // of the file
  std::function<Images<float>(std::int64_t count, std::int64_t batch, std::uint64_t seed)> make;
};

template <class Net>
Maker maker_of_latents(const std::string& name, const std::filesystem::path& file, Net net) {
  Maker maker{name, count_parameters(net), 1, io::load_model(file, net), {}};
  maker.make = [net](std::int64_t count, std::int64_t batch, std::uint64_t seed) {
    return generate(net, {.count = count, .batch = batch, .seed = seed});
  };
  return maker;
}

/// The maker of a weights file, whichever of the three networks it has; a diffusion model, one of
/// examples/fashion_mnist too, in so many `steps` of DPM-Solver++ of the SDE. Throws FileError for other files.
template <class B>
Maker maker_of(const std::filesystem::path& file, int steps, const B& on) {
  const auto model = io::read_model(file);
  const std::string type = model ? model->network.text : "";
  if (type == "Vae") return maker_of_latents("VAE", file, Vae<B>(io::read_config<VaeConfig>(file), Seed{}, on));
  if (type == "DcganGenerator")
    return maker_of_latents("DCGAN", file, DcganGenerator<B>(io::read_config<DcganGeneratorConfig>(file), Seed{}, on));
  const auto about = examples::model_file<AttentionUnetConfig>(file, "reading");
  const Diffusion process = baselines::process();
  AttentionUnet<B> net(about.network, process.ports(), Seed{}, on);
  examples::load(file, about, process, net);
  Maker maker{"diffusion", count_parameters(net), steps, about.words, {}};
  maker.make = [=](std::int64_t count, std::int64_t batch, std::uint64_t seed) {
    return hush::sample(process, net, DpmSolverSde{}, {.steps = steps, .count = count, .batch = batch, .seed = seed});
  };
  return maker;
}

}  // namespace baselines
