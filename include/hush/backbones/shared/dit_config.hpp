#pragma once
#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>

#include <hush/backbone.hpp>

namespace hush {

/// Sizes of a Dit. The defaults are DiT-S/2 of 4 channels (Peebles and Xie 2023, table 1).
struct DitConfig {
  ImageSize image{32, 32, 4};  // sides divisible by `patch`
  std::int64_t outputs = 0;    // channels it gives; 0: as many as the image has; twice as many: a variance for each
  std::int64_t patch = 2;      // sides of a patch, in pixels
  std::int64_t width = 384;    // channels of a token, a multiple of 4 and of `heads`
  std::int64_t depth = 12;     // blocks
  std::int64_t heads = 6;
  double mlp_ratio = 4;            // width inside the feed-forward layers, in widths of a token
  std::int64_t frequencies = 256;  // cosines and sines that embed the noise label
  double time_scale = 1;           // multiplies the noise label: of a time in [0, 1] most frequencies hardly move
  bool half_minus_one = false;     // frequencies 10000^(-k / (half - 1)), as in diffusers
  double eps = 1e-6;               // of the norms in front of attention and at the end
  double mlp_eps = 1e-6;           // of those in front of the feed-forward layers
  bool qk_norm = false;            // queries and keys of each head pass an RMS norm with weights (Dehghani et al. 2023)
  bool rope = false;      // they are turned by the place of their patch (Su et al. 2021), besides the table of places
  bool rms_norm = false;  // norms take off no mean
  bool swiglu = false;    // feed-forward layers have a gate, and two thirds of the width, rounded up to a multiple of 8
  bool checkpoint = false;  // training keeps only the inputs of each block, and computes it twice: memory for time
  static constexpr void fields(auto& self, auto&& f) {
    f("image", self.image), f("outputs", self.outputs), f("patch", self.patch), f("width", self.width),
        f("depth", self.depth), f("heads", self.heads), f("mlp_ratio", self.mlp_ratio),
        f("frequencies", self.frequencies), f("time_scale", self.time_scale), f("half_minus_one", self.half_minus_one),
        f("eps", self.eps), f("mlp_eps", self.mlp_eps), f("qk_norm", self.qk_norm), f("rope", self.rope),
        f("rms_norm", self.rms_norm), f("swiglu", self.swiglu), f("checkpoint", self.checkpoint);
  }
  static constexpr std::array aside{std::string_view("checkpoint")};  // changes no result
  friend bool operator==(const DitConfig&, const DitConfig&) = default;
};

namespace dit {

/// The width inside the feed-forward layers.
inline std::int64_t hidden(const DitConfig& c) {
  const auto whole = std::int64_t(std::llround(c.mlp_ratio * double(c.width)));
  return c.swiglu ? (2 * whole + 23) / 24 * 8 : whole;
}
inline std::int64_t outputs(const DitConfig& c) { return c.outputs ? c.outputs : c.image.channels; }

inline void validate_sizes(const DitConfig& c) {
  const auto least = [](std::int64_t bound, std::int64_t n, const char* name) {
    check(n >= bound, "Dit", name, " must be at least ", bound, ", is ", n);
    check(n <= 1 << 20, "Dit", name, " must be at most ", 1 << 20, ", is ", n);
  };
  least(1, c.image.channels, "image.channels");
  least(0, c.outputs, "outputs");
  least(1, c.patch, "patch");
  least(4, c.width, "width");
  least(1, c.depth, "depth");
  least(1, c.heads, "heads");
  least(c.half_minus_one ? 4 : 2, c.frequencies, "frequencies");
  check(c.mlp_ratio > 0 && c.mlp_ratio * double(c.width) >= 1 && c.mlp_ratio <= 1024, "Dit",
        "mlp_ratio must be positive, at least 1 / width and at most 1024, is ", c.mlp_ratio);
  check(std::isfinite(c.time_scale), "Dit", "time_scale must be finite, is ", c.time_scale);
  check(c.eps > 0, "Dit", "eps must be positive, is ", c.eps);
  check(c.mlp_eps > 0, "Dit", "mlp_eps must be positive, is ", c.mlp_eps);
}

}  // namespace dit

/// Throws std::invalid_argument in words if no network can be built from `config` for these ports.
inline void validate(const DitConfig& c, const Ports& ports) {
  check_supported("Dit", ports, {"extra_channels", "label_dim"});
  dit::validate_sizes(c);
  check(c.image.height >= c.patch && c.image.height % c.patch == 0 && c.image.width >= c.patch &&
            c.image.width % c.patch == 0,
        "Dit", "sides of ", c.image, " must be multiples of the patch, ", c.patch);
  check(c.width % 4 == 0, "Dit", "width must be a multiple of 4, is ", c.width,
        ": a quarter each are sines and cosines of a patch's column and row");
  check(c.width % c.heads == 0, "Dit", c.width, " channels (width) do not fall into ", c.heads, " heads");
  check(!c.rope || c.width / c.heads % 4 == 0, "Dit", "rope wants heads of a multiple of 4 channels, they have ",
        c.width / c.heads);
}

}  // namespace hush
