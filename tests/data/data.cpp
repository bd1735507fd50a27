#include <doctest/doctest.h>
#include <zlib.h>

#include <algorithm>
#include <numeric>
#include <set>

#include <hush/data/fashion_mnist.hpp>
#include <hush/data/gzip.hpp>
#include <hush/data/idx.hpp>
#include <hush/data/image_set.hpp>
#include <hush/data/pixels.hpp>
#include <hush/data/resize.hpp>

#include "io/scratch.hpp"

using namespace hush;

namespace {

std::string idx(std::uint32_t magic, std::vector<std::uint32_t> dims, const std::string& body) {
  dims.insert(dims.begin(), magic);
  std::string file;
  for (const auto value : dims)
    for (int shift = 24; shift >= 0; shift -= 8) file += char(value >> shift);
  return file + body;
}

std::string gzipped(const std::string& plain) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(deflateBound(&stream, plain.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(plain.data()));
  stream.avail_in = unsigned(plain.size());
  stream.next_out = reinterpret_cast<unsigned char*>(packed.data());
  stream.avail_out = unsigned(packed.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string pattern(int count) {
  std::string body;
  for (int i = 0; i < count; ++i) body += char(i * 37 + i / 7);
  return body;
}

const std::string images_file = idx(0x803, {3, 4, 5}, pattern(60)), labels_file = idx(0x801, {9}, pattern(9));

std::string refused(const std::string& bytes, bool labels = false) {
  const Scratch scratch("idx-refused");
  put(scratch / "file", bytes);
  return refusal(
      [&] { labels ? void(data::read_idx_labels(scratch / "file")) : void(data::read_idx_images(scratch / "file")); });
}

}  // namespace

TEST_CASE("idx: images and labels are read, plain and gzip") {
  const Scratch scratch("idx");
  for (const bool packed : {false, true}) {
    put(scratch / "i", packed ? gzipped(images_file) : images_file);
    put(scratch / "l", packed ? gzipped(labels_file) : labels_file);
    const auto images = data::read_idx_images(scratch / "i");
    CHECK(images.count == 3);
    CHECK(images.height == 4);
    CHECK(images.width == 5);
    CHECK(images.channels == 1);
    CHECK(std::string(images.pixels.begin(), images.pixels.end()) == pattern(60));
    const auto labels = data::read_idx_labels(scratch / "l");
    CHECK(std::string(labels.begin(), labels.end()) == pattern(9));
  }
}

TEST_CASE("idx: what its header says must be so") {
  CHECK(refused(labels_file)
            .find("is an IDX file of unsigned bytes in 1 dimension, labels (0x00000801), wanted is an IDX file of "
                  "unsigned bytes in 3 dimensions, images (0x00000803)") != std::string::npos);
  CHECK(refused(images_file, true).find("is an IDX file of unsigned bytes in 3 dimensions, images") !=
        std::string::npos);
  CHECK(refused(idx(0xD03, {3, 4, 5}, pattern(240))).find("is an IDX file of floats in 3 dimensions (0x00000d03)") !=
        std::string::npos);
  CHECK(refused(idx(0xC02, {3, 4}, pattern(48))).find("32-bit integers in 2 dimensions") != std::string::npos);
  CHECK(refused(idx(0x803, {0, 4, 5}, "")).find("dimension is 0") != std::string::npos);
  CHECK(refused(idx(0x803, {3, 0, 5}, "")).find("(at byte 8)") != std::string::npos);
  CHECK(refused(idx(0x803, {3, 4, 0}, "")) != "");
  CHECK(refused(idx(0x803, {0xFFFFFFFF, 4, 5}, pattern(60))) != "");
  CHECK(refused(idx(0x803, {0x10000, 0x10000, 1}, pattern(60))) != "");
  CHECK(refused(idx(0x803, {0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}, "")) != "");
  CHECK(refused(idx(0x803, {4, 4, 5}, pattern(60))).find("ends within its values (at byte 76)") != std::string::npos);
  CHECK(refused(images_file + "x").find("goes on after its last image or label (at byte 76)") != std::string::npos);
  CHECK(refused(gzipped(images_file + "x")).find("goes on") != std::string::npos);
  CHECK(refused(gzipped(images_file) + "x").find("has 1 bytes behind its gzip data") != std::string::npos);
  CHECK(refused("").ends_with("is empty"));
  CHECK(refused("<nohtml>").find("is no IDX file (it starts with 0x3c6e6f68)") != std::string::npos);
  CHECK(refused("<html>not found</html>").find("is a web page (HTML) in the place of the file") != std::string::npos);
  CHECK(refused("version https://git-lfs.github.com/spec/v1\n").find("`git lfs pull`") != std::string::npos);
  CHECK(refused("\x89PNG\r\n\x1a\n...").ends_with("is a PNG file; an IDX file is wanted"));
}

TEST_CASE("idx: labels and images must be as many, and labels below the number of classes") {
  const Scratch scratch("idx-pair");
  put(scratch / "i", images_file);
  put(scratch / "l", idx(0x801, {3}, std::string("\x09\1\2", 3)));
  CHECK(data::read_idx_pair(scratch / "i", scratch / "l", 10).second == std::vector<std::uint8_t>{9, 1, 2});
  CHECK(refusal([&] {
          data::read_idx_pair(scratch / "i", scratch / "l", 9);
        }).find("label 0 is 9, there are 9 classes") != std::string::npos);
  put(scratch / "l", labels_file);
  CHECK(refusal([&] {
          data::read_idx_pair(scratch / "i", scratch / "l");
        }).find("holds 9 labels, but i holds 3 images") != std::string::npos);
  CHECK_THROWS_AS(data::read_idx_images(scratch / "none"), FileError);
  CHECK_THROWS_AS(data::read_idx_images(scratch.folder), FileError);
}

TEST_CASE("idx: cut at every byte, plain or gzip, the file is refused") {
  const Scratch scratch("idx-cut");
  for (const auto& good : {images_file, gzipped(images_file)})
    for (std::size_t length = 0; length < good.size(); ++length) {
      CAPTURE(length);
      put(scratch / "file", good.substr(0, length));
      CHECK_THROWS_AS(data::read_idx_images(scratch / "file"), FileError);
    }
}

TEST_CASE("idx: one byte wrong anywhere, the file is refused or of the right shape; in gzip the pixels are right too") {
  const Scratch scratch("idx-flip");
  for (const bool packed : {false, true}) {
    const auto good = packed ? gzipped(images_file) : images_file;
    int refusals = 0;
    for (std::size_t at = 0; at < good.size(); ++at)
      for (const int bits : {1, 2, 4, 8, 16, 32, 64, 128, 255}) {
        auto bad = good;
        bad[at] = char(bad[at] ^ bits);
        put(scratch / "file", bad);
        try {
          const auto images = data::read_idx_images(scratch / "file");
          CHECK(images.pixels.size() == 60);
          CHECK(images.count * images.stride() == 60);
          if (packed) CHECK(std::string(images.pixels.begin(), images.pixels.end()) == pattern(60));
        } catch (const FileError&) { ++refusals; }
      }
    CHECK(refusals >= 16 * 9 - 20);
  }
}

TEST_CASE("idx: gzip of several members, empty ones too, and zeros behind the last are one file") {
  const Scratch scratch("idx-members");
  const auto wanted = [&](const std::string& bytes) {
    put(scratch / "file", bytes);
    const auto images = data::read_idx_images(scratch / "file");
    return std::string(images.pixels.begin(), images.pixels.end()) == pattern(60);
  };
  for (const std::size_t cut : {0, 1, 10, 16, 40, 75, 76})
    CHECK(wanted(gzipped(images_file.substr(0, cut)) + gzipped(images_file.substr(cut))));
  std::string bytewise;
  for (const char byte : images_file) bytewise += gzipped({byte}) + gzipped("");
  CHECK(wanted(bytewise));
  CHECK(wanted(gzipped(images_file) + std::string(1000, '\0')));
  // what gzip calls trailing garbage is refused, and so is a second member that is damaged, cut off or one too many
  const auto whole = gzipped(images_file);
  CHECK(refused(whole + std::string(3, '\0') + gzipped("")).find("neither zeros nor more gzip data (at byte 76)") !=
        std::string::npos);
  CHECK(refused(whole + "\x1f").find("has 1 bytes behind its gzip data") != std::string::npos);
  CHECK(refused(whole + gzipped("x")).find("goes on after its last image or label (at byte 76)") != std::string::npos);
  CHECK(refused(whole + "\x1f\x8b").find("the gzip data ends too early") != std::string::npos);
  const auto second = gzipped(images_file.substr(40));
  for (std::size_t length = 0; length < second.size(); ++length)
    CHECK(refused(gzipped(images_file.substr(0, 40)) + second.substr(0, length)) != "");
  CHECK(refused(gzipped(images_file.substr(0, 40))).find("ends within its values (at byte 40)") != std::string::npos);
}

TEST_CASE("idx: a gzip bomb is not unpacked") {
  // 64 MiB of zeros in 64 KiB, behind a header that says 60 values
  const auto message = refused(gzipped(images_file + std::string(std::size_t(64) << 20, '\0')));
  CHECK(message.find("goes on after its last image or label (at byte 76)") != message.npos);
}

TEST_CASE("resize: is torch's bilinear interpolation without corners aligned and without antialias") {
  const Images<float> image(1, 2, 3, 1, {0, 10, 20, 5, 7, 255});
  const auto close = [](const Images<float>& got, std::vector<float> want) {
    REQUIRE(got.pixels.size() == want.size());
    for (std::size_t i = 0; i < want.size(); ++i) CHECK(got.pixels[i] == doctest::Approx(want[i]).epsilon(1e-6));
  };
  // torch.nn.functional.interpolate(x, size, mode="bilinear", align_corners=False, antialias=False), torch 2
  close(data::resize(image, 4, 5),
        {0.0f,  4.0000005f, 10.0f, 16.000002f, 20.0f,   1.25f, 4.4500003f, 9.25f, 50.950008f, 78.75f,
         3.75f, 5.35f,      7.75f, 120.85003f, 196.25f, 5.0f,  5.8f,       7.0f,  155.80003f, 255.0f});
  close(data::resize(image, 3, 2), {2.5f, 17.5f, 4.0f, 105.25f, 5.5000005f, 193.0f});
  close(data::resize(image, 1, 1), {8.5f});
  CHECK(data::resize(image, 2, 3) == image);
  CHECK_THROWS_AS(data::resize(image, 0, 3), std::invalid_argument);
  CHECK_THROWS_AS(data::resize(Images<float>(1, 0, 3, 1), 2, 2), std::invalid_argument);
}

TEST_CASE("resize: to the nearest pixel as PIL's NEAREST") {
  Images<std::uint8_t> image(1, 5, 7, 1);
  for (std::size_t i = 0; i < 35; ++i) image.pixels[i] = std::uint8_t(i);
  using Bytes = std::vector<std::uint8_t>;
  CHECK(data::resize_nearest(image, 2, 3).pixels == Bytes{8, 10, 12, 22, 24, 26});
  CHECK(data::resize_nearest(image, 4, 10).pixels == Bytes{0,  1,  1,  2,  3,  3,  4,  5,  5,  6,  7,  8,  8,  9,
                                                           10, 10, 11, 12, 12, 13, 21, 22, 22, 23, 24, 24, 25, 26,
                                                           26, 27, 28, 29, 29, 30, 31, 31, 32, 33, 33, 34});
  CHECK(data::resize_nearest(image, 1, 1).pixels == Bytes{17});
  CHECK(data::resize_nearest(image, 5, 7) == image);
  const Images<int> two(2, 1, 2, 2, {1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(data::resize_nearest(two, 1, 1) == Images<int>(2, 1, 1, 2, {3, 4, 7, 8}));
  CHECK_THROWS_AS(data::resize_nearest(image, 0, 3), std::invalid_argument);
}

TEST_CASE("resize: channels and images stay apart") {
  Images<float> images(2, 2, 2, 3);
  for (std::size_t i = 0; i < images.pixels.size(); ++i) images.pixels[i] = float(i % 3 + 10 * (i / 12));
  const auto out = data::resize(images, 5, 3);
  for (std::size_t i = 0; i < out.pixels.size(); ++i) CHECK(out.pixels[i] == float(i % 3 + 10 * (i / 45)));
}

TEST_CASE("image set: batches, ranges, first and split") {
  data::ImageSet set{{4, 1, 2, 1, {0, 1, 2, 3, 4, 5, 6, 7}}, {9, 8, 7, 6}};
  const std::vector<std::int64_t> items{2, 0, 2};
  CHECK(set.batch(items) == Images<float>(3, 1, 2, 1, {4, 5, 0, 1, 4, 5}));
  CHECK(set.batch({}).count == 0);
  for (const std::int64_t bad : {-1, 4}) CHECK_THROWS_AS(set.batch(std::vector{bad}), std::invalid_argument);
  CHECK(data::first(set, 1).images == Images<float>(1, 1, 2, 1, {0, 1}));
  CHECK(data::first(set, 9).size() == 4);
  CHECK(data::part(set, items).images == set.batch(items));
  CHECK(data::part(set, items).labels == std::vector<std::uint8_t>{7, 9, 7});
  const auto [train, validation] = data::split(set, {.share = .25, .held = data::Held::last});
  CHECK(train.size() == 3);
  CHECK(validation.images == Images<float>(1, 1, 2, 1, {6, 7}));
  CHECK(validation.labels == std::vector<std::uint8_t>{6});
  const auto [others, drawn] = data::split(set, .25);  // by chance; which is in tests/data/split.cpp
  CHECK(drawn.images == Images<float>(1, 1, 2, 1, {0, 1}));
  CHECK(drawn.labels == std::vector<std::uint8_t>{9});
  CHECK(others.labels == std::vector<std::uint8_t>{8, 7, 6});
  set.labels.pop_back();
  const std::string refused = "a set of 4 images has 3 labels: give one for each, or none";
  CHECK_THROWS_WITH_AS(data::part(set, items), ("[part] " + refused).c_str(), std::invalid_argument);
  CHECK_THROWS_WITH_AS(data::range(set, 0, 1), ("[range] " + refused).c_str(), std::invalid_argument);
  set.labels.clear();
  CHECK(data::split(set, 1).second.labels.empty());
  CHECK_THROWS_AS(data::split(set, 1.5), std::invalid_argument);
  CHECK_THROWS_AS(data::range(set, 2, 5), std::invalid_argument);
}

TEST_CASE("fashion mnist: the shipped images are there, balanced, and in [-1, 1]") {
  const auto test = data::fashion_mnist("data/fashion_mnist_2000", {.split = data::Split::test});
  CHECK(test.size() == 200);
  for (int label = 0; label < 10; ++label) CHECK(std::count(test.labels.begin(), test.labels.end(), label) == 20);
  const auto train = data::fashion_mnist("data/fashion_mnist_2000");
  CHECK(train.size() == 2000);
  CHECK(train.images.height == 32);
  CHECK(train.images.width == 32);
  for (int label = 0; label < 10; ++label) CHECK(std::count(train.labels.begin(), train.labels.end(), label) == 200);
  const auto [low, high] = std::minmax_element(train.images.pixels.begin(), train.images.pixels.end());
  CHECK(*low == -1.0f);
  CHECK(*high == 1.0f);
}

TEST_CASE("fashion mnist: size, limit and range are what was asked for") {
  const std::filesystem::path folder = "data/fashion_mnist_2000";
  const auto raw = data::read_idx_images(folder / "t10k-images-idx3-ubyte.gz");
  const auto same = data::fashion_mnist(folder, {.split = data::Split::test, .size = 28, .limit = 3});
  CHECK(same.size() == 3);
  CHECK(same.labels.size() == 3);
  CHECK(data::to_bytes(same.images).pixels == std::vector(raw.pixels.begin(), raw.pixels.begin() + 3 * 28 * 28));
  const auto unit = data::fashion_mnist(folder, {.split = data::Split::test, .limit = 1, .range = {0, 1}});
  const auto bytes = data::to_floats(raw, {0, 255});
  const auto want = data::resize({1, 28, 28, 1, {bytes.pixels.begin(), bytes.pixels.begin() + 28 * 28}}, 32, 32);
  for (std::size_t i = 0; i < want.pixels.size(); ++i) CHECK(unit.images.pixels[i] == want.pixels[i] / 255.f);
  CHECK_THROWS_AS(data::fashion_mnist(folder, {.size = 0}), std::invalid_argument);
  CHECK_THROWS_AS(data::fashion_mnist(folder, {.limit = -1}), std::invalid_argument);
}

TEST_CASE("fashion mnist: a missing file is named, other images are refused") {
  const Scratch scratch("fashion");
  const auto message = refusal([&] { data::fashion_mnist(scratch.folder); });
  CHECK(message.find("train-images-idx3-ubyte.gz: is missing") != message.npos);
  put(scratch / "train-images-idx3-ubyte", images_file);
  CHECK(refusal([&] { data::fashion_mnist(scratch.folder); }).find("train-labels-idx1-ubyte.gz: is missing") !=
        std::string::npos);
  put(scratch / "train-labels-idx1-ubyte", idx(0x801, {3}, std::string(3, '\1')));
  CHECK(refusal([&] { data::fashion_mnist(scratch.folder); }).find("Fashion-MNIST has 28 x 28") != std::string::npos);
}
