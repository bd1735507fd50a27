#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <hush/data/idx.hpp>
#include <hush/data/image_set.hpp>
#include <hush/data/pixels.hpp>
#include <hush/data/resize.hpp>

namespace hush::data {

/// The two parts of a data set.
enum class Split { train, test };

/// Options of `fashion_mnist`: the side in pixels (28: not resized), the number of images from the first on (0: all),
/// and the values of black and white.
struct FashionMnist {
  Split split = Split::train;
  std::int64_t size = 32, limit = 0;
  Range range = {};
};

/// The classes of the labels 0..9.
inline constexpr std::array fashion_mnist_classes{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                                  "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};

namespace detail {

/// One of the four official files, gzip or plain.
inline std::filesystem::path idx_file(const std::filesystem::path& folder, const std::string& name) {
  for (const auto& path : {folder / (name + ".gz"), folder / name})
    if (std::filesystem::exists(path)) return path;
  throw FileError(folder / (name + ".gz"),
                  to_text("is missing: Fashion-MNIST is read from the official files, of which this "
                          "folder must hold ",
                          name, ".gz (or unpacked, ", name, ")"));
}

}  // namespace detail

/// Fashion-MNIST (Xiao et al. 2017) from a folder with its official IDX files, resized in float before it is scaled:
/// [N, size, size, 1] in [-1, 1], with labels. Throws FileError, also for a file that is missing;
/// std::invalid_argument for a size below 1, a limit below 0, or a range in which black is white.
inline ImageSet fashion_mnist(const std::filesystem::path& folder, const FashionMnist& wanted = {}) {
  check(wanted.size >= 1 && wanted.size <= 4096, "fashion_mnist", "images cannot have a side of ", wanted.size);
  check(wanted.limit >= 0, "fashion_mnist", "a limit of ", wanted.limit, " images cannot be");
  io::detail::check_range("fashion_mnist", wanted.range);
  const std::string part = wanted.split == Split::train ? "train" : "t10k";
  const auto images = detail::idx_file(folder, part + "-images-idx3-ubyte");
  auto [bytes, labels] = read_idx_pair(images, detail::idx_file(folder, part + "-labels-idx1-ubyte"), 10);
  if (bytes.height != 28 || bytes.width != 28)
    throw FileError(images,
                    to_text("holds images of ", bytes.height, " x ", bytes.width, ", Fashion-MNIST has 28 x 28"), 8);

  const auto count = wanted.limit == 0 ? bytes.count : std::min(wanted.limit, bytes.count);
  ImageSet set{{count, wanted.size, wanted.size, 1}, {labels.begin(), labels.begin() + count}};
  constexpr std::int64_t some = 1000;  // at a time, so that the set is not in memory three times
  for (std::int64_t at = 0; at < count; at += some) {
    const auto n = std::min(some, count - at);
    const auto* from = bytes.pixels.data() + at * bytes.stride();
    const Images<std::uint8_t> few(n, 28, 28, 1, {from, from + n * bytes.stride()});
    auto sized = resize(to_floats(few, {0, 255}), wanted.size, wanted.size);
    for (float& value : sized.pixels)
      value = wanted.range.black + (wanted.range.white - wanted.range.black) * (value / 255.f);
    std::copy(sized.pixels.begin(), sized.pixels.end(), set.images[at].begin());
  }
  return set;
}

}  // namespace hush::data
