// Autoencoders from the JSON that diffusers 0.42.1 takes, what it says of them in double precision with weights and
// images by the rule of sine_weights.hpp, and folders written and read.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <hush/cpu/kernels.hpp>

#include <hush/io/diffusers_autoencoder.hpp>
#include <hush/ops/gaussian_kl.hpp>

#include "io/scratch.hpp"
#include "sine_weights.hpp"

using namespace hush;
using B = Cpu<double>;

namespace {

/// The sum, the sum of the magnitudes, the first number, its neighbour to the right and the last.
struct Figures {
  double sum, magnitude, first, second, last;
};
void check_figures(const Tensor<B>& found, const Figures& wanted) {
  const auto y = download<double>(found);
  double sum = 0, magnitude = 0;
  for (const double v : y) {
    sum += v;
    magnitude += std::abs(v);
  }
  CHECK(std::abs(sum - wanted.sum) < 1e-7);
  CHECK(std::abs(magnitude - wanted.magnitude) < 1e-7);
  CHECK(std::abs(y[0] - wanted.first) < 1e-9);
  CHECK(std::abs(y[std::size_t(found.shape().back())] - wanted.second) < 1e-9);
  CHECK(std::abs(y.back() - wanted.last) < 1e-9);
}

template <class Net>
io::Arrays sines(const Net& net, io::AttentionNames names = io::AttentionNames::to_q) {
  io::Extents native;
  for (const auto& [name, extents] : io::detail::parameters_of(net)) native[name] = extents;
  return sine::weights(io::stored_extents(io::diffusers_keys(net, names), native));
}
template <class Net>
std::vector<double> weights(const Net& net) {
  std::vector<double> all;
  walk(net, [&](const std::string&, const Parameter<B>& p) {
    for (const double v : download<double>(p.value)) all.push_back(v);
  });
  return all;
}

const char* const kl_json =
    R"({"_class_name": "AutoencoderKL", "sample_size": 8, "block_out_channels": [4, 8], "norm_num_groups": 4,
        "latent_channels": 2, "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D"],
        "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D"], "shift_factor": 0.25})";
const char* const tiny_json =
    R"({"_class_name": "AutoencoderTiny", "encoder_block_out_channels": [4, 4], "num_encoder_blocks": [1, 1],
        "decoder_block_out_channels": [4, 4], "num_decoder_blocks": [1, 1], "latent_channels": 2})";

/// A folder of a config and sine weights.
struct Folder {
  Scratch scratch;

  explicit Folder(const std::string& json) : scratch(to_text("diffusers_autoencoder-", json.size())) {
    put(scratch / "config.json", json);
  }
  std::filesystem::path json() const { return scratch / "config.json"; }
  template <class Net>
  void write(const Net& net, io::AttentionNames names = io::AttentionNames::to_q) const {
    io::write_safetensors(scratch / "diffusion_pytorch_model.safetensors", sines(net, names));
  }
};

AutoencoderKl<B> kl(const Folder& folder, std::uint64_t seed = 1) {
  return AutoencoderKl<B>(io::autoencoder_kl_config_of(folder.json()), Seed{seed});
}
AutoencoderTiny<B> tiny(const Folder& folder, std::uint64_t seed = 1) {
  return AutoencoderTiny<B>(io::autoencoder_tiny_config_of(folder.json(), {8, 8}), Seed{seed});
}
Tensor<B> sine_images(const Shape& s) {
  return upload(B{}, s, std::span<const double>(sine::images(s[0], s[3], s[1], s[2])));
}

}  // namespace

