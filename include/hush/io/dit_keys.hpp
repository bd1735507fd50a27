#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hush/errors.hpp>
#include <hush/io/adm_keys.hpp>
#include <hush/io/key_map.hpp>

namespace hush {
template <detail::NetworkBackend B>
class Dit;
}

namespace hush::io {

namespace detail {

/// The embeddings of noise level and label, which diffusers keeps in each block: the names behind
/// `transformer_blocks.i.norm1.emb.`.
inline constexpr std::array dit_embedding{"timestep_embedder.linear_1.weight", "timestep_embedder.linear_1.bias",
                                          "timestep_embedder.linear_2.weight", "timestep_embedder.linear_2.bias",
                                          "class_embedder.embedding_table.weight"};

inline std::string dit_embedding_name(std::int64_t block, const char* name) {
  return to_text("transformer_blocks.", block, ".norm1.emb.", name);
}

/// The name in diffusers of a parameter of a Dit; its own name where there is none.
inline std::string dit_name(const std::string& name) {
  static const std::vector<std::pair<std::string_view, std::string_view>> heads{
      {"time1.", "transformer_blocks.0.norm1.emb.timestep_embedder.linear_1."},
      {"time2.", "transformer_blocks.0.norm1.emb.timestep_embedder.linear_2."},
      {"labels.", "transformer_blocks.0.norm1.emb.class_embedder.embedding_table."},
      {"first.", "pos_embed.proj."},
      {"modulation.", "proj_out_1."},
      {"last.", "proj_out_2."}};
  static const Words layers{{"modulation", "norm1.linear"},      {"attention.q", "attn1.to_q"},
                            {"attention.k", "attn1.to_k"},       {"attention.v", "attn1.to_v"},
                            {"attention.out", "attn1.to_out.0"}, {"feed_forward.in", "ff.net.0.proj"},
                            {"feed_forward.out", "ff.net.2"}};
  for (const auto& [ours, theirs] : heads)
    if (name.starts_with(ours)) return std::string(theirs) + name.substr(ours.size());
  const std::string block = "blocks.";
  if (!name.starts_with(block)) return name;
  const std::size_t dot = name.find('.', block.size()), leaf = name.rfind('.');
  const auto layer = layers.find(std::string_view(name).substr(dot + 1, leaf - dot - 1));
  return layer == layers.end() ? name
                               : to_text("transformer_", name.substr(0, dot + 1), layer->second, name.substr(leaf));
}

}  // namespace detail

/// The names of diffusers' DiTTransformer2DModel for a Dit; its file has the embeddings once more for each further
/// block
/// (`add_dit_copies`). Layers that diffusers has not keep their names.
template <hush::detail::NetworkBackend B>
KeyMap diffusers_keys(const Dit<B>& net) {
  KeyMap map;
  for (const auto& [name, extents] : detail::parameters_of(net))
    map.rules.push_back({.stored = detail::dit_name(name), .native = {name}, .transposed = name == "labels.weight"});
  return map;
}

/// Adds the embeddings of the first block to the others, as diffusers stores them.
inline void add_dit_copies(Arrays& arrays, std::int64_t blocks) {
  for (std::int64_t i = 1; i < blocks; ++i)
    for (const char* name : detail::dit_embedding)
      if (const auto found = arrays.items.find(detail::dit_embedding_name(0, name)); found != arrays.items.end())
        arrays.items[detail::dit_embedding_name(i, name)] = found->second;
}

/// Takes the embeddings of all blocks but the first out of the arrays of a file. Throws FileError, naming the array,
/// where one is missing or has other numbers than the first block's: a Dit has one embedding for all.
inline void take_dit_copies(Arrays& arrays, std::int64_t blocks, const std::filesystem::path& file) {
  for (std::int64_t i = 1; i < blocks; ++i)
    for (const char* name : detail::dit_embedding) {
      const auto first = arrays.items.find(detail::dit_embedding_name(0, name));
      const std::string copy = detail::dit_embedding_name(i, name);
      const auto found = arrays.items.find(copy);
      if (first == arrays.items.end()) continue;  // is named as missing later
      if (found == arrays.items.end()) throw FileError(file, to_text("lacks ", copy));
      const Array &a = first->second, &b = found->second;
      if (a.dtype != b.dtype || a.shape != b.shape || a.bytes != b.bytes)
        throw FileError(file, to_text(copy, " is not ", first->first,
                                      ": its blocks embed the noise level in different ways, those of a Dit in one"));
      arrays.items.erase(found);
    }
}

}  // namespace hush::io
