#include <doctest/doctest.h>

#include <string>

#include <hush/io/diffusers_autoencoder_config.hpp>

#include "io/scratch.hpp"

using namespace hush;

namespace {

/// What is said of a config.json with this member changed, behind the file's name.
std::string said(const io::Json& changes, bool is_tiny = false) {
  const Scratch scratch("diffusers_autoencoder_config");
  io::Json json = is_tiny ? io::detail::tiny_defaults() : io::detail::kl_defaults();
  json["_class_name"] = is_tiny ? "AutoencoderTiny" : "AutoencoderKL";
  json.update(changes);
  const auto file = scratch / "config.json";
  put(file, json.dump());
  const std::string words = refusal([&] {
    if (is_tiny)
      (void)io::autoencoder_tiny_config_of(file, {64, 64});
    else
      (void)io::autoencoder_kl_config_of(file);
  });
  return words.empty() ? words : words.substr(file.string().size() + 2);
}

}  // namespace

TEST_CASE("diffusers autoencoder config: the defaults of diffusers are those of hush") {
  const Scratch scratch("diffusers_autoencoder_config");
  put(scratch / "config.json", R"({"_class_name": "AutoencoderKL"})");
  CHECK(io::autoencoder_kl_config_of(scratch / "config.json") == AutoencoderKlConfig{});
  put(scratch / "config.json", R"({"_class_name": "AutoencoderTiny"})");
  CHECK(io::autoencoder_tiny_config_of(scratch / "config.json", {64, 64}) == AutoencoderTinyConfig{});
}

TEST_CASE("diffusers autoencoder config: what hush has not is refused by key and value") {
  CHECK(said(io::Json::object()) == "");
  CHECK(said({{"_class_name", "VQModel"}}) == "describes a \"VQModel\"; AutoencoderKl is an AutoencoderKL");
  CHECK(said({{"down_block_types", {"AttnDownEncoderBlock2D"}}}) ==
        R"(down_block_types is ["AttnDownEncoderBlock2D"]: only DownEncoderBlock2D has a counterpart)");
  CHECK(said({{"block_out_channels", {64, 64}}}) ==
        R"(down_block_types is ["DownEncoderBlock2D"]: block_out_channels has 2 entries)");
  CHECK(said({{"out_channels", 4}}) ==
        "out_channels is 4: must be in_channels, 3: latents are made of the images that they give");
  CHECK(said({{"latents_mean", {0.5}}}) == "latents_mean is [0.5]: must be null, hush has no other");
  CHECK(said({{"act_fn", "gelu"}}) == R"(act_fn is "gelu": must be silu)");
  CHECK(said({{"new_option", 1}}) == "new_option is 1: hush does not know this option");
  CHECK(said({{"sample_size", nullptr}}) ==
        "sample_size is null: the file leaves the size of the images open; say it behind the file: {height, width}");
  CHECK(said({{"norm_num_groups", 48}}) ==
        "describes no network that AutoencoderKl can be: [AutoencoderKl] 64 of block_out_channels do not fall into 48 "
        "groups (norm_num_groups)");
  CHECK(said(io::Json::object(), true) == "");
  CHECK(said({{"upsampling_scaling_factor", 3}}, true) ==
        "upsampling_scaling_factor is 3: must be 2, hush has no other");
  CHECK(said({{"num_decoder_blocks", {1}}}, true) ==
        "describes no network that AutoencoderTiny can be: [AutoencoderTiny] num_decoder_blocks has 1 entries, "
        "num_encoder_blocks 4");
}