TEST_CASE("diffusers autoencoder: with the weights of a folder an AutoencoderKl says what diffusers says") {
  const Folder folder(kl_json);
  AutoencoderKl<B> net = kl(folder);
  folder.write(net);
  io::load_diffusers(folder.scratch.folder, net);
  CHECK(count_parameters(net) == 11'325);
  const Tensor<B> x = sine_images({2, 8, 8, 3}), moments = net.moments(x);
  check_figures(net.encode(x), {10.226677329, 33.599002971, 0.471087366, 0.823528029, 0.283366670});
  check_figures(ops::Concat::columns(moments, {2, 4, 4, 2}, 2),
                {-2.347673887, 17.318280373, 0.328899266, 0.637275087, -0.080164363});
  for (const std::int64_t i : {0, 1})
    CHECK(std::abs(download<double>(gaussian_kl(moments.part(i * 64, {1, 4, 4, 4})))[0] -
                   (i ? 11.576620795 : 5.374697149)) < 1e-8);
  check_figures(net.decode(sine_images({2, 4, 4, 2})),
                {29.874924433, 315.409631906, -0.355388491, -0.700114554, -0.090806531});
  CHECK(net.scaling() == LatentScaling{.25, .18215});
}

TEST_CASE("diffusers autoencoder: other levels, greyscale, oblong images, without attention and quant convolutions") {
  const Folder folder(
      R"({"_class_name": "AutoencoderKL", "sample_size": [8, 16], "in_channels": 1, "out_channels": 1,
          "block_out_channels": [4, 8, 12], "layers_per_block": 2, "norm_num_groups": 2, "latent_channels": 3,
          "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D"],
          "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"], "use_quant_conv": false,
          "use_post_quant_conv": false, "mid_block_add_attention": false})");
  AutoencoderKl<B> net = kl(folder);
  folder.write(net);
  io::load_diffusers(folder.scratch.folder, net);
  CHECK(count_parameters(net) == 35'259);
  const Tensor<B> x = sine_images({2, 8, 16, 1});
  check_figures(net.encode(x), {39.341981384, 43.731254997, -0.237251648, -0.432914659, 1.085799193});
  check_figures(ops::Concat::columns(net.moments(x), {2, 2, 4, 3}, 3),
                {67.833402178, 67.833402178, 1.082664334, 1.968952547, 0.337465534});
  check_figures(net.decode(sine_images({2, 2, 4, 3})),
                {382.884887359, 383.642308406, 0.348085048, 0.546753289, -0.029449096});
}

