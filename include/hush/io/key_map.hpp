#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <hush/errors.hpp>
#include <hush/io/arrays.hpp>

namespace hush::io {

/// Shapes by name, as in a file.
using Extents = std::map<std::string, std::vector<std::int64_t>>;

/// A change of an array's element order in a file: reshaped to `view`, its axes permuted to `order`, then reshaped to
/// `shape` (none: the permuted extents). The weight [O, H * W * C] of a layer behind a flatten of [H, W, C] is stored
/// as [O, C * H * W] by {.view = {O, H, W, C}, .order = {0, 3, 1, 2}, .shape = {O, C * H * W}}; a norm's [H, W, C] as
/// [C, H, W] by {.view = {H, W, C}, .order = {2, 0, 1}}. Nothing changes without a view.
struct Rearranged {
  std::vector<std::int64_t> view = {}, order = {}, shape = {};
};

/// One array of a file, and the parameters stored in it. Several parameters share its rows: each of `groups` equal
/// groups has the first one's rows, then the second one's. The further fields apply to the whole array, in this order.
struct KeyRule {
  std::string stored;
  std::vector<std::string> native = {};
  std::int64_t groups = 1;
  Rearranged rearranged = {};
  bool transposed = false;  // a matrix [a, b] is stored as [b, a]
  bool one_behind = false;  // [a, b] is stored as [a, b, 1], a 1-D convolution
};

/// Names and layouts of the arrays in a weights file of another program.
struct KeyMap {
  std::vector<KeyRule> rules;
  std::map<std::string, std::vector<double>> constants = {};  // further arrays that may be in the file
};

namespace detail {

inline std::vector<std::int64_t> transposed(std::vector<std::int64_t> extents) {
  std::reverse(extents.begin(), extents.end());
  return extents;
}

/// The transpose of a matrix [rows, columns] of elements of `width` bytes.
inline std::vector<std::byte> transposed(const std::vector<std::byte>& from, std::int64_t rows, std::int64_t columns,
                                         std::size_t width) {
  std::vector<std::byte> to(from.size());
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = 0; c < columns; ++c)
      std::copy_n(from.data() + std::size_t(r * columns + c) * width, width,
                  to.data() + std::size_t(c * rows + r) * width);
  return to;
}

inline Array transposed(const Array& array) {
  const auto& s = array.shape;
  return {array.dtype, transposed(s), transposed(array.bytes, s[0], s[1], facts(array.dtype).bits / 8)};
}

inline std::string printed(const std::vector<std::int64_t>& extents) {
  std::string text = "[";
  for (const auto extent : extents) text += (text.size() > 1 ? ", " : "") + std::to_string(extent);
  return text + "]";
}

/// The extents of a view with its axes in their new order. Throws std::invalid_argument unless each is named once.
inline std::vector<std::int64_t> ordered_extents(const Rearranged& how) {
  std::vector<std::int64_t> extents, axes = how.order;
  std::sort(axes.begin(), axes.end());
  for (std::size_t i = 0; i < axes.size(); ++i)
    check(axes[i] == std::int64_t(i), "KeyMap", "order must name each axis of view once, from 0 on");
  check(axes.size() == how.view.size(), "KeyMap", "order has ", axes.size(), " axes, view ", how.view.size());
  for (const std::int64_t axis : how.order) extents.push_back(how.view[std::size_t(axis)]);
  return extents;
}
/// The extents of a rearranged array in the file. Throws std::invalid_argument where the numbers of elements differ.
inline std::vector<std::int64_t> rearranged(const Rearranged& how, const std::vector<std::int64_t>& extents,
                                            const std::string& stored) {
  if (how.view.empty()) return extents;
  const auto ordered = ordered_extents(how);
  const auto count = [&](const std::vector<std::int64_t>& of, const char* name) {
    const auto all = elements(of);
    check(all && all == elements(extents), "KeyMap", "the ", name, " of ", printed(of), " for ", stored,
          " has another number of elements than ", printed(extents));
  };
  count(how.view, "view");
  if (how.shape.empty()) return ordered;
  count(how.shape, "shape");
  return how.shape;
}

/// The bytes of an array of these extents with its axes in this order, or back to these extents from that order.
inline std::vector<std::byte> reordered(const std::vector<std::byte>& from, const Rearranged& how, std::size_t width,
                                        bool to_file) {
  const std::size_t rank = how.view.size();
  if (width == 0) return from;  // elements of less than a byte
  std::vector<std::size_t> strides(rank, 1), at(rank, 0);
  for (std::size_t i = rank; i-- > 1;) strides[i - 1] = strides[i] * std::size_t(how.view[i]);
  std::vector<std::byte> to(from.size());
  for (std::size_t file = 0; file < from.size() / width; ++file) {
    std::size_t native = 0;
    for (std::size_t i = 0; i < rank; ++i) native += at[i] * strides[std::size_t(how.order[i])];
    std::copy_n(from.data() + (to_file ? native : file) * width, width, to.data() + (to_file ? file : native) * width);
    for (std::size_t i = rank; i-- > 0 && ++at[i] == std::size_t(how.view[std::size_t(how.order[i])]);) at[i] = 0;
  }
  return to;
}

/// Calls copy(part, from, to, bytes) for each run of bytes: from `from` of the joint array to `to` of a part.
template <class Copy>
void each_run(const std::vector<std::size_t>& sizes, std::int64_t groups, Copy&& copy) {
  std::size_t at = 0;
  for (std::size_t g = 0; g < std::size_t(groups); ++g)
    for (std::size_t p = 0; p < sizes.size(); ++p) {
      const std::size_t run = sizes[p] / std::size_t(groups);
      copy(p, at, g * run, run);
      at += run;
    }
}

}  // namespace detail

