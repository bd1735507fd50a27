// Configs that diffusers itself wrote, and the networks they describe: tools/make_adm_goldens.py.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <hush/cpu/activation.hpp>
#include <hush/cpu/attention.hpp>
#include <hush/cpu/conv2d.hpp>
#include <hush/cpu/dropout.hpp>
#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/embedding.hpp>
#include <hush/cpu/gemm.hpp>
#include <hush/cpu/group_norm.hpp>
#include <hush/cpu/indirection.hpp>
#include <hush/cpu/reduce.hpp>
#include <hush/cpu/resample.hpp>

#include <hush/io/diffusers_unet.hpp>

#include "io/scratch.hpp"
#include "named_numbers.hpp"

using namespace hush;
using B = Cpu<double>;

namespace {

const char *blocks = "diffusers, scaled, by blocks", *convolutions = "diffusers, shifted, by convolutions",
           *ddpm = "diffusers, the published DDPM";

io::Json golden(const std::string& name) {
  static const io::Json all = io::read_json("tests/goldens/diffusers_unets.json");
  return all.at(name);
}

/// A folder as save_pretrained leaves it, with the weights of the goldens.
struct Folder {
  Scratch scratch{"diffusers_unet"};
  io::Json config;

  explicit Folder(const std::string& name) : config(golden(name)) { write(); }
  void write() const { put(scratch / "config.json", config.dump()); }
  std::filesystem::path json() const { return scratch / "config.json"; }
  void weights(const io::Extents& stored, const std::map<std::string, std::string>& renamed = {}) const {
    io::Arrays arrays;
    for (const auto& [name, shape] : stored) {
      const auto count = std::int64_t(*io::elements(shape));
      auto values = u(name, count);
      for (double& v : values)
        v = shape.size() > 1 ? v * std::sqrt(3 / double(count / shape[0]))
                             : 0.3 * v + (name.ends_with("weight") ? 1 : 0);
      std::string key = name;
      for (const auto& [from, to] : renamed)
        if (const auto at = key.find(from); at != key.npos) key.replace(at, from.size(), to);
      arrays.items[key] = io::array_of<double>(shape, values);
    }
    io::write_safetensors(scratch / "diffusion_pytorch_model.safetensors", arrays);
  }
  /// What is said of a config with this in place of what the key has.
  std::string refused(const std::string& key, const io::Json& value, const Ports& ports = {}) {
    const io::Json before = config;
    config[key] = value, write(), config = before;
    const std::string said = refusal([&] { io::adm_config_of(json(), ports); }), path = json().string();
    return said.starts_with(path) ? said.substr(path.size() + 2) : said;
  }
};

template <class Net>
io::Extents stored(const Net& net) {
  io::Extents native;
  for (const auto& [name, extents] : io::detail::parameters_of(net)) native[name] = extents;
  return io::stored_extents(io::diffusers_keys(net), native);
}

/// How far the network is from diffusers', on the goldens' images.
double error(const Adm<B>& net, const std::string& name, const std::vector<double>& noise_labels) {
  static const io::Arrays goldens = io::read_safetensors("tests/goldens/adm.safetensors");
  const std::int64_t in = net.image().channels + net.ports().extra_channels;
  const auto numbers = u("x", 2 * in * 256);
  std::vector<double> x;
  for (std::int64_t i = 0; i < 2 * 256 * in; ++i)
    x.push_back(std::sqrt(3.) * numbers[std::size_t((i / in / 256 * in + i % in) * 256 + i / in % 256)]);
  const Input<Tensor<B>> input{upload(B{}, {2, 16, 16, in}, std::span<const double>(x)),
                               upload(B{}, {2}, std::span<const double>(noise_labels))};
  const auto found = download<double>(net(input));
  const auto wanted = io::values_of<double>(goldens.items.at(name + ": out"));
  REQUIRE(found.size() == wanted.size());
  double apart = 0, size = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    apart = std::hypot(apart, found[i] - wanted[i]), size = std::hypot(size, wanted[i]);
  return apart / size;
}

}  // namespace

TEST_CASE("diffusers unet: a network made from the config with the weights of the folder says what diffusers says") {
  for (const char* name : {ddpm, blocks}) {
    CAPTURE(name);
    const Ports ports{.extra_channels = name == blocks ? 3 : 0};
    const Folder folder(name);
    Adm<B> net(io::adm_config_of(folder.json(), ports), ports, Seed{1});
    folder.weights(stored(net));
    io::load_diffusers(folder.scratch.folder, net);
    CHECK(error(net, name, {17, 503}) < 1e-10);
  }
}

