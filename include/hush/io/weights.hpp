#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <hush/io/file_ending.hpp>
#include <hush/io/half.hpp>
#include <hush/io/key_map.hpp>
#include <hush/io/safetensors.hpp>
#include <hush/nn/flat_parameters.hpp>

namespace hush::io {

namespace detail {

inline std::vector<std::int64_t> extents_of(const Shape& shape) {
  std::vector<std::int64_t> extents;
  for (int i = 0; i < shape.rank(); ++i) extents.push_back(shape[i]);
  return extents;
}

/// Extents in files: convolution weights [O, H, W, I] are stored as [O, I, H, W]; other parameters do not change.
inline std::vector<std::int64_t> file_extents(const Shape& s) {
  if (s.rank() != 4) return extents_of(s);
  return {s[0], s[3], s[1], s[2]};
}

/// Copies values between the two orders: `to_file` from memory's to the file's, else back.
template <class T>
std::vector<T> reordered(const Shape& s, const std::vector<T>& values, bool to_file) {
  if (s.rank() != 4) return values;
  std::vector<T> out(values.size());
  const std::int64_t pixels = s[1] * s[2], channels = s[3];
  for (std::int64_t o = 0; o < s[0]; ++o)
    for (std::int64_t p = 0; p < pixels; ++p)
      for (std::int64_t c = 0; c < channels; ++c) {
        const auto memory = std::size_t((o * pixels + p) * channels + c);
        const auto file = std::size_t((o * channels + c) * pixels + p);
        out[to_file ? file : memory] = values[to_file ? memory : file];
      }
  return out;
}

}  // namespace detail

/// Options of `save_weights`: element type F32, F64, F16 or BF16, and metadata.
struct WeightFile {
  Dtype dtype = Dtype::F32;
  std::map<std::string, std::string> metadata = {};
};

/// A buffer laid out like a network's parameters (weights, a moving average, a moment) as named arrays.
template <Backend B>
Arrays arrays_of(const FlatParameters<B>& layout, const Tensor<B, typename B::master>& buffer) {
  Arrays arrays;
  for (std::size_t i = 0; i < layout.parts().size(); ++i) {
    const auto& part = layout.parts()[i];
    const auto values = download<typename B::master>(layout.part(buffer, i));
    const auto ordered = detail::reordered(part.shape, values, true);
    arrays.items[part.name] = array_of(detail::file_extents(part.shape), std::span<const typename B::master>(ordered));
  }
  return arrays;
}

/// Names and extents in files of a network's parameters.
template <Backend B>
Extents extents_of(const FlatParameters<B>& layout) {
  Extents extents;
  for (const auto& part : layout.parts()) extents[part.name] = detail::file_extents(part.shape);
  return extents;
}

/// Throws FileError unless the arrays are exactly those of a network, by name and shape; the message shows the first
/// differences. Also for values that are NaN or infinite, or would be in the network's precision.
inline void check_arrays(const Extents& wanted, const Arrays& arrays, const std::filesystem::path& file) {
  std::vector<std::string> differences;
  for (const auto& [name, extents] : wanted) {
    const auto found = arrays.items.find(name);
    if (found == arrays.items.end())
      differences.push_back(to_text(name, " is missing, the network has it as ", detail::printed(extents)));
    else if (found->second.shape != extents)
      differences.push_back(
          to_text(name, " is ", detail::printed(found->second.shape), ", the network has ", detail::printed(extents)));
    else if (const auto at = first_non_finite(found->second))
      throw FileError(file, to_text("element ", *at, " of ", name, " is not a finite number"));
  }
  for (const auto& [name, array] : arrays.items)
    if (!wanted.count(name))
      differences.push_back(to_text(in_quotes(name), " ", detail::printed(array.shape), " is not in the network"));
  if (differences.empty()) return;
  std::string text = to_text("holds the weights of another network, ", differences.size(), " differences: ");
  for (std::size_t i = 0; i < differences.size() && i < 8; ++i) text += (i ? "; " : "") + differences[i];
  throw FileError(file, differences.size() > 8 ? text + "; ..." : text);
}
template <Backend B>
void check_arrays(const FlatParameters<B>& layout, const Arrays& arrays, const std::filesystem::path& file) {
  check_arrays(extents_of(layout), arrays, file);
  using T = typename B::master;
  for (const auto& part : layout.parts()) {
    const Array& array = arrays.items.at(part.name);
    if (array.dtype != Dtype::F64 || std::is_same_v<T, double>) continue;
    const auto wide = values_of<double>(array);
    for (std::size_t i = 0; i < wide.size(); ++i)
      if (!std::isfinite(T(wide[i])))
        throw FileError(file, to_text("element ", i, " of ", part.name, " is ", wide[i],
                                      ", beyond the largest number of the network, ", std::numeric_limits<T>::max()));
  }
}

/// Fills a buffer of this layout from arrays, after `check_arrays`.
template <Backend B>
void fill_from(const FlatParameters<B>& layout, const Arrays& arrays, const std::filesystem::path& file,
               const Tensor<B, typename B::master>& buffer) {
  check_arrays(layout, arrays, file);
  for (std::size_t i = 0; i < layout.parts().size(); ++i) {
    const auto& part = layout.parts()[i];
    const auto values = detail::reordered(part.shape, values_of<typename B::master>(arrays.items.at(part.name)), false);
    auto home = layout.part(buffer, i);
    copy_in(home.on(), home.size(), values.data(), home.data());
  }
}

namespace detail {

/// The array with another element type. Throws std::invalid_argument for a value that is not finite in it.
inline Array finite_as(const std::string& name, const Array& array, Dtype dtype) {
  Array out = converted_to(array, dtype);
  if (const auto at = first_non_finite(out)) {
    const double value = values_of<double>(array)[*at];
    check(std::isfinite(value), "save_weights", "element ", *at, " of ", name, " is ", value,
          ", which load_weights refuses; was the training diverging? Save weights of an earlier step");
    check(false, "save_weights", "element ", *at, " of ", name, " is ", value, ", beyond the largest number of ",
          facts(dtype).name, "; write F32", dtype == Dtype::F16 ? " or BF16" : "", " instead (WeightFile::dtype)");
  }
  return out;
}

}  // namespace detail

/// A network's weights as arrays, convolutions as OIHW. Throws std::invalid_argument, naming parameter and value, for
/// one that is NaN or infinite, or would be as the element type that is asked for.
template <class Net>
Arrays weights_of(const Net& net, const WeightFile& as = {}) {
  Net copy = net;
  const FlatParameters<typename Net::backend> layout(copy);
  Arrays arrays = arrays_of(layout, layout.values());
  for (auto& [name, array] : arrays.items) array = detail::finite_as(name, array, as.dtype);
  arrays.metadata = as.metadata;
  return arrays;
}

/// Writes a network's weights as safetensors, whole or not at all; under other names and in another order if a key map
/// says so. Throws FileError, also for a name with the ending of another kind (.pth), and what `weights_of` throws.
template <class Net>
void save_weights(const std::filesystem::path& file, const Net& net, const WeightFile& as = {}) {
  check_weights_name(file);
  write_safetensors(file, weights_of(net, as));
}
template <class Net>
void save_weights(const std::filesystem::path& file, const Net& net, const KeyMap& map, const WeightFile& as = {}) {
  check_weights_name(file);
  write_safetensors(file, to_stored(map, weights_of(net, as)));
}

/// Loads a file's arrays into a network that has exactly these parameters, else throws FileError and leaves it
/// unchanged. Returns the metadata.
template <class Net>
std::map<std::string, std::string> load_arrays(const Arrays& arrays, const std::filesystem::path& file, Net& net) {
  Net fresh = net;
  const FlatParameters<typename Net::backend> layout(fresh);
  fill_from(layout, arrays, file, layout.values());
  net = fresh;
  return arrays.metadata;
}
/// The same, read from the file.
template <class Net>
std::map<std::string, std::string> load_weights(const std::filesystem::path& file, Net& net) {
  return load_arrays(read_safetensors(file), file, net);
}
/// Loads a file's arrays under the names of a key map into a network that has exactly these parameters, else throws
/// FileError and leaves it unchanged; constants of the map in the file must have the map's values. Returns the
/// metadata.
template <class Net>
std::map<std::string, std::string> load_arrays(Arrays arrays, const std::filesystem::path& file, Net& net,
                                               const KeyMap& map) {
  take_constants(map, arrays, file);
  Net fresh = net;
  const FlatParameters<typename Net::backend> layout(fresh);
  const Extents network = extents_of(layout);
  check_arrays(stored_extents(map, network), arrays, file);
  fill_from(layout, to_native(map, network, arrays), file, layout.values());
  net = fresh;
  return arrays.metadata;
}

/// The same, read from the file.
template <class Net>
std::map<std::string, std::string> load_weights(const std::filesystem::path& file, Net& net, const KeyMap& map) {
  return load_arrays(read_safetensors(file), file, net, map);
}

}  // namespace hush::io
