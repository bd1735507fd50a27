#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <hush/backbone.hpp>

namespace hush {

/// What a resolution of a Unet2d is made of: residual blocks alone (DownBlock2D and UpBlock2D in diffusers); with
/// self-attention behind each (Attn...Block2D); with a transformer behind each that attends to tokens too
/// (CrossAttn...Block2D); or alone, and the resolution is changed by one more of them (ResnetDownsampleBlock2D,
/// ResnetUpsampleBlock2D).
enum class UnetBlock { resnet, attention, cross_attention, resnet_resampling };
constexpr auto names_of(UnetBlock) { return std::array{"resnet", "attention", "cross_attention", "resnet_resampling"}; }

/// The middle of a Unet2d: nothing, one residual block, two, or two with self-attention or a transformer between them.
enum class UnetMiddle { none, resnet, resnets, attention, cross_attention };
constexpr auto names_of(UnetMiddle) { return std::array{"none", "resnet", "resnets", "attention", "cross_attention"}; }

/// What changes the resolution behind blocks with self-attention: a convolution or a residual block. All others say so
/// themselves.
enum class UnetResampling { convolution, resnet };
constexpr auto names_of(UnetResampling) { return std::array{"convolution", "resnet"}; }

/// How a Unet2d embeds what it sees of the noise level. `positional`: as sines and cosines of a time; `fourier`: as
/// those of 2 pi w ln(sigma) for normal frequencies w that are not trained, and its output is divided by sigma (Song et
/// al. 2021, appendix C.2), so that it wants sigmas: 0, the first of the times 0..T-1, is refused by `sample`, and by
/// each call on a CPU (in a training on a GPU it makes NaN); `learned`: as the row of a table that is nearest to a
/// time.
enum class TimeEmbedType { positional, fourier, learned };
constexpr auto names_of(TimeEmbedType) { return std::array{"positional", "fourier", "learned"}; }

/// How labels [N, label_dim] are added to the embedding of the noise level, which has `width` numbers. `rows`: one row
/// of a table for each number of the label (num_class_embeds of diffusers), summed; `timestep`: label_dim is 1, and the
/// number is embedded as a noise level is; `identity`: as they are, label_dim is `width`; `projection`: two linear
/// layers, SiLU between them; `simple_projection`: one.
enum class ClassEmbedType { rows, timestep, identity, projection, simple_projection };
constexpr auto names_of(ClassEmbedType) {
  return std::array{"rows", "timestep", "identity", "projection", "simple_projection"};
}

/// Sizes of a Unet2d, under the names of diffusers' UNet2DModel and with its defaults.
struct Unet2dConfig {
  ImageSize image{};                 // sides divisible by 2 for each block but the first
  std::int64_t outputs = 0;          // channels it gives; 0: as many as the image has
  bool center_input_sample = false;  // the image is in [0, 1]: it is taken as 2 x - 1
  TimeEmbedType time_embedding_type = TimeEmbedType::positional;
  std::int64_t num_train_timesteps = 0;  // rows of the table of times; of `learned` alone
  std::int64_t time_embedding_dim = 0;   // width of the embedding; 0: 4 times the first of block_out_channels
  std::int64_t freq_shift = 0;           // frequencies 10000^(-k / (half - freq_shift)); 0 or 1
  bool flip_sin_to_cos = true;           // the cosines stand first
  std::vector<UnetBlock> down_block_types{UnetBlock::resnet, UnetBlock::attention, UnetBlock::attention,
                                          UnetBlock::attention};  // finest first
  UnetMiddle mid_block_type = UnetMiddle::attention;
  std::vector<UnetBlock> up_block_types{UnetBlock::attention, UnetBlock::attention, UnetBlock::attention,
                                        UnetBlock::resnet};          // coarsest first
  std::vector<std::int64_t> block_out_channels{224, 448, 672, 896};  // finest first
  std::int64_t layers_per_block = 2;                                 // residual blocks; one more on the way up
  double mid_block_scale_factor = 1;                                 // divides the sums in the middle
  // Zeros around images that a convolution halves: 1, on all sides; 0, one row below and one column to the right only.
  std::int64_t downsample_padding = 1;
  UnetResampling downsample_type = UnetResampling::convolution, upsample_type = UnetResampling::convolution;
  double dropout = 0;
  std::optional<std::int64_t> attention_head_dim = 8;  // channels a head of self-attention; none: one head of all
  // Of cross-attention, one number for all resolutions or one for each, finest first.
  std::vector<std::int64_t> num_attention_heads{8}, transformer_layers_per_block{1};
  bool use_linear_projection = false;  // how files hold a layer around transformers: [out, in], or [out, in, 1, 1]
  std::int64_t norm_num_groups = 32;
  std::optional<std::int64_t> attn_norm_num_groups{};  // of the attention in the middle; none: norm_num_groups, or,
  bool scale_shift = false;  // where the embedding scales and shifts each block and does not only shift it, no norm
  double norm_eps = 1e-5;
  ClassEmbedType class_embed_type = ClassEmbedType::rows;
  bool checkpoint = false;  // training keeps only the inputs of each block, and computes it twice: memory for time
  static constexpr void fields(auto& self, auto&& f) {
    f("image", self.image), f("outputs", self.outputs), f("center_input_sample", self.center_input_sample),
        f("time_embedding_type", self.time_embedding_type), f("num_train_timesteps", self.num_train_timesteps),
        f("time_embedding_dim", self.time_embedding_dim), f("freq_shift", self.freq_shift),
        f("flip_sin_to_cos", self.flip_sin_to_cos), f("down_block_types", self.down_block_types),
        f("mid_block_type", self.mid_block_type), f("up_block_types", self.up_block_types),
        f("block_out_channels", self.block_out_channels), f("layers_per_block", self.layers_per_block),
        f("mid_block_scale_factor", self.mid_block_scale_factor), f("downsample_padding", self.downsample_padding),
        f("downsample_type", self.downsample_type), f("upsample_type", self.upsample_type), f("dropout", self.dropout),
        f("attention_head_dim", self.attention_head_dim), f("num_attention_heads", self.num_attention_heads),
        f("transformer_layers_per_block", self.transformer_layers_per_block),
        f("use_linear_projection", self.use_linear_projection), f("norm_num_groups", self.norm_num_groups),
        f("attn_norm_num_groups", self.attn_norm_num_groups), f("scale_shift", self.scale_shift),
        f("norm_eps", self.norm_eps), f("class_embed_type", self.class_embed_type), f("checkpoint", self.checkpoint);
  }
  static constexpr std::array aside{std::string_view("checkpoint"),
                                    std::string_view("use_linear_projection")};  // change no result
  friend bool operator==(const Unet2dConfig&, const Unet2dConfig&) = default;
};

namespace unet2d {

inline std::int64_t embedding_width(const Unet2dConfig& c) {
  return c.time_embedding_dim ? c.time_embedding_dim : 4 * c.block_out_channels[0];
}
/// How many sines and cosines, or numbers of a row, the noise level is embedded in.
inline std::int64_t waves(const Unet2dConfig& c) {
  return c.time_embedding_type == TimeEmbedType::fourier ? 2 * c.block_out_channels[0] : c.block_out_channels[0];
}
/// The entry of a list that has one for each resolution, or one for all.
inline std::int64_t entry(const std::vector<std::int64_t>& list, std::size_t resolution) {
  return list[list.size() == 1 ? 0 : resolution];
}
/// The width of a head of self-attention over so many channels.
inline std::int64_t head_width(const Unet2dConfig& c, std::int64_t channels) {
  return c.attention_head_dim.value_or(channels);
}
/// The groups of the norm of the attention in the middle; 0: it has none.
inline std::int64_t middle_groups(const Unet2dConfig& c) {
  return c.attn_norm_num_groups ? *c.attn_norm_num_groups : c.scale_shift ? 0 : c.norm_num_groups;
}
/// Whether a resolution, the finest being 0, has blocks of this type on the way down or up.
inline bool has(const Unet2dConfig& c, std::size_t resolution, UnetBlock type) {
  const std::size_t last = c.block_out_channels.size() - 1;
  return c.down_block_types[resolution] == type || c.up_block_types[last - resolution] == type ||
         (resolution == last &&
          ((type == UnetBlock::attention && c.mid_block_type == UnetMiddle::attention) ||
           (type == UnetBlock::cross_attention && c.mid_block_type == UnetMiddle::cross_attention)));
}
inline bool reads_tokens(const Unet2dConfig& c) {
  for (std::size_t i = 0; i < c.block_out_channels.size(); ++i)
    if (has(c, i, UnetBlock::cross_attention)) return true;
  return false;
}

inline void check_least(std::int64_t bound, std::int64_t n, const char* name) {
  check(n >= bound, "Unet2d", name, " must be at least ", bound, ", is ", n);
  check(n <= 1 << 24, "Unet2d", name, " must be at most ", 1 << 24, ", is ", n);
}

inline void validate_lists(const Unet2dConfig& c) {
  const std::size_t count = c.block_out_channels.size();
  check(count >= 1 && count < 16, "Unet2d", "block_out_channels wants 1 to 15 entries, has ", count);
  const auto as_many = [&](std::size_t size, const char* name) {
    check(size == count, "Unet2d", name, " has ", size, " entries, block_out_channels ", count);
  };
  as_many(c.down_block_types.size(), "down_block_types");
  as_many(c.up_block_types.size(), "up_block_types");
  for (const std::int64_t channels : c.block_out_channels) check_least(1, channels, "each of block_out_channels");
  const auto one_or_as_many = [&](const std::vector<std::int64_t>& list, const char* name) {
    check(list.size() == 1 || list.size() == count, "Unet2d", name, " wants 1 entry or ", count, ", has ", list.size());
    for (const std::int64_t n : list) check(n >= 1, "Unet2d", "each of ", name, " must be at least 1, is ", n);
    for (const std::int64_t n : list) check(n <= 1024, "Unet2d", "each of ", name, " must be at most 1024, is ", n);
  };
  one_or_as_many(c.num_attention_heads, "num_attention_heads");
  one_or_as_many(c.transformer_layers_per_block, "transformer_layers_per_block");
}

inline void validate_numbers(const Unet2dConfig& c) {
  check_least(1, c.image.channels, "image.channels");
  check_least(0, c.outputs, "outputs");
  check_least(0, c.time_embedding_dim, "time_embedding_dim");
  check_least(1, c.layers_per_block, "layers_per_block");
  check(c.layers_per_block <= 1024, "Unet2d", "layers_per_block must be at most 1024, is ", c.layers_per_block);
  check_least(0, c.num_train_timesteps, "num_train_timesteps");
  check_least(1, c.norm_num_groups, "norm_num_groups");
  if (c.attn_norm_num_groups) check_least(1, *c.attn_norm_num_groups, "attn_norm_num_groups");
  if (c.attention_head_dim) check_least(1, *c.attention_head_dim, "attention_head_dim");
  check(c.freq_shift == 0 || c.freq_shift == 1, "Unet2d", "freq_shift must be 0 or 1, is ", c.freq_shift);
  const bool learned = c.time_embedding_type == TimeEmbedType::learned;
  check(learned == (c.num_train_timesteps > 0), "Unet2d", "num_train_timesteps is ", c.num_train_timesteps,
        ": the rows of the table of time_embedding_type learned, at least 1 there, 0 elsewhere");
  check(c.block_out_channels[0] >= (c.freq_shift ? 4 : 2), "Unet2d",
        "the first of block_out_channels must be at least ", c.freq_shift ? 4 : 2, ", is ", c.block_out_channels[0],
        ": the noise level is embedded in as many numbers");
  check(c.downsample_padding == 0 || c.downsample_padding == 1, "Unet2d", "downsample_padding must be 0 or 1, is ",
        c.downsample_padding);
  check(c.mid_block_scale_factor > 0, "Unet2d", "mid_block_scale_factor must be positive, is ",
        c.mid_block_scale_factor);
  check(c.dropout >= 0 && c.dropout < 1, "Unet2d", "dropout must be in [0, 1), is ", c.dropout);
  check(c.norm_eps > 0, "Unet2d", "norm_eps must be positive, is ", c.norm_eps);
}

/// Throws unless the channels of each resolution fall into groups and heads.
inline void validate_channels(const Unet2dConfig& c) {
  const auto groups = [](std::int64_t channels, std::int64_t count, const char* name) {
    check(channels % count == 0, "Unet2d", channels, " of block_out_channels do not fall into ", count, " groups (",
          name, ")");
  };
  for (std::size_t i = 0; i < c.block_out_channels.size(); ++i) {
    const std::int64_t channels = c.block_out_channels[i], heads = entry(c.num_attention_heads, i);
    groups(channels, c.norm_num_groups, "norm_num_groups");
    check(!has(c, i, UnetBlock::attention) || head_width(c, channels) <= channels, "Unet2d", channels,
          " of block_out_channels are too few for a head of ", head_width(c, channels), " (attention_head_dim)");
    check(!has(c, i, UnetBlock::cross_attention) || heads <= channels, "Unet2d", channels,
          " of block_out_channels are too few for ", heads, " heads (num_attention_heads)");
  }
  if (c.mid_block_type == UnetMiddle::attention && c.attn_norm_num_groups)
    groups(c.block_out_channels.back(), *c.attn_norm_num_groups, "attn_norm_num_groups");
}

inline void validate_ports(const Unet2dConfig& c, const Ports& ports) {
  check_supported("Unet2d", ports, {"extra_channels", "label_dim", "tokens", "token_dim", "constant_channels"});
  const bool reads = reads_tokens(c);
  check(reads || ports.tokens == 0, "Unet2d", "no block reads the ", ports.tokens,
        " tokens of the process: one of them must be of type cross_attention");
  check(!reads || ports.tokens > 0, "Unet2d",
        "blocks of type cross_attention read tokens, the process has none (ports.tokens)");
  const ClassEmbedType type = c.class_embed_type;
  check(type == ClassEmbedType::rows || ports.label_dim > 0, "Unet2d", "class_embed_type is ",
        names_of(type)[std::size_t(type)], ", the process has no labels (ports.label_dim)");
  check(type != ClassEmbedType::timestep || ports.label_dim == 1, "Unet2d",
        "class_embed_type timestep wants labels of one number, the process has ", ports.label_dim);
  check(type != ClassEmbedType::identity || ports.label_dim == embedding_width(c), "Unet2d",
        "class_embed_type identity wants labels as wide as the embedding, ", embedding_width(c), ", the process has ",
        ports.label_dim);
}

}  // namespace unet2d

/// Throws std::invalid_argument in words if no network can be built from `config` for these ports.
inline void validate(const Unet2dConfig& c, const Ports& ports) {
  unet2d::validate_lists(c);
  unet2d::validate_numbers(c);
  unet2d::validate_channels(c);
  unet2d::validate_ports(c, ports);
  const std::size_t last = c.block_out_channels.size() - 1;
  const std::int64_t most = std::int64_t(1) << last;
  check(c.image.height >= most && c.image.height % most == 0 && c.image.width >= most && c.image.width % most == 0,
        "Unet2d", "sides of ", c.image, " must be multiples of ", most, ": there are ", last, " down-samplings by 2");
}

}  // namespace hush