TEST_CASE("diffusers unet: names of 2022 and a pipeline's folder are read too") {
  const Folder folder(ddpm);
  Adm<B> net(io::adm_config_of(folder.json()), {}, Seed{1});
  folder.weights(stored(net),
                 {{".to_q.", ".query."}, {".to_k.", ".key."}, {".to_v.", ".value."}, {".to_out.0.", ".proj_attn."}});
  std::filesystem::create_directory(folder.scratch / "unet");
  for (const char* file : {"config.json", "diffusion_pytorch_model.safetensors"})
    std::filesystem::rename(folder.scratch / file, folder.scratch / "unet" / file);
  io::load_diffusers(folder.scratch.folder, net);
  CHECK(error(net, ddpm, {17, 503}) < 1e-10);
}

TEST_CASE("diffusers unet: the config is the one that was written down by hand") {
  const AdmConfig found = io::adm_config_of(Folder(convolutions).json(), {.extra_channels = 1, .label_dim = 5});
  CHECK(found.image == ImageSize{16, 16, 2});
  CHECK(found.outputs == 0);
  CHECK(found.channels == 32);
  CHECK(found.multipliers == std::vector<std::int64_t>{1, 2});
  CHECK(found.attention.factors == std::vector<std::int64_t>{1});
  CHECK(found.head_channels == 16);
  CHECK(!found.scale_shift);
  CHECK(!found.residual_resampling);
  CHECK(found.downsample_padding == 1);
  CHECK(found.embedding.cosine_first);
  CHECK(!found.embedding.half_minus_one);
  CHECK(found.eps == 1e-5);
}

TEST_CASE("diffusers unet: what a file leaves out is what UNet2DModel has of itself") {
  const Scratch scratch("diffusers_unet");
  put(scratch / "config.json", R"({"_class_name": "UNet2DModel", "sample_size": [64, 32]})");
  const AdmConfig c = io::adm_config_of(scratch / "config.json");
  CHECK(c.image == ImageSize{64, 32, 3});
  CHECK(c.channels == 224);
  CHECK(c.multipliers == std::vector<std::int64_t>{1, 2, 3, 4});
  CHECK(c.attention.factors == std::vector<std::int64_t>{2, 4, 8});
  CHECK(c.blocks == 2);
  CHECK(c.head_channels == 8);
  CHECK(c.downsample_padding == 1);
  CHECK(!c.residual_resampling);
}

TEST_CASE("diffusers unet: a network that differs from the config is refused by key, and stays as it was") {
  const Folder folder(ddpm);
  const AdmConfig right = io::adm_config_of(folder.json());
  const Adm<B> made(right, {}, Seed{1});
  folder.weights(stored(made));
  const auto said = [&](AdmConfig c, const Ports& ports = {}) {
    Adm<B> net(std::move(c), ports, Seed{1});
    std::vector<double> before, after;
    const auto all = [&](std::vector<double>& to) {
      walk(net, [&](const std::string&, const Parameter<B>& p) {
        for (const double v : download<double>(p.value)) to.push_back(v);
      });
    };
    all(before);
    const std::string words = refusal([&] { io::load_diffusers(folder.scratch.folder, net); });
    all(after);
    CHECK((words.empty() || before == after));
    const std::string head = folder.json().string() + ": ";
    return words.starts_with(head) ? words.substr(head.size()) : words;
  };
  const auto with = [&](auto&& change) {
    AdmConfig c = right;
    change(c);
    return said(c);
  };
  const std::string other = "describes another network: ";
  CHECK(said(right) == "");
  CHECK(with([](auto& c) { c.dropout = .1, c.image.height = 32, c.checkpoint = true; }) == "");
  CHECK(with([](auto& c) { c.attention = {.resolutions = {8}}; }) == "");
  CHECK(with([](auto& c) { c.head_channels = 64; }) == "");  // one head of all 64
  CHECK(with([](auto& c) { c.eps = 1e-5; }) == other + "norm_eps is 1e-06, the network has eps = 1e-05");
  CHECK(with([](auto& c) { c.groups = 16; }) == other + "norm_num_groups is 32, the network has groups = 16");
  CHECK(with([](auto& c) { c.downsample_padding = 1; }) ==
        other + "downsample_padding is 0, the network has downsample_padding = 1");
  CHECK(with([](auto& c) { c.head_channels = 16; }) ==
        other + "attention_head_dim is null, the network has 4 heads of 16 channels at factor 2");
  CHECK(with([](auto& c) { c.embedding.cosine_first = true; }) ==
        other + "flip_sin_to_cos is false, the network has embedding.cosine_first = 1");
  CHECK(with([](auto& c) { c.embedding.half_minus_one = false; }) ==
        other + "freq_shift is 1, the network has embedding.half_minus_one = 0");
  CHECK(with([](auto& c) { c.embedding.scale = 1000; }).find("embedding.scale = 1000") != std::string::npos);
  CHECK(with([](auto& c) { c.attention = {}; })
            .starts_with(
                other +
                "down_block_types is [\"DownBlock2D\",\"AttnDownBlock2D\"], the network has no attention at factor 2"));
  CHECK(with([](auto& c) {
          c.multipliers = {1, 3};
        }) == other + "block_out_channels is [32,64], the network has [32, 96]");
  CHECK(with([](auto& c) { c.eps = 1e-5, c.blocks = 1; }) ==
        other + "layers_per_block is 2, the network has blocks = 1; norm_eps is 1e-06, the network has eps = 1e-05");
  CHECK(said(right, {.label_dim = 5}) ==
        "num_class_embeds is null: the vector of this process's condition has a width of 5");
}

