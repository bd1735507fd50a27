// Directories of pipelines, each of one of six networks and one of six schedulers, and what diffusers 0.42.1 says of
// them in double: tools/make_diffusers_directories_golden.py. Weights follow the rule of sine_weights.hpp.
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <hush/hush.hpp>

#include <hush/diffusers/pipeline.hpp>
#include <hush/diffusers/sampling.hpp>
#include <hush/diffusers/scheduler_reader.hpp>
#include <hush/io/diffusers_unet.hpp>
#include <hush/io/diffusers_unet2d.hpp>

#include "diffusers/ten_steps.hpp"
#include "io/scratch.hpp"
#include "sine_weights.hpp"

using namespace hush;
using B = Cpu<double>;

namespace {

/// The directory of a network and a scheduler, as DDPMPipeline.save_pretrained lays it out.
struct Directory {
  Scratch scratch{"directories"};

  Directory(const std::string& unet, const std::string& scheduler, const std::string& scheduler_class) {
    for (const char* part : {"unet", "scheduler"}) std::filesystem::create_directories(scratch / part);
    put(scratch / "unet" / "config.json", unet);
    put(scratch / "scheduler" / "scheduler_config.json", scheduler);
    const io::Json index{{"_class_name", "DDPMPipeline"},
                         {"_diffusers_version", "0.42.1"},
                         {"scheduler", {"diffusers", scheduler_class}},
                         {"unet", {"diffusers", "UNet2DModel"}}};
    put(scratch / "model_index.json", index.dump(2) + "\n");
    const Unet2d<B> net(io::unet2d_config_of(scratch / "unet" / "config.json", {}), {}, Seed{});
    io::Extents native;
    for (const auto& [name, extents] : io::detail::parameters_of(net)) native[name] = extents;
    io::write_safetensors(scratch / "unet" / "diffusion_pytorch_model.safetensors",
                          sine::weights(io::stored_extents(io::diffusers_keys(net), native)));
  }
};

/// The network of a directory.
Unet2d<B> network(const diffusers::Pipeline& of) {
  Unet2d<B> net(io::unet2d_config_of(of.unet / "config.json", {}), {}, Seed{1});
  io::load_diffusers(of.unet, net);
  return net;
}

/// What a network says of sin(.3 i) at the times 10 and 500.
Images<float> said(const Unet2d<B>& net) {
  const std::vector<double> x = sine::images(2, 3, 8, 8), times{10, 500};
  const std::vector<float> y = download<float>(net(Input<Tensor<B>>{
      upload(B{}, {2, 8, 8, 3}, std::span<const double>(x)), upload(B{}, {2}, std::span<const double>(times))}));
  return {2, 8, 8, 3, y};
}

/// The pictures of ten steps with the sampler that a file names, one of S.
template <class... S>
Images<float> ten_steps_of(const diffusers::Sampling& file, const Unet2d<B>& net, double start) {
  const auto& process = std::get<diffusers::BetaProcess>(file.process);
  Images<float> images;
  const auto run = [&](const auto* sampler) {
    if (sampler) images = ten_steps::pictures(process, *sampler, file.options<B>(), net, start);
    return sampler != nullptr;
  };
  REQUIRE((run(std::get_if<S>(&file.sampler)) || ...));
  return images;
}

}  // namespace

TEST_CASE("directories: six networks with six schedulers say what diffusers says, and make its pictures") {
  const io::Json all = io::read_json("tests/goldens/diffusers_directories.json");
  int pairs = 0;
  for (const auto& [unet, network_row] : all.at("unets").items())
    for (const auto& [scheduler, scheduler_row] : all.at("schedulers").items()) {
      CAPTURE(unet);
      CAPTURE(scheduler);
      const Directory directory(network_row.at("config").get<std::string>(),
                                scheduler_row.at("config").get<std::string>(), scheduler + "Scheduler");
      const diffusers::Pipeline pipeline = diffusers::read_pipeline(directory.scratch.folder);
      const Unet2d<B> net = network(pipeline);
      ten_steps::check_pictures(said(net), network_row, 1e-5);
      const diffusers::Sampling file = diffusers::read_scheduler(pipeline.scheduler);
      const double start = scheduler_row.at("start");
      const auto pictures = ten_steps_of<Ddpm, Ddim, Pndm, EulerAncestral, DpmSolverPp, UniPc>(file, net, start);
      ten_steps::check_pictures(pictures, all.at("pictures").at(unet).at(scheduler), 1e-4);
      ++pairs;
    }
  CHECK(pairs == 36);
}
