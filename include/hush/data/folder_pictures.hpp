#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <hush/data/centre_crop.hpp>
#include <hush/data/packed_images.hpp>
#include <hush/data/picture_files.hpp>
#include <hush/data/pil_resize.hpp>
#include <hush/data/pixels.hpp>
#include <hush/data/workers.hpp>
#include <hush/errors.hpp>
#include <hush/images.hpp>
#include <hush/io/disk.hpp>
#include <hush/io/picture.hpp>

namespace hush::data {

/// Handling of a file that cannot be read as a picture: throw its FileError, or skip it.
enum class Corrupt { refuse, skip };

/// Resizing to another aspect ratio: stretch the picture, or crop its centre to that ratio first.
enum class Fit { stretch, centre_crop };

/// Options of `image_folder`. Every picture is resized to `size` exactly.
struct ImageFolderOptions {
  struct Size {
    std::int64_t height = 0, width = 0;
  };
  Size size = {};
  Fit fit = Fit::stretch;
  Filter filter = Filter::bilinear;
  std::int64_t channels = 3;  // RGB; 1: grey
  io::Reading reading = {};   // turned upright as EXIF says; colours of transparent pixels
  std::int64_t limit = 0;     // files from the first on; 0: all
  Corrupt corrupt = Corrupt::refuse;
  std::function<void(const FileError&)> on_corrupt = nullptr;  // called for each skipped file, in order
  std::filesystem::path cache = {};  // file that holds all pictures decoded and resized; empty: none
  bool in_memory = false;            // read all pictures once and keep them
  int threads = 2;                   // threads that read and decode; 0: one a core
  io::Disk disk = {};
};

namespace detail {

/// The pictures of a folder by number, from files, cache or memory, decoded by a few threads. Shared by all parts of a
/// set.
class FolderPictures {
 public:
  FolderPictures(std::filesystem::path folder, ImageFolderOptions wanted)
      : root(std::move(folder)), options(std::move(wanted)), workers_(options.threads) {
    const auto [height, width] = options.size;
    check(height >= 1 && width >= 1 && height <= 16384 && width <= 16384, "image_folder",
          "pictures cannot be resized to ", height, " x ", width);
    check(options.channels == 1 || options.channels == 3, "image_folder", "pictures have 1 or 3 channels, not ",
          options.channels);
    check(options.limit >= 0, "image_folder", "a limit of ", options.limit, " files cannot be");
    files = picture_files(root);
    if (options.limit) files.resize(std::min(files.size(), std::size_t(options.limit)));
    readers_.assign(std::size_t(workers_.count()), Reader{{}, {height, width, options.filter}, {}});
    Images<std::uint8_t> levels(1, 1, 256, 1);
    for (int i = 0; i < 256; ++i) levels.pixels[std::size_t(i)] = std::uint8_t(i);
    floats_ = to_floats(levels).pixels;
    if (!options.cache.empty()) {
      open_cache();
    } else if (options.in_memory || options.corrupt == Corrupt::skip) {
      read_files([&](std::span<const std::uint8_t> picture) { remember(picture); }, [] {});
    } else {
      for (std::size_t i = 0; i < files.size(); ++i) good.push_back(std::int64_t(i));
    }
    if (good.empty()) throw FileError(root, to_text("none of its ", files.size(), " pictures can be read"));
  }

  std::int64_t stride() const { return options.size.height * options.size.width * options.channels; }

  /// Starts to load the pictures `items` (indices into `good`), as bytes or as floats in [-1, 1].
  template <class T>
  std::shared_ptr<Workers::Task> begin(const std::vector<std::int64_t>& items, std::shared_ptr<Images<T>> out) {
    return workers_.begin(std::int64_t(items.size()), [this, items, out](std::int64_t i, int worker) {
      const std::int64_t item = items[std::size_t(i)];
      if constexpr (std::is_same_v<T, float>) {
        auto& bytes = readers_[std::size_t(worker)].resized;
        bytes.resize(std::size_t(stride()));
        fetch(item, worker, bytes);
        std::ranges::transform(bytes, (*out)[i].begin(), [this](std::uint8_t byte) { return floats_[byte]; });
      } else {
        fetch(item, worker, (*out)[i]);
      }
    });
  }
  void finish(const Workers::Task& task) { workers_.finish(task); }

  template <class T>
  Images<T> room(std::size_t count) const {
    return {std::int64_t(count), options.size.height, options.size.width, options.channels};
  }

  std::filesystem::path root;
  ImageFolderOptions options;
  std::vector<PictureFile> files;
  std::vector<std::int64_t> good;  // indices of the files that are pictures
  std::vector<FileError> corrupt;

  /// A prefetched batch.
  struct Ahead {
    std::vector<std::int64_t> items;
    std::shared_ptr<Images<float>> out;
    std::shared_ptr<Workers::Task> task;
  };
  std::mutex mutex;
  Ahead ahead;