TEST_CASE("diffusers autoencoder: with the weights of a folder an AutoencoderTiny says what diffusers says") {
  const Folder folder(tiny_json);
  AutoencoderTiny<B> net = tiny(folder);
  folder.write(net);
  io::load_diffusers(folder.scratch.folder, net);
  CHECK(count_parameters(net) == 2'437);
  check_figures(net.encode(sine_images({2, 8, 8, 3})),
                {-2.514687973, 3.365943997, -0.012194059, 0.033120382, -0.146508379});
  check_figures(net.decode(sine_images({2, 4, 4, 2})),
                {-358.081355540, 358.081355540, -0.890119042, -0.893562256, -0.963633272});
  CHECK(net.scaling() == LatentScaling{0, 1});
}

TEST_CASE("diffusers autoencoder: an AutoencoderTiny of more levels, unequal halves and greyscale images") {
  const Folder folder(
      R"({"_class_name": "AutoencoderTiny", "in_channels": 1, "out_channels": 1, "latent_channels": 3,
          "encoder_block_out_channels": [6, 6, 6], "decoder_block_out_channels": [8, 8, 8],
          "num_encoder_blocks": [1, 2, 0], "num_decoder_blocks": [2, 0, 1], "scaling_factor": 0.5})");
  AutoencoderTiny<B> net(io::autoencoder_tiny_config_of(folder.json(), {8, 16}), Seed{1});
  folder.write(net);
  io::load_diffusers(folder.scratch.folder, net);
  CHECK(count_parameters(net) == 10'548);
  check_figures(net.encode(sine_images({2, 8, 16, 1})),
                {2.491477029, 3.166469154, 0.084544676, 0.127162470, 0.043943787});
  check_figures(net.decode(sine_images({2, 2, 4, 3})),
                {-0.715051506, 120.539393355, -1.018528308, -0.966128626, -1.062789941});
  CHECK(net.scaling() == LatentScaling{0, .5});
}

TEST_CASE("diffusers autoencoder: a folder that is written holds the same config and weights") {
  const Folder one(kl_json), other(tiny_json);
  const auto written = one.scratch / "written";
  AutoencoderKl<B> net = kl(one), back = kl(one, 2);
  io::save_diffusers(written, net, {.dtype = io::Dtype::F64});
  CHECK(io::autoencoder_kl_config_of(written / "config.json") == net.config());
  io::load_diffusers(written, back);
  CHECK(weights(back) == weights(net));
  const AutoencoderTiny<B> small = tiny(other);
  AutoencoderTiny<B> again = tiny(other, 2);
  io::save_diffusers(other.scratch / "written", small, {.dtype = io::Dtype::F64});
  CHECK(io::autoencoder_tiny_config_of(other.scratch / "written" / "config.json", {8, 8}) == small.config());
  io::load_diffusers(other.scratch / "written", again);
  CHECK(weights(again) == weights(small));
  const io::Json json = io::read_json(written / "config.json"), given = io::read_json(one.json());
  for (const auto& item : given.items()) {
    const std::string key = item.key();
    CAPTURE(key);
    CHECK(json.at(key) == item.value());
  }
}

TEST_CASE("diffusers autoencoder: a config that diffusers wrote is written with the same bytes") {
  const io::Json goldens = io::read_json("tests/goldens/diffusers_autoencoders.json");
  const Folder one(goldens.at("kl").dump(2) + "\n"), other(goldens.at("tiny").dump(2) + "\n");
  CHECK(io::detail::autoencoder_json(io::autoencoder_kl_config_of(one.json())) == get(one.json()));
  CHECK(io::detail::autoencoder_json(io::autoencoder_tiny_config_of(other.json(), {8, 8})) == get(other.json()));
}

TEST_CASE("diffusers autoencoder: names of 2022 and the vae of a pipeline are read too") {
  const Folder folder(kl_json);
  AutoencoderKl<B> net = kl(folder), again = kl(folder, 2);
  folder.write(net);
  io::load_diffusers(folder.scratch.folder, net);
  const auto vae = folder.scratch / "pipeline" / "vae";
  std::filesystem::create_directories(vae);
  std::filesystem::copy(folder.json(), vae / "config.json");
  const io::Arrays old =
      io::to_stored(io::diffusers_keys(net, io::AttentionNames::query), io::weights_of(net, {.dtype = io::Dtype::F64}));
  REQUIRE(old.items.count("decoder.mid_block.attentions.0.proj_attn.weight") == 1);
  io::write_safetensors(vae / "diffusion_pytorch_model.safetensors", old);
  io::load_diffusers(folder.scratch / "pipeline", again);
  CHECK(weights(again) == weights(net));
}

TEST_CASE("diffusers autoencoder: another network is refused by field and both values, and stays as it was") {
  const Folder folder(kl_json);
  folder.write(kl(folder));
  AutoencoderKlConfig c = io::autoencoder_kl_config_of(folder.json(), {16, 8});
  AutoencoderKl<B> larger(c, Seed{1});
  io::load_diffusers(folder.scratch.folder, larger);  // sizes of images may differ
  c.latent_channels = 4;
  AutoencoderKl<B> net(c, Seed{1});
  const auto before = weights(net);
  CHECK(refusal([&] { io::load_diffusers(folder.scratch.folder, net); }) ==
        folder.json().string() + ": describes another network: latent_channels is 2 in the file, 4 here");
  CHECK(weights(net) == before);
  c.latent_channels = 2;
  c.use_quant_conv = false;
  AutoencoderKl<B> without(c, Seed{1});
  CHECK(refusal([&] {
          io::load_diffusers(folder.scratch.folder, without);
        }).find("use_quant_conv is true in the file, false here") != std::string::npos);
}