/// Names and extents of the arrays in a file of a network with these parameters. Throws std::invalid_argument unless
/// the map's are the network's.
inline Extents stored_extents(const KeyMap& map, const Extents& network) {
  Extents stored;
  std::size_t met = 0;
  for (const KeyRule& rule : map.rules) {
    auto& extents = stored[rule.stored];
    for (const std::string& name : rule.native) {
      const auto found = network.find(name);
      check(found != network.end(), "KeyMap", "is of another network: this one has no ", name);
      check(found->second.empty() || found->second[0] % rule.groups == 0, "KeyMap", "the rows of ", name,
            " do not fall into ", rule.groups, " groups");
      if (extents.empty())
        extents = found->second;
      else
        extents[0] += found->second[0];
      ++met;
    }
    extents = detail::rearranged(rule.rearranged, extents, rule.stored);
    if (rule.transposed) extents = detail::transposed(extents);
    if (rule.one_behind) extents.push_back(1);
  }
  check(met == network.size(), "KeyMap", "is of another network: it knows ", met, " of the ", network.size(),
        " parameters");
  return stored;
}

/// The parameters of a network from the arrays of a file, which must have exactly the `stored_extents`.
inline Arrays to_native(const KeyMap& map, const Extents& network, const Arrays& stored) {
  Arrays arrays;
  arrays.metadata = stored.metadata;
  for (const KeyRule& rule : map.rules) {
    Array whole = stored.items.at(rule.stored);
    if (rule.one_behind) whole.shape.pop_back();
    if (rule.transposed) whole = detail::transposed(whole);
    if (!rule.rearranged.view.empty())
      whole.bytes = detail::reordered(whole.bytes, rule.rearranged, facts(whole.dtype).bits / 8, false);
    std::vector<Array*> parts;
    std::vector<std::size_t> sizes;
    for (const std::string& name : rule.native) {
      const auto& extents = network.at(name);
      sizes.push_back(std::size_t(*elements(extents)) * facts(whole.dtype).bits / 8);
      parts.push_back(&(arrays.items[name] = {whole.dtype, extents, std::vector<std::byte>(sizes.back())}));
    }
    detail::each_run(sizes, rule.groups, [&](std::size_t part, std::size_t from, std::size_t to, std::size_t count) {
      std::copy_n(whole.bytes.data() + from, count, parts[part]->bytes.data() + to);
    });
  }
  return arrays;
}

/// The arrays of a file from the parameters of a network, which are all of one element type; the constants stand beside
/// them as F32.
inline Arrays to_stored(const KeyMap& map, const Arrays& native) {
  Arrays arrays;
  arrays.metadata = native.metadata;
  for (const KeyRule& rule : map.rules) {
    std::vector<const Array*> parts;
    std::vector<std::size_t> sizes;
    Array whole;
    std::size_t bytes = 0;
    for (const std::string& name : rule.native) {
      parts.push_back(&native.items.at(name));
      sizes.push_back(parts.back()->bytes.size());
      if (bytes == 0) {
        whole.dtype = parts[0]->dtype;
        whole.shape = parts[0]->shape;
      } else {
        whole.shape[0] += parts.back()->shape[0];
      }
      bytes += sizes.back();
    }
    whole.bytes.resize(bytes);
    detail::each_run(sizes, rule.groups, [&](std::size_t part, std::size_t to, std::size_t from, std::size_t count) {
      std::copy_n(parts[part]->bytes.data() + from, count, whole.bytes.data() + to);
    });
    if (!rule.rearranged.view.empty()) {
      whole.shape = detail::rearranged(rule.rearranged, whole.shape, rule.stored);
      whole.bytes = detail::reordered(whole.bytes, rule.rearranged, facts(whole.dtype).bits / 8, true);
    }
    if (rule.transposed) whole = detail::transposed(whole);
    if (rule.one_behind) whole.shape.push_back(1);
    arrays.items[rule.stored] = std::move(whole);
  }
  for (const auto& [name, numbers] : map.constants) {
    const std::vector<float> single(numbers.begin(), numbers.end());
    arrays.items[name] = array_of({std::int64_t(single.size())}, std::span<const float>(single));
  }
  return arrays;
}

/// Removes the map's constants from the arrays of a file, as far as they are there. Throws FileError, which names the
/// first one that differs by more than a hundred-thousandth.
inline void take_constants(const KeyMap& map, Arrays& stored, const std::filesystem::path& file) {
  for (const auto& [name, wanted] : map.constants) {
    const auto found = stored.items.find(name);
    if (found == stored.items.end()) continue;
    const auto numbers = values_of<double>(found->second);
    if (numbers.size() != wanted.size())
      throw FileError(file, to_text(name, " has ", numbers.size(), " numbers, this schedule has ", wanted.size()));
    for (std::size_t i = 0; i < wanted.size(); ++i)
      if (!(std::abs(numbers[i] - wanted[i]) <= 1e-5 * std::max(std::abs(numbers[i]), std::abs(wanted[i]))))
        throw FileError(
            file, to_text("is of another schedule: ", name, '[', i, "] is ", numbers[i], ", this one has ", wanted[i]));
    stored.items.erase(found);
  }
}

}  // namespace hush::io