 private:
  struct Reader {  // buffers that a thread reuses from picture to picture
    Images<std::uint8_t> picture;
    PilResize resize;
    std::vector<std::uint8_t> resized;
  };

  void fetch(std::int64_t item, int worker, std::span<std::uint8_t> to) {
    const std::int64_t file = good[std::size_t(item)];
    if (options.in_memory) {
      std::copy_n(memory_.begin() + item * stride(), stride(), to.begin());
    } else if (pack_) {
      pack_->read(file, to);
    } else {
      decode(file, worker, to);
    }
  }
  void decode(std::int64_t file, int worker, std::span<std::uint8_t> to) {
    auto& reader = readers_[std::size_t(worker)];
    auto& picture = reader.picture;
    picture = io::read_picture(root / files[std::size_t(file)].name, options.reading, std::move(picture));
    if (options.fit == Fit::centre_crop) picture = centre_crop(picture, options.size.height, options.size.width);
    if (options.channels == 1) picture = io::to_grey(picture);
    reader.resize(picture[0], picture.height, picture.width, picture.channels, to);
  }
  void remember(std::span<const std::uint8_t> picture) {
    if (options.in_memory) memory_.insert(memory_.end(), picture.begin(), picture.end());
  }
  void tell(const FileError& error) {
    if (options.corrupt == Corrupt::refuse) throw error;
    if (options.on_corrupt) options.on_corrupt(error);
    corrupt.push_back(error);
  }

  /// Decodes every file once, in order: calls `give` with each picture, and `pass` for a skipped file.
  template <class Give, class Pass>
  void read_files(const Give& give, const Pass& pass) {
    const std::int64_t all = std::int64_t(files.size());
    const std::int64_t some = std::clamp<std::int64_t>((std::int64_t(64) << 20) / stride(), 1, 512);
    for (std::int64_t first = 0; first < all; first += some) {
      const auto count = std::min(some, all - first);
      auto pictures = room<std::uint8_t>(std::size_t(count));
      std::vector<std::optional<FileError>> errors(static_cast<std::size_t>(count));
      workers_.run(count, [&](std::int64_t i, int worker) {
        try {
          decode(first + i, worker, pictures[i]);
        } catch (const FileError& error) { errors[std::size_t(i)] = error; }
      });
      for (std::int64_t i = 0; i < count; ++i) {
        if (const auto& error = errors[std::size_t(i)]) {
          tell(*error);
          pass();
        } else {
          give(std::as_const(pictures)[i]);
          good.push_back(first + i);
        }
      }
    }
  }

  /// The recipe of a cache: all that its pictures depend on.
  std::string recipe() const {
    std::string text =
        to_text("pictures 3: ", options.size.height, " x ", options.size.width, " x ", options.channels,
                options.filter == Filter::bilinear ? ", bilinear" : ", bicubic",
                options.reading.upright ? ", upright" : ", as stored", ", transparency ",
                int(options.reading.transparency), options.fit == Fit::centre_crop ? ", centre crop" : "", '\n');
    for (const auto& file : files) text += to_text(file.bytes, ' ', file.modified, ' ', file.name, '\n');
    return text;
  }
  /// Opens the cache; writes it first if it is missing or does not fit the present files.
  void open_cache() {
    const auto text = recipe();
    pack_ = PackedImages::open(options.cache, text, stride());
    if (!pack_ || !skips_the_same()) {
      pack_.reset();
      PackWriter writer(options.cache, options.disk);
      read_files([&](std::span<const std::uint8_t> picture) { writer.add(picture); }, [&] { writer.skip(); });
      writer.commit(text);
      pack_.emplace(PackedImages::open(options.cache, text, stride()).value());
    }
    if (!options.in_memory) return;
    memory_.resize(good.size() * std::size_t(stride()));
    workers_.run(std::int64_t(good.size()), [&](std::int64_t i, int) {
      pack_->read(good[std::size_t(i)], std::span(memory_).subspan(std::size_t(i * stride()), std::size_t(stride())));
    });
  }
  /// Notes which files the pack holds and reports the others as skipped. False if one of those can be read now.
  bool skips_the_same() {
    std::vector<FileError> errors;
    std::vector<std::uint8_t> picture(static_cast<std::size_t>(stride()));
    for (std::int64_t i = 0; i < pack_->sources(); ++i) {
      if (pack_->holds(i)) continue;
      try {
        decode(i, 0, picture);
        return false;
      } catch (const FileError& error) { errors.push_back(error); }
    }
    for (const auto& error : errors) tell(error);
    for (std::int64_t i = 0; i < pack_->sources(); ++i)
      if (pack_->holds(i)) good.push_back(i);
    return true;
  }

  std::vector<Reader> readers_;
  std::vector<float> floats_;  // the value in [-1, 1] of each byte
  std::optional<PackedImages> pack_;
  std::vector<std::uint8_t> memory_;
  Workers workers_;  // last: its threads use all of the above
};

}  // namespace detail

}  // namespace hush::data
