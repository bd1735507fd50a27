#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hush/check.hpp>
#include <hush/io/adm_keys.hpp>
#include <hush/io/atomic_file.hpp>
#include <hush/io/json.hpp>
#include <hush/io/key_map.hpp>
#include <hush/io/safetensors.hpp>
#include <hush/io/weights.hpp>

namespace hush::io {

namespace detail {

/// The folder of a network: `folder` itself, or the part of this name in the folder of a pipeline.
inline std::filesystem::path diffusers_part_folder(const std::filesystem::path& folder, const char* part) {
  return !std::filesystem::exists(folder / "config.json") && std::filesystem::exists(folder / part / "config.json")
             ? folder / part
             : folder;
}

inline std::filesystem::path diffusers_weights(const std::filesystem::path& folder) {
  return folder / "diffusion_pytorch_model.safetensors";
}
inline std::filesystem::path diffusers_index(const std::filesystem::path& folder) {
  return folder / "diffusion_pytorch_model.safetensors.index.json";
}

/// Throws FileError for a folder whose weights lie in several files.
inline void check_unsharded(const std::filesystem::path& folder) {
  if (const auto index = diffusers_index(folder); std::filesystem::exists(index))
    throw FileError(index, "lists weights in several files, which diffusers would read: remove it and them first");
}
/// Throws FileError for a folder whose weights lie in one file.
inline void check_sharded(const std::filesystem::path& folder) {
  if (const auto file = diffusers_weights(folder); std::filesystem::exists(file))
    throw FileError(file, "holds weights in one file, which diffusers would read: remove it first");
}

/// Whether a text names a safetensors file of the folder at hand and no other place.
inline bool is_plain_file_name(std::string_view name) {
  return name.ends_with(".safetensors") && !name.starts_with('.') && name.find_first_of("/\\:") == name.npos;
}

/// The files that an index names, each with its arrays.
inline std::map<std::string, std::set<std::string>> shards_of(const std::filesystem::path& index) {
  const Json content = read_json(index);
  const Json& places = member(content, "weight_map", index);
  if (!places.is_object() || places.empty()) throw FileError(index, "weight_map wants the file of each array");
  std::map<std::string, std::set<std::string>> shards;
  for (const auto& [name, place] : places.items()) {
    const std::string& file = text_of(place, "the file of an array", index);
    if (!is_plain_file_name(file))
      throw FileError(index, to_text("places ", in_quotes(name), " in ", in_quotes(file),
                                     ", which is no safetensors file of its own folder"));
    shards[file].insert(name);
  }
  return shards;
}

}  // namespace detail

/// The arrays of a model whose weights lie in several safetensors files, which an index lists (`weight_map`: the file
/// of each array). Every array must lie in the file that the index gives, and nowhere else; the files must lie beside
/// the index. Throws FileError.
inline Arrays read_sharded_safetensors(const std::filesystem::path& index) {
  Arrays all;
  for (const auto& [name, wanted] : detail::shards_of(index)) {
    const auto file = folder_of(index) / name;
    if (!std::filesystem::exists(file))
      throw FileError(file, to_text("is not there, and ", index.filename().string(), " places weights in it"));
    Arrays shard = read_safetensors(file);
    for (const std::string& array : wanted)
      if (!shard.items.count(array))
        throw FileError(file,
                        to_text("lacks ", in_quotes(array), ", which ", index.filename().string(), " places in it"));
    for (auto& [array, content] : shard.items) {
      if (!wanted.count(array))
        throw FileError(
            file, to_text("holds ", in_quotes(array), ", which ", index.filename().string(), " does not place in it"));
      all.items.emplace(array, std::move(content));
    }
    all.metadata.merge(shard.metadata);
  }
  return all;
}

/// Writes arrays into files of at most `most` bytes of numbers (one that is larger has a file alone) beside an index of
/// theirs, `NAME.safetensors.index.json`; the files are NAME-00001-of-00002.safetensors and so on. The index comes
/// last. Throws FileError, and std::invalid_argument for arrays that the format cannot hold.
inline void write_sharded_safetensors(const std::filesystem::path& index, Arrays arrays, std::uint64_t most) {
  const std::string ending = ".safetensors.index.json", name = index.filename().string();
  check(most > 0 && name.ends_with(ending), "write_sharded_safetensors", "wants room for numbers, and an index NAME",
        ending, "; got ", most, " and ", name);
  std::vector<Arrays> shards;
  std::uint64_t held = 0, total = 0;
  for (auto& [key, array] : arrays.items) {
    const std::uint64_t bytes = array.bytes.size();
    if (shards.empty() || (held > 0 && held + bytes > most)) {
      shards.emplace_back().metadata = arrays.metadata;
      held = 0;
    }
    held += bytes;
    total += bytes;
    shards.back().items.emplace(key, std::move(array));
  }
  Json places = Json::object();
  for (std::size_t i = 0; i < shards.size(); ++i) {
    const auto numbered = [](std::size_t n) {
      const std::string digits = std::to_string(n);
      return std::string(digits.size() < 5 ? 5 - digits.size() : 0, '0') + digits;
    };
    const std::string file = to_text(name.substr(0, name.size() - ending.size()), "-", numbered(i + 1), "-of-",
                                     numbered(shards.size()), ".safetensors");
    write_safetensors(folder_of(index) / file, shards[i]);
    for (const auto& [key, array] : shards[i].items) places[key] = file;
  }
  write_file(index, Json{{"metadata", {{"total_size", total}}}, {"weight_map", places}}.dump(2) + "\n");
}

namespace detail {

/// The arrays of the model in a folder, and the file that messages name: one safetensors file, or several and their
/// index. A pickle alone is refused with advice.
inline std::pair<Arrays, std::filesystem::path> read_diffusers_weights(const std::filesystem::path& folder) {
  const auto file = diffusers_weights(folder), index = diffusers_index(folder);
  const auto pickled = folder / "diffusion_pytorch_model.bin";
  if (std::filesystem::exists(index)) {
    if (std::filesystem::exists(file))
      throw FileError(index, to_text("lists the weights in several files, and ", file.filename().string(),
                                     " holds all: remove one of the two"));
    return {read_sharded_safetensors(index), index};
  }
  const bool only_pickled = !std::filesystem::exists(file) && std::filesystem::exists(pickled);
  return {read_safetensors(only_pickled ? pickled : file), file};
}

/// Reads the weights in a folder into a network, under the names of diffusers or those of 2022.
template <class Net>
std::map<std::string, std::string> load_diffusers_weights(const std::filesystem::path& folder, Net& net) {
  auto [arrays, file] = read_diffusers_weights(folder);
  bool old = false;
  for (const auto& [name, array] : arrays.items) old |= name.ends_with(".query.weight");
  const KeyMap keys = diffusers_keys(net, old ? AttentionNames::query : AttentionNames::to_q);
  return load_arrays(std::move(arrays), file, net, keys);
}

}  // namespace detail

}  // namespace hush::io
