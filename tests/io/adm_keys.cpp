#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <hush/backbones/adm.hpp>
#include <hush/backbones/attention_unet.hpp>
#include <hush/cpu/elementwise.hpp>
#include <hush/io/adm_keys.hpp>
#include <hush/io/safetensors.hpp>
#include <hush/io/weights.hpp>
#include <hush/schedules/linear_beta.hpp>

#include "io/scratch.hpp"
#include "shapes_only.hpp"

using namespace hush;
using io::QkvOrder;
using B = Cpu<float>;

namespace shapes_only {
inline void initialise(Adm<Shapes>&, Seed) {}
}  // namespace shapes_only
using shapes_only::Shapes;

namespace {

AdmConfig small(std::int64_t heads = 2) {
  return {.image = {8, 8, 2},
          .channels = 4,
          .multipliers = {1, 2},
          .blocks = 1,
          .attention = {.factors = {2}},
          .head_channels = 0,
          .heads = heads,
          .groups = 2};
}

Adm<B> network(std::uint64_t seed, const AdmConfig& config = small()) { return {config, {.label_dim = 3}, Seed{seed}}; }

std::map<std::string, std::vector<float>> weights(const Adm<B>& net) {
  std::map<std::string, std::vector<float>> all;
  walk(net, [&](const std::string& name, const Parameter<B>& p) { all[name] = download<float>(p.value); });
  return all;
}

template <class Net>
std::set<std::string> names(const Net&, const io::KeyMap& map) {
  std::set<std::string> all;
  for (const auto& rule : map.rules) all.insert(rule.stored);
  REQUIRE(all.size() == map.rules.size());
  return all;
}

const LinearBeta twenty{.first = 1e-4, .last = 0.09, .steps = 20};

template <class Net>
constexpr bool has_keys = requires(const Net& net) {
  io::diffusers_keys(net);
};
static_assert(has_keys<Adm<B>> && !has_keys<AttentionUnet<B>>);

}  // namespace

TEST_CASE("adm keys: the published networks have the published numbers of arrays, under the published names") {
  const Adm<Shapes> palette({}, {.extra_channels = 3}, Seed{});
  const auto there = names(palette, io::palette_keys(palette, QkvOrder::by_head));
  CHECK(there.size() == 326);
  for (const char* name :
       {"cond_embed.0.weight", "cond_embed.2.bias", "input_blocks.0.0.weight", "input_blocks.3.0.out_layers.3.weight",
        "input_blocks.4.0.skip_connection.bias", "middle_block.1.qkv.weight", "middle_block.2.emb_layers.1.weight",
        "output_blocks.2.1.in_layers.2.weight", "output_blocks.11.0.skip_connection.weight", "out.2.weight"})
    CHECK(there.count(std::string("denoise_fn.") + name) == 1);

  const AdmConfig labelled{.image = {64, 64, 3},
                           .outputs = 6,
                           .channels = 192,
                           .multipliers = {1, 2, 3, 4},
                           .blocks = 3,
                           .attention = {.resolutions = {32, 16, 8}},
                           .head_channels = 64};
  const Adm<Shapes> classes(labelled, {.label_dim = 1000}, Seed{});
  const io::KeyMap map = io::guided_diffusion_keys(classes, QkvOrder::by_kind);
  CHECK(names(classes, map).size() == 541);
  CHECK(names(classes, io::diffusers_keys(classes)).size() == 629);
  io::Extents native;
  for (const auto& [name, extents] : io::detail::parameters_of(classes)) native[name] = extents;
  const io::Extents stored = stored_extents(map, native);
  CHECK(stored.at("label_emb.weight") == std::vector<std::int64_t>{1000, 768});
  CHECK(stored.at("time_embed.0.weight") == std::vector<std::int64_t>{768, 192});
  CHECK(stored.at("input_blocks.5.1.qkv.weight") == std::vector<std::int64_t>{3 * 384, 384, 1});
  CHECK(stored.at("input_blocks.5.1.qkv.bias") == std::vector<std::int64_t>{3 * 384});
  CHECK(stored.at("input_blocks.5.1.proj_out.weight") == std::vector<std::int64_t>{384, 384, 1});
  CHECK(stored.at("input_blocks.5.0.emb_layers.1.weight") == std::vector<std::int64_t>{2 * 384, 768});
  CHECK(stored.at("output_blocks.3.2.in_layers.2.weight") == std::vector<std::int64_t>{768, 768, 3, 3});

  const Adm<Shapes> large({.outputs = 6,
                           .channels = 256,
                           .multipliers = {1, 1, 2, 2, 4, 4},
                           .attention = {.resolutions = {32, 16, 8}},
                           .head_channels = 64},
                          {}, Seed{});
  CHECK(names(large, io::guided_diffusion_keys(large, QkvOrder::by_head)).size() == 566);
}

