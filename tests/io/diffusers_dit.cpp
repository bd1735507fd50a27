// Folders of DiTTransformer2DModel, written and read, and what diffusers 0.42.1 says of them in double precision with
// weights and images by the rule of sine_weights.hpp.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <hush/cpu/kernels.hpp>

#include <hush/io/diffusers_dit.hpp>
#include <hush/io/dit_keys.hpp>

#include "io/scratch.hpp"
#include "sine_weights.hpp"
#include "thrown.hpp"

using namespace hush;
using B = Cpu<double>;

namespace {

const char* json = R"({
  "_class_name": "DiTTransformer2DModel",
  "_diffusers_version": "0.42.1",
  "activation_fn": "gelu-approximate",
  "attention_bias": true,
  "attention_head_dim": 4,
  "dropout": 0.0,
  "in_channels": 3,
  "norm_elementwise_affine": false,
  "norm_eps": 0.001,
  "norm_num_groups": 32,
  "norm_type": "ada_norm_zero",
  "num_attention_heads": 3,
  "num_embeds_ada_norm": 5,
  "num_layers": 3,
  "out_channels": 3,
  "patch_size": 4,
  "sample_size": 16,
  "upcast_attention": false
}
)";
const Ports ports{.label_dim = 5};
using Extent = std::vector<std::int64_t>;

/// A folder of that config and weights by the rule; the embeddings of all blocks are the first's unless they stay as
/// the rule has them.
struct Folder {
  Scratch scratch{"diffusers_dit"};
  DitConfig config;

  explicit Folder(bool alike = true) {
    put(scratch / "config.json", json);
    config = io::dit_config_of(scratch / "config.json", ports);
    const Dit<B> net(config, ports, Seed{1});
    io::Extents native, all;
    for (const auto& [name, extents] : io::detail::parameters_of(net)) native[name] = extents;
    io::Arrays shapes;
    for (const auto& [name, extents] : io::stored_extents(io::diffusers_keys(net), native))
      shapes.items[name] = {io::Dtype::F64, extents, {}};
    io::add_dit_copies(shapes, config.depth);
    for (const auto& [name, array] : shapes.items) all[name] = array.shape;
    io::Arrays weights = sine::weights(all);
    if (alike) io::add_dit_copies(weights, config.depth);
    write(weights);
  }
  std::filesystem::path file() const { return scratch / "diffusion_pytorch_model.safetensors"; }
  void write(const io::Arrays& arrays) const { io::write_safetensors(file(), arrays); }
};

std::vector<double> weights(const Dit<B>& net) {
  std::vector<double> all;
  walk(net, [&](const std::string&, const Parameter<B>& p) {
    for (const double v : download<double>(p.value)) all.push_back(v);
  });
  return all;
}

}  // namespace

