#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <hush/backbone.hpp>

namespace hush {

/// Where an Adm has attention besides its middle: behind every residual block at these down-sampling factors (1: the
/// full size), or at these resolutions, which are named by the height of the images there.
struct AttentionAt {
  std::vector<std::int64_t> factors = {}, resolutions = {};
  static constexpr void fields(auto& self, auto&& f) { f("factors", self.factors), f("resolutions", self.resolutions); }
  friend bool operator==(const AttentionAt&, const AttentionAt&) = default;
};

/// How an Adm embeds what it sees of the noise level: as cosines and sines, `channels` in all. `scale` multiplies what
/// it sees: of a gamma in (0, 1) most frequencies hardly move.
struct AdmEmbedding {
  double scale = 1, max_period = 10000;
  bool cosine_first = true, half_minus_one = false;
  static constexpr void fields(auto& self, auto&& f) {
    f("scale", self.scale), f("max_period", self.max_period), f("cosine_first", self.cosine_first),
        f("half_minus_one", self.half_minus_one);
  }
  friend constexpr bool operator==(const AdmEmbedding&, const AdmEmbedding&) = default;
};

/// Sizes of an Adm. The defaults, with a condition of 3 channels, are Palette's network for inpainting of 62,641,347
/// parameters.
struct AdmConfig {
  ImageSize image{256, 256, 3};  // sides divisible by 2 for each level but the first
  std::int64_t outputs = 0;      // channels it gives; 0: as many as the image has
  std::int64_t channels = 64;
  std::vector<std::int64_t> multipliers{1, 2, 4, 8};  // of the channels at each level, finest first
  std::int64_t blocks = 2;                            // residual blocks of a level; one more on the way up
  AttentionAt attention{};
  std::int64_t head_channels = 32;  // of every attention; 0: `heads` heads share the channels
  std::int64_t heads = 1;
  double dropout = 0;
  bool scale_shift = true;          // the embedding scales and shifts each block (AdaGN), or only shifts
  bool residual_resampling = true;  // down and up by residual blocks, or by convolutions
  // Zeros around images that a convolution halves: 1, on all sides; 0, one row below and one column to the right only.
  std::int64_t downsample_padding = 1;
  AdmEmbedding embedding{};
  std::int64_t groups = 32;  // of the norms
  double eps = 1e-5;
  bool checkpoint = false;  // training keeps only the inputs of each block, and computes it twice: memory for time
  static constexpr void fields(auto& self, auto&& f) {
    f("image", self.image), f("outputs", self.outputs), f("channels", self.channels),
        f("multipliers", self.multipliers), f("blocks", self.blocks), f("attention", self.attention),
        f("head_channels", self.head_channels), f("heads", self.heads), f("dropout", self.dropout),
        f("scale_shift", self.scale_shift), f("residual_resampling", self.residual_resampling),
        f("downsample_padding", self.downsample_padding), f("embedding", self.embedding), f("groups", self.groups),
        f("eps", self.eps), f("checkpoint", self.checkpoint);
  }
  static constexpr std::array aside{std::string_view("checkpoint")};  // changes no result
  friend bool operator==(const AdmConfig&, const AdmConfig&) = default;
};

namespace adm {

inline std::int64_t factor(std::size_t level) { return std::int64_t(1) << level; }
inline std::int64_t width(const AdmConfig& c, std::size_t level) { return c.channels * c.multipliers[level]; }
inline std::int64_t heads(const AdmConfig& c, std::int64_t channels) {
  return c.head_channels ? channels / c.head_channels : c.heads;
}
/// Whether there is attention at a level.
inline bool attends(const AdmConfig& c, std::size_t level) {
  const auto has = [](const std::vector<std::int64_t>& list, std::int64_t n) {
    return std::ranges::count(list, n) > 0;
  };
  return has(c.attention.factors, factor(level)) || has(c.attention.resolutions, c.image.height / factor(level));
}

/// Throws unless every place that attention is given is that of a level.
inline void validate_places(const AdmConfig& c) {
  std::vector<std::int64_t> factors, resolutions;
  for (std::size_t i = 0; i < c.multipliers.size(); ++i) {
    factors.push_back(factor(i));
    resolutions.push_back(c.image.height / factor(i));
  }
  const auto each = [](const std::vector<std::int64_t>& wanted, const std::vector<std::int64_t>& there,
                       const char* name) {
    std::string list;
    for (const std::int64_t n : there) list += (list.empty() ? "" : ", ") + std::to_string(n);
    for (const std::int64_t n : wanted)
      check(std::ranges::count(there, n) > 0, "Adm", "no level stands at ", name, ' ', n,
            " for an attention: there are ", list);
  };
  each(c.attention.factors, factors, "factor");
  each(c.attention.resolutions, resolutions, "resolution");
}

}  // namespace adm

/// Throws std::invalid_argument in words if no network can be built from `config` for these ports.
inline void validate(const AdmConfig& c, Ports ports) {
  const auto least = [](std::int64_t bound, std::int64_t n, const char* name) {
    check(n >= bound, "Adm", name, " must be at least ", bound, ", is ", n);
  };
  check_supported("Adm", ports, {"extra_channels", "label_dim", "constant_channels"});
  least(1, c.image.channels, "image.channels");
  least(0, c.outputs, "outputs");
  least(c.embedding.half_minus_one ? 4 : 2, c.channels, "channels");
  least(1, c.blocks, "blocks");
  least(0, c.head_channels, "head_channels");
  least(1, c.heads, "heads");
  least(1, c.groups, "groups");
  check(!c.multipliers.empty() && c.multipliers.size() < 16, "Adm", "multipliers wants 1 to 15 entries, has ",
        c.multipliers.size());
  for (const std::int64_t multiplier : c.multipliers) least(1, multiplier, "each multiplier");
  check(c.dropout >= 0 && c.dropout < 1, "Adm", "dropout must be in [0, 1), is ", c.dropout);
  check(c.downsample_padding == 0 || c.downsample_padding == 1, "Adm", "downsample_padding must be 0 or 1, is ",
        c.downsample_padding);
  check(c.eps > 0, "Adm", "eps must be positive, is ", c.eps);
  check(std::isfinite(c.embedding.scale), "Adm", "embedding.scale must be finite, is ", c.embedding.scale);
  check(c.embedding.max_period > 0, "Adm", "embedding.max_period must be positive, is ", c.embedding.max_period);
  const std::size_t last = c.multipliers.size() - 1;
  const std::int64_t most = adm::factor(last);
  check(c.image.height >= most && c.image.height % most == 0 && c.image.width >= most && c.image.width % most == 0,
        "Adm", "sides of ", c.image, " must be multiples of ", most, ": there are ", last, " down-samplings by 2");
  adm::validate_places(c);
  for (std::size_t i = 0; i <= last; ++i) {
    const std::int64_t width = adm::width(c, i), share = c.head_channels ? c.head_channels : c.heads;
    check(width % c.groups == 0, "Adm", "the ", width, " channels at factor ", adm::factor(i), " do not fall into ",
          c.groups, " groups");
    check((i < last && !adm::attends(c, i)) || width % share == 0, "Adm", "the ", width, " channels at factor ",
          adm::factor(i), " do not fall into ", c.head_channels ? "heads of " : "", share,
          c.head_channels ? " channels" : " heads");
  }
}

}  // namespace hush