TEST_CASE("diffusers unet: what Adm cannot be is refused by the key and its value") {
  Folder folder(ddpm);
  CHECK(folder.refused("time_embedding_type", "fourier") == "time_embedding_type is \"fourier\": must be positional");
  CHECK(folder.refused("center_input_sample", true) == "center_input_sample is true: must be false");
  CHECK(folder.refused("act_fn", "gelu") == "act_fn is \"gelu\": must be silu");
  CHECK(folder.refused("freq_shift", 2) == "freq_shift is 2: must be 0 or 1");
  CHECK(folder.refused("downsample_padding", 2) == "downsample_padding is 2: must be 0 or 1");
  CHECK(folder.refused("sample_size", nullptr) ==
        "sample_size is null: the file leaves the size of the images open; say it behind the ports: {height, width}");
  CHECK(io::adm_config_of(folder.json(), {}, {8, 16}).image == ImageSize{8, 16, 3});
  CHECK(folder.refused("mid_block_type", nullptr) == "mid_block_type is null: must be UNetMidBlock2D");
  CHECK(folder.refused("block_out_channels", {32, 48}) ==
        "block_out_channels is [32,48]: wants multiples of the first");
  CHECK(folder.refused("up_block_types", {"UpBlock2D", "UpBlock2D"}) ==
        "up_block_types is [\"UpBlock2D\",\"UpBlock2D\"]: attention must be at the levels of down_block_types");
  CHECK(folder.refused("down_block_types", {"SkipDownBlock2D", "AttnDownBlock2D"}).find("has no counterpart") !=
        std::string::npos);
  CHECK(folder.refused("a_new_option", 3) == "a_new_option is 3: hush does not know this option");
  CHECK(folder.refused("attention_head_dim", 24).find("do not fall into heads of 24 channels") != std::string::npos);
  CHECK(folder.refused("_class_name", "UNet2DConditionModel") ==
        "describes a \"UNet2DConditionModel\"; of diffusers' networks Adm is UNet2DModel (no attention to texts)");
  CHECK(folder.refused("ema_decay_of_another", false) == "");
  CHECK(folder.refused("decay", 0.9999) == "");  // EMAModel writes its settings beside the network's
  Folder scaled(blocks);
  CHECK(scaled.refused("attn_norm_num_groups", nullptr, {.extra_channels = 3}).find("has no norm then") !=
        std::string::npos);
}

TEST_CASE("diffusers unet: pickled weights and a broken index are refused with what to do") {
  const Folder folder(ddpm);
  Adm<B> net(io::adm_config_of(folder.json()), {}, Seed{1});
  const auto said = [&] { return refusal([&] { io::load_diffusers(folder.scratch.folder, net); }); };
  CHECK(said().find("diffusion_pytorch_model.safetensors") != std::string::npos);
  put(folder.scratch / "diffusion_pytorch_model.bin", std::string("PK\3\4") + std::string(40, 'x'));
  CHECK(said().find("Convert it once, in Python") != std::string::npos);
  put(folder.scratch / "diffusion_pytorch_model.safetensors.index.json", "{}");
  CHECK(said().find("lacks the member \"weight_map\"") != std::string::npos);
}