TEST_CASE("adm keys: resampling by convolutions has names of its own") {
  AdmConfig config = small();
  config.residual_resampling = false;
  const Adm<Shapes> net(config, {}, Seed{});
  const auto guided = names(net, io::guided_diffusion_keys(net, QkvOrder::by_head));
  CHECK(guided.count("input_blocks.2.0.op.weight") == 1);
  CHECK(guided.count("output_blocks.1.2.conv.bias") == 1);
  const auto diffusers = names(net, io::diffusers_keys(net));
  CHECK(diffusers.count("down_blocks.0.downsamplers.0.conv.weight") == 1);
  CHECK(diffusers.count("up_blocks.0.upsamplers.0.conv.bias") == 1);
  config.attention = {};
  const Adm<Shapes> without(config, {}, Seed{});
  CHECK(names(without, io::guided_diffusion_keys(without, QkvOrder::by_head)).count("output_blocks.1.1.conv.bias") ==
        1);
}

TEST_CASE("adm keys: what is written in a layout is read from it, the same weights from both orders of rows") {
  const Scratch scratch("adm_keys");
  const Adm<B> net = network(1);
  const auto wanted = weights(net);
  const std::vector<std::pair<std::string, io::KeyMap>> maps{
      {"head", io::guided_diffusion_keys(net, QkvOrder::by_head)},
      {"kind", io::guided_diffusion_keys(net, QkvOrder::by_kind)},
      {"palette", io::palette_keys(net, QkvOrder::by_head, twenty)},
      {"diffusers", io::diffusers_keys(net)}};
  for (const auto& [name, map] : maps) {
    io::save_weights(scratch / name, net, map, {.metadata = {{"of", name}}});
    Adm<B> read = network(2);
    CHECK(weights(read) != wanted);
    CHECK(io::load_weights(scratch / name, read, map).at("of") == name);
    CHECK(weights(read) == wanted);
  }
  const auto stored = [&](const char* name) {
    return io::values_of(io::read_safetensors(scratch / name).items.at("middle_block.1.qkv.weight"));
  };
  const auto by_head = stored("head"), by_kind = stored("kind");
  CHECK(by_head != by_kind);
  // 8 channels, two heads of 4: rows 4 to 7 are the keys of the first head, or the queries of the second.
  const auto& q = wanted.at("middle.attention.0.attention.q.weight");
  const auto& k = wanted.at("middle.attention.0.attention.k.weight");
  for (std::size_t i = 0; i < 4 * 8; ++i) {
    CHECK(by_head[4 * 8 + i] == k[i]);
    CHECK(by_kind[4 * 8 + i] == q[4 * 8 + i]);
  }
  Adm<B> read = network(2);
  io::load_weights(scratch / "head", read, maps[1].second);
  CHECK(weights(read) != wanted);  // no file says which order it has
  const auto one = network(1, small(1));
  CHECK(io::to_stored(io::guided_diffusion_keys(one, QkvOrder::by_head), io::weights_of(one)) ==
        io::to_stored(io::guided_diffusion_keys(one, QkvOrder::by_kind), io::weights_of(one)));
}