TEST_CASE("diffusers dit: a network made from the config with the weights of the folder says what diffusers says") {
  const Folder folder;
  CHECK(folder.config == DitConfig{.image = {16, 16, 3},
                                   .patch = 4,
                                   .width = 12,
                                   .depth = 3,
                                   .heads = 3,
                                   .half_minus_one = true,
                                   .mlp_eps = 1e-3});
  Dit<B> net(folder.config, ports, Seed{1});
  io::load_diffusers(folder.scratch.folder, net);
  std::int64_t parameters = 0;
  for (const auto& [name, array] : io::read_safetensors(folder.file()).items)
    parameters += std::int64_t(*io::elements(array.shape));
  CHECK(parameters == 19'776);
  Input<Tensor<B>> in{upload(B{}, {2, 16, 16, 3}, std::span<const double>(sine::images(2, 3, 16, 16))),
                      upload(B{}, {2}, std::span<const double>(std::vector<double>{10, 500}))};
  // no class, which is class 5 there, and class 2
  in.labels = upload(B{}, {2, 5}, std::span<const double>(std::vector<double>{0, 0, 0, 0, 0, 0, 0, 1, 0, 0}));
  const std::vector<double> y = download<double>(net(in));
  double sum = 0, magnitude = 0;
  for (const double v : y) {
    sum += v;
    magnitude += std::abs(v);
  }
  CHECK(std::abs(sum - 23.017964353) < 1e-5);  // places and noise level are in single precision there
  CHECK(std::abs(magnitude - 565.030044045) < 2e-5);
  CHECK(std::abs(y[0] - 0.230221616) < 1e-6);
  CHECK(std::abs(y[3] - 0.372221133) < 1e-6);  // the pixel to the right
  CHECK(std::abs(y.back() + 0.074856616) < 1e-6);
}

TEST_CASE("diffusers dit: layers have the names and extents that diffusers gives them") {
  const auto file = io::read_safetensors(Folder().file());
  const std::map<std::string, Extent> wanted{
      {"pos_embed.proj.weight", {12, 3, 4, 4}},
      {"pos_embed.proj.bias", {12}},
      {"transformer_blocks.2.norm1.emb.timestep_embedder.linear_1.weight", {12, 256}},
      {"transformer_blocks.1.norm1.emb.timestep_embedder.linear_2.bias", {12}},
      {"transformer_blocks.0.norm1.emb.class_embedder.embedding_table.weight", {6, 12}},
      {"transformer_blocks.1.norm1.linear.weight", {72, 12}},
      {"transformer_blocks.1.attn1.to_q.weight", {12, 12}},
      {"transformer_blocks.1.attn1.to_out.0.bias", {12}},
      {"transformer_blocks.2.ff.net.0.proj.weight", {48, 12}},
      {"transformer_blocks.2.ff.net.2.weight", {12, 48}},
      {"proj_out_1.weight", {24, 12}},
      {"proj_out_2.bias", {48}}};
  for (const auto& [name, extents] : wanted) {
    CAPTURE(name);
    REQUIRE(file.items.count(name) == 1);
    CHECK(file.items.at(name).shape == extents);
  }
  CHECK(file.items.size() == 3 * (5 + 2 + 8 + 4) + 6);
}

TEST_CASE("diffusers dit: a folder that is written has the bytes of its config and the same weights") {
  const Folder folder;
  Dit<B> net(folder.config, ports, Seed{1}), back(folder.config, ports, Seed{2});
  io::load_diffusers(folder.scratch.folder, net);
  io::save_diffusers(folder.scratch / "pipeline/transformer", net, {.dtype = io::Dtype::F64});
  CHECK(get(folder.scratch / "pipeline/transformer/config.json") == json);
  const auto file = io::read_safetensors(folder.scratch / "pipeline/transformer/diffusion_pytorch_model.safetensors");
  CHECK(file.items.size() == io::read_safetensors(folder.file()).items.size());
  io::load_diffusers(folder.scratch / "pipeline", back);  // of a DiTPipeline
  CHECK(weights(back) == weights(net));
}

TEST_CASE("diffusers dit: blocks with embeddings of their own are refused by name") {
  const Folder folder(false);
  Dit<B> net(folder.config, ports, Seed{1});
  const auto before = weights(net);
  CHECK(refusal([&] { io::load_diffusers(folder.scratch.folder, net); }) ==
        folder.file().string() +
            ": transformer_blocks.1.norm1.emb.timestep_embedder.linear_1.weight is not "
            "transformer_blocks.0.norm1.emb.timestep_embedder.linear_1.weight: its blocks embed the noise level in "
            "different ways, those of a Dit in one");
  CHECK(weights(net) == before);
  const Folder whole;
  io::Arrays arrays = io::read_safetensors(whole.file());
  arrays.items.erase("transformer_blocks.2.norm1.emb.class_embedder.embedding_table.weight");
  whole.write(arrays);
  CHECK(refusal([&] { io::load_diffusers(whole.scratch.folder, net); }) ==
        whole.file().string() + ": lacks transformer_blocks.2.norm1.emb.class_embedder.embedding_table.weight");
}

TEST_CASE("diffusers dit: another network is refused by field and both values") {
  const Folder folder;
  const auto refused = [&](const auto& change) {
    DitConfig c = folder.config;
    change(c);
    Dit<B> net(c, ports, Seed{1});
    const std::string words = refusal([&] { io::load_diffusers(folder.scratch.folder, net); });
    const std::string head = (folder.scratch / "config.json").string() + ": ";
    return words.starts_with(head) ? words.substr(head.size()) : words;
  };
  CHECK(refused([](auto& c) { c.checkpoint = true; }) == "");
  CHECK(refused([](auto& c) { c.mlp_eps = 1e-6; }) == "describes another network: mlp_eps is 0.001 there, 1e-06 here");
  CHECK(refused([](auto& c) {
          c.heads = 1;
          c.rope = true;
        }) == "describes another network: heads is 3 there, 1 here; rope is false there, true here");
  Dit<B> other(folder.config, {.label_dim = 4}, Seed{1});
  CHECK(refusal([&] {
          io::load_diffusers(folder.scratch.folder, other);
        }).ends_with("num_embeds_ada_norm is 5: the vector of this process's condition has a width of 4"));
}

TEST_CASE("diffusers dit: options without a counterpart are refused by key") {
  const Folder folder;
  const auto refused = [&](const std::string& key, const io::Json& value) {
    io::Json content = io::parse_json(json, "json");
    content[key] = value;
    put(folder.scratch / "config.json", content.dump());
    const std::string words = refusal([&] { io::dit_config_of(folder.scratch / "config.json", ports); });
    const std::string head = (folder.scratch / "config.json").string() + ": ";
    return words.starts_with(head) ? words.substr(head.size()) : words;
  };
  CHECK(refused("activation_fn", "geglu") ==
        "activation_fn is \"geglu\": must be \"gelu-approximate\", hush has no other");
  CHECK(refused("norm_elementwise_affine", true) ==
        "norm_elementwise_affine is true: must be false, hush has no other");
  CHECK(refused("norm_type", "layer_norm").starts_with("norm_type is \"layer_norm\""));
  CHECK(refused("patch_size", 5) ==
        "describes no network that Dit can be: [Dit] sides of 16x16x3 must be multiples of the patch, 5");
  CHECK(refused("attention_head_dim", 0) == "attention_head_dim is 0: must be positive and at most 1048576");
  CHECK(refused("out_channels", 0) == "out_channels is 0: must be positive");
  CHECK(refused("out_channels", nullptr) == "");
  CHECK(refused("out_channels", 6) == "");
  CHECK(refused("caption_channels", 8) == "caption_channels is 8: hush does not know this option");
  CHECK(refused("_class_name", "UNet2DModel") == "describes a \"UNet2DModel\"; Dit is a DiTTransformer2DModel");
}

TEST_CASE("diffusers dit: a network that no class of diffusers is cannot be written") {
  const Folder folder;
  const auto refused = [&](const auto& change, const Ports& with = ports) {
    DitConfig c = folder.config;
    change(c);
    const Dit<B> net(c, with, Seed{1});
    return thrown::message([&] { io::save_diffusers(folder.scratch / "none", net); });
  };
  CHECK(refused([](auto&) {}, {}) == "[save_diffusers] DiTTransformer2DModel has labels, this network none");
  CHECK(
      refused([](auto& c) {
        c.half_minus_one = false;
        c.swiglu = true;
      }) ==
      "[save_diffusers] no DiTTransformer2DModel is this network: half_minus_one is true there, false here; swiglu is "
      "false there, true here");
  CHECK(refused([](auto& c) { c.image.width = 8; }) ==
        "[save_diffusers] no DiTTransformer2DModel is this network: image.width is 16 there, 8 here");
  CHECK(!std::filesystem::exists(folder.scratch / "none"));
}