TEST_CASE("adm keys: a file that is not the network's is refused in its own names, and the network stays as it was") {
  const Scratch scratch("adm_keys");
  const auto file = scratch / "w.safetensors";
  Adm<B> net = network(1);
  const auto before = weights(net);
  const io::KeyMap map = io::palette_keys(net, QkvOrder::by_head, twenty);
  io::save_weights(file, network(2), map);
  auto arrays = io::read_safetensors(file);
  arrays.items["denoise_fn.extra"] = arrays.items.at("denoise_fn.out.2.bias");
  arrays.items.erase("denoise_fn.out.2.bias");
  io::write_safetensors(file, arrays);
  CHECK(refusal([&] { io::load_weights(file, net, map); }) ==
        file.string() +
            ": holds the weights of another network, 2 differences: denoise_fn.out.2.bias is missing, the network has "
            "it as [2]; \"denoise_fn.extra\" [2] is not in the network");
  CHECK(weights(net) == before);
  CHECK_THROWS_AS(io::load_weights(file, net), FileError);
}

TEST_CASE("adm keys: a Palette file's schedule must be the one given") {
  const Scratch scratch("adm_keys");
  const auto file = scratch / "w.safetensors";
  Adm<B> net = network(1);
  io::save_weights(file, net, io::palette_keys(net, QkvOrder::by_head, twenty));
  const auto refused = [&](const io::KeyMap& map) { return refusal([&] { io::load_weights(file, net, map); }); };
  CHECK(refused(io::palette_keys(net, QkvOrder::by_head, LinearBeta{.first = 1e-4, .last = 0.08, .steps = 20})) ==
        file.string() + ": is of another schedule: gammas[1] is 0.995069, this one has 0.995595");
  CHECK(refused(io::palette_keys(net, QkvOrder::by_head, LinearBeta{.first = 1e-4, .last = 0.09, .steps = 10})) ==
        file.string() + ": gammas has 20 numbers, this schedule has 10");
  CHECK(refused(io::palette_keys(net, QkvOrder::by_head)).find("\"posterior_mean_coef2\" [20] is not in the network") !=
        std::string::npos);
  CHECK(refused(io::palette_keys(net, QkvOrder::by_head, twenty)) == "");
}

TEST_CASE("adm keys: the six arrays of Palette's own schedule") {
  const auto found = io::palette_constants(twenty);
  CHECK(found.size() == 6);
  const auto check_row = [&](std::size_t t, const std::vector<double>& row) {
    const char* names[] = {"gammas",
                           "sqrt_recip_gammas",
                           "sqrt_recipm1_gammas",
                           "posterior_log_variance_clipped",
                           "posterior_mean_coef1",
                           "posterior_mean_coef2"};
    for (std::size_t i = 0; i < 6; ++i) {
      CAPTURE(names[i]);
      REQUIRE(found.at(names[i]).size() == 20);
      CHECK(std::abs(found.at(names[i])[t] - row[i]) <= 1e-11 * std::max(1., std::abs(row[i])));
    }
  };
  check_row(0, {0.9999, 1.00005000375, 0.0100005000375, -46.0517018599, 1, 0});
  check_row(1, {0.995068904211, 1.00247470392, 0.0703955395776, -9.23072828654, 0.979769521552, 0.0202304179036});
  check_row(2, {0.985552903163, 1.00730277227, 0.121073841203, -5.72476953313, 0.660309156924, 0.339684905484});
  check_row(10, {0.766605023278, 1.14212639837, 0.551772335162, -3.2273206551, 0.182249196534, 0.816434129901});
  check_row(19, {0.394516321967, 1.59208962488, 1.23885002064, -2.47455689507, 0.0978705120855, 0.892466209849});
}
