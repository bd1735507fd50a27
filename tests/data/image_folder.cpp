#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <numeric>
#include <string>
#include <vector>

#include <hush/data/folder_classes.hpp>
#include <hush/data/folder_pictures.hpp>
#include <hush/data/image_folder.hpp>
#include <hush/data/picture_files.hpp>
#include <hush/io/jpeg.hpp>
#include <hush/io/picture.hpp>
#include <hush/io/png.hpp>
#include <hush/training/training.hpp>

#include "io/scratch.hpp"
#include "said.hpp"
#include "thrown.hpp"

using namespace hush;
namespace fs = std::filesystem;

static_assert(Dataset<data::ImageFolder>);

namespace {

Images<std::uint8_t> painted(std::int64_t height, std::int64_t width, unsigned seed) {
  Images<std::uint8_t> image(1, height, width, 3);
  for (std::size_t i = 0; i < image.pixels.size(); ++i)
    image.pixels[i] = std::uint8_t(seed * 40 + i / 3 * (3 + seed) + i % 3 * 60);
  return image;
}

std::string jpeg(std::int64_t height, std::int64_t width, unsigned seed) {
  const auto file = io::jpeg_bytes(painted(height, width, seed), 80);
  return {reinterpret_cast<const char*>(file.data()), file.size()};
}
std::string png(std::int64_t height, std::int64_t width, unsigned seed) {
  return io::encode_png(painted(height, width, seed));
}

/// Five pictures of different sizes in two folders, and files that are none.
struct Folder : Scratch {
  Said said;  // of the picture that is none of ours
  explicit Folder(const std::string& name) : Scratch(name) {
    fs::create_directories(folder / "in/b/deeper");
    fs::create_directories(folder / "in/.hidden");
    fs::create_directories(folder / "in/folder.png");
    put(in("b.JPG"), jpeg(12, 15, 0));
    put(in("b/deeper/2.jpeg"), jpeg(9, 8, 1));
    put(in("b/10.png"), png(8, 8, 2));
    put(in("a.jpg"), png(30, 11, 3));  // by its content a PNG
    put(in("folder.png/x.Png"), png(8, 10, 4));
    for (const auto* other : {"notes.md", "jpg", ".b.jpg", ".hidden/c.jpg", "b/c.gif"}) put(in(other), "no picture");
  }
  fs::path in(const std::string& name) const { return folder / "in" / name; }
};
const std::vector<std::string> names{"a.jpg", "b.JPG", "b/10.png", "b/deeper/2.jpeg", "folder.png/x.Png"};

data::ImageFolderOptions small() { return {.size = {8, 10}}; }

std::vector<std::int64_t> all(const data::ImageFolder& set) {
  std::vector<std::int64_t> items(static_cast<std::size_t>(set.size()));
  std::iota(items.begin(), items.end(), std::int64_t(0));
  return items;
}

/// Writes other bytes into a file of that length, and leaves its time as it was.
void overwrite(const fs::path& file, const std::string& bytes) {
  const auto time = fs::last_write_time(file);
  REQUIRE(fs::file_size(file) == bytes.size());
  put(file, bytes);
  fs::last_write_time(file, time);
}

std::string broken(std::string file) {
  file[0] = 'x';
  return file;
}

}  // namespace

TEST_CASE("picture files: those of a folder at any depth, sorted as bytes, whatever case their endings have") {
  const Folder folder("files");
  const auto files = data::picture_files(folder.in(""));
  REQUIRE(files.size() == names.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    CHECK(files[i].name == names[i]);
    CHECK(files[i].bytes == fs::file_size(folder.in(names[i])));
    CHECK(files[i].modified > 1'500'000'000'000'000'000);
  }
  fs::create_directory_symlink(folder.in("b"), folder.in("c"));  // not followed
  fs::create_symlink(folder.in("b.JPG"), folder.in("c.jpg"));    // a picture like others
  fs::create_symlink(folder.in("nowhere"), folder.in("d.jpg"));  // told of when it is read
  const auto more = data::picture_files(folder.folder / "in");
  REQUIRE(more.size() == names.size() + 2);
  CHECK(more[4].name == "c.jpg");
  CHECK(more[4].bytes == fs::file_size(folder.in("b.JPG")));
  CHECK(more[5].name == "d.jpg");
  CHECK(more[5].bytes == 0);
}

TEST_CASE("picture files: what is passed over is said in one line, or counted for who asks") {
  const Folder folder("passed-over");
  for (const auto* name : {"a.webp", "b.WebP", "b/x.bmp", "b/y.tif", "z.jfif", "notes.txt"}) put(folder.in(name), "?");
  fs::create_directory_symlink(folder.in("b"), folder.in("c"));
  const Said said;
  for (int i = 0; i < 2; ++i) CHECK(data::image_folder(folder.folder / "in", small()).size() == 5);
  const std::string list =
      "passed over: 1 .bmp, 1 .gif, 1 .jfif, 1 .tif, 2 .webp (only .jpg, .jpeg and .png are read: convert or rename "
      "them), 1 linked folder (give the folder itself, or link its files)";
  CHECK(said.lines ==
        std::vector<std::string>{to_text((folder.folder / "in").string(), ": 5 pictures are read; ", list)});
  data::PassedOver passed;
  data::picture_files(folder.in(""), &passed);
  CHECK(passed ==
        data::PassedOver{{".bmp", 1}, {".gif", 1}, {".jfif", 1}, {".tif", 1}, {".webp", 2}, {"linked folder", 1}});
  for (const auto& name : names) fs::remove(folder.in(name));
  CHECK(refusal([&] { data::picture_files(folder.in("")); }) ==
        to_text(folder.in("").string(), ": holds no pictures (.jpg, .jpeg or .png); ", list));
  fs::create_directory(folder.in("plain"));
  put(folder.in("plain/a.png"), png(2, 2, 0));
  put(folder.in("plain/notes.txt"), "?");
  data::picture_files(folder.in("plain"));
  CHECK(said.lines.size() == 1);
}

TEST_CASE("picture files: a folder that is missing, empty or a file is refused in words") {
  const Folder folder("no-folder");
  fs::create_directory(folder.in("empty"));
  const auto refused = [&](const std::string& name) {
    return refusal([&] { data::image_folder(folder.in(name), small()); });
  };
  CHECK(refused("none") == to_text(folder.in("none").string(), ": there is no such folder"));
  CHECK(refused("a.jpg") == to_text(folder.in("a.jpg").string(), ": must be a folder, but it is a file"));
  CHECK(refused("empty") == to_text(folder.in("empty").string(), ": holds no pictures (.jpg, .jpeg or .png)"));
}

TEST_CASE("image folder: batches are the files' pixels, resized, in the order that is asked for") {
  const Folder folder("batches");
  for (const auto channels : {3, 1})
    for (const auto filter : {data::Filter::bilinear, data::Filter::bicubic}) {
      auto options = small();
      options.channels = channels, options.filter = filter;
      const auto set = data::image_folder(folder.in(""), options);
      REQUIRE(set.size() == 5);
      const std::vector<std::int64_t> items{3, 0, 4, 4, 1, 2};
      const auto bytes = set.bytes(items);
      CHECK(bytes.count == 6);
      CHECK(bytes.height == 8);
      CHECK(bytes.width == 10);
      CHECK(bytes.channels == channels);
      for (std::size_t i = 0; i < items.size(); ++i) {
        CHECK(set.path(items[i]) == folder.in(names[std::size_t(items[i])]));
        auto picture = io::read_picture(set.path(items[i]));
        if (channels == 1) picture = io::to_grey(picture);
        CHECK(std::ranges::equal(bytes[std::int64_t(i)], data::pil_resize(picture, 8, 10, filter).pixels));
      }
      CHECK(set.batch(items) == io::to_floats(bytes));
      CHECK(set.batch({}) == Images<float>(0, 8, 10, channels));
    }
  // 8 x 10 needs no resizing: the bytes of the file
  const auto set = data::image_folder(folder.in(""), small());
  CHECK(set.bytes(std::vector<std::int64_t>{4}) == painted(8, 10, 4));
}

TEST_CASE("image folder: pictures stand upright, or as they are stored by choice") {
  const Folder folder("upright");
  auto file = png(10, 8, 2);  // of colour; EXIF turns it to the right: 8 x 10
  const std::string exif("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0", 26);
  put(folder.in("a.jpg"), file.insert(file.find("IDAT") - 4, io::detail::png_chunk("eXIf", exif)));
  const auto stored = painted(10, 8, 2);
  const std::vector<std::int64_t> first{0};
  CHECK(data::image_folder(folder.in(""), small()).bytes(first) == io::upright(stored, 6));
  auto options = data::ImageFolderOptions{.size = {10, 8}, .reading = {.upright = false}};
  CHECK(data::image_folder(folder.in(""), options).bytes(first) == stored);
}

TEST_CASE("image folder: a picture of another aspect is stretched, or its middle cut out by choice") {
  const Folder folder("fit");
  auto options = small();
  options.fit = data::Fit::centre_crop;
  const auto set = data::image_folder(folder.in(""), options);
  const auto whole = io::read_picture(folder.in("a.jpg"));  // 30 x 11; of aspect 8 : 10 is 9 x 11, from row 10 on
  const Images<std::uint8_t> middle(1, 9, 11, 3,
                                    {whole.pixels.begin() + 10 * 11 * 3, whole.pixels.begin() + 19 * 11 * 3});
  const std::vector<std::int64_t> first{0};
  CHECK(set.bytes(first) == data::pil_resize(middle, 8, 10));
  CHECK(data::image_folder(folder.in(""), small()).bytes(first) == data::pil_resize(whole, 8, 10));
}

TEST_CASE("image folder: threads, memory and cache change nothing but the time it takes") {
  const Folder folder("ways");
  const auto plain = data::image_folder(folder.in(""), small());
  const std::vector<std::int64_t> items{4, 2, 0, 1, 3, 0, 1, 2, 3, 4, 4, 4};
  const auto wanted = plain.batch(items);
  for (const int threads : {1, 2, 7})
    for (const bool in_memory : {false, true})
      for (const bool cached : {false, true})
        for (int opened = 0; opened < 2; ++opened) {  // with a cache: first made, then found
          auto options = small();
          options.threads = threads, options.in_memory = in_memory;
          if (cached) options.cache = folder / to_text("cache-", threads, in_memory);
          const auto set = data::image_folder(folder.in(""), options);
          for (int epoch = 0; epoch < 2; ++epoch) {
            CHECK(set.batch(items) == wanted);
            set.prefetch(items);
            CHECK(set.bytes(items) == plain.bytes(items));
            CHECK(set.batch(items) == wanted);
          }
        }
}

TEST_CASE("image folder: what is read ahead is what is asked for later, or is given up") {
  const Folder folder("ahead");
  const auto set = data::image_folder(folder.in(""), small());
  const std::vector<std::int64_t> first{0, 1, 2}, second{2, 1};
  const auto wanted = set.batch(first), other = set.batch(second);
  set.prefetch(first);
  CHECK(set.batch(second) == other);  // a validation between two steps
  CHECK(set.batch(first) == wanted);
  set.prefetch(first);
  set.prefetch(second);
  CHECK(set.batch(first) == wanted);
  CHECK(set.batch(second) == other);
  set.prefetch(first);
  put(folder.in(names[1]), "no picture");
  put(folder.in(names[2]), "no picture");
  set.prefetch(first);
  CHECK(refusal([&] { set.batch(first); }) ==
        to_text(folder.in(names[1]).string(), ": is neither a PNG nor a JPEG file"));
  set.prefetch(first);  // nobody asks for it
}

TEST_CASE("image folder: a corrupt file is refused when its batch is made, or at once where all are read") {
  const Folder folder("corrupt");
  put(folder.in("b.JPG"), jpeg(12, 15, 0).substr(0, 300));
  const std::string words_of_it = to_text(folder.in("b.JPG").string(), ": libjpeg: Premature end of JPEG file");
  const auto set = data::image_folder(folder.in(""), small());
  CHECK(set.size() == 5);
  CHECK(set.batch(std::vector<std::int64_t>{0, 2}).count == 2);
  CHECK(refusal([&] { set.batch(std::vector<std::int64_t>{0, 2, 1}); }) == words_of_it);
  CHECK(refusal([&] { set.bytes(std::vector<std::int64_t>{1}); }) == words_of_it);
  auto options = small();
  options.in_memory = true;
  CHECK(refusal([&] { data::image_folder(folder.in(""), options); }) == words_of_it);
  options = small();
  options.cache = folder / "cache";
  CHECK(refusal([&] { data::image_folder(folder.in(""), options); }) == words_of_it);
  CHECK(entries(folder.folder) == 1);  // no cache, nothing half made
}

TEST_CASE("image folder: corrupt files are skipped by choice, each is told of, and the others stand in order") {
  const Folder folder("skip");
  put(folder.in("a.jpg"), "no picture");
  put(folder.in("b/10.png"), "");
  for (const bool cached : {false, true})
    for (const bool in_memory : {false, true})
      for (int opened = 0; opened < 2; ++opened) {
        std::vector<std::string> told;
        auto options = small();
        options.corrupt = data::Corrupt::skip, options.in_memory = in_memory;
        options.on_corrupt = [&](const FileError& error) { told.emplace_back(error.what()); };
        if (cached) options.cache = folder / to_text("cache", in_memory);
        const auto set = data::image_folder(folder.in(""), options);
        REQUIRE(set.size() == 3);
        CHECK(set.path(0) == folder.in("b.JPG"));
        CHECK(set.path(1) == folder.in("b/deeper/2.jpeg"));
        const auto bytes = set.bytes(std::vector<std::int64_t>{2, 0});
        CHECK(std::ranges::equal(bytes[0], painted(8, 10, 4).pixels));
        CHECK(std::ranges::equal(bytes[1], data::pil_resize(io::read_picture(folder.in("b.JPG")), 8, 10).pixels));
        CHECK(told ==
              std::vector<std::string>{to_text(folder.in("a.jpg").string(), ": is neither a PNG nor a JPEG file"),
                                       to_text(folder.in("b/10.png").string(), ": is empty")});
        REQUIRE(set.corrupt().size() == 2);
        CHECK(set.corrupt()[1].path == folder.in("b/10.png"));
      }
  auto options = small();
  options.cache = folder / "cache0";  // made by one who skips, opened by one who does not
  CHECK(refusal([&] { data::image_folder(folder.in(""), options); }) ==
        to_text(folder.in("a.jpg").string(), ": is neither a PNG nor a JPEG file"));
  for (const auto& name : names) put(folder.in(name), "no picture");
  options = small();
  options.corrupt = data::Corrupt::skip;
  CHECK(refusal([&] { data::image_folder(folder.in(""), options); }) ==
        to_text(folder.in("").string(), ": none of its 5 pictures can be read"));
}

TEST_CASE("image folder: with a cache no file is decoded again, until it or the options change") {
  const Folder folder("cache");
  auto options = small();
  options.cache = folder / "deep/cache";
  const auto first = data::image_folder(folder.in(""), options);
  const auto items = all(first);
  const auto wanted = first.bytes(items);
  const auto made = get(options.cache);

  // A file that pretends to be unchanged is not looked at: neither in the set that is open nor when it is opened again.
  const auto file = folder.in("b.JPG");
  const auto good = get(file);
  overwrite(file, broken(good));
  CHECK(first.bytes(items) == wanted);
  CHECK(data::image_folder(folder.in(""), options).bytes(items) == wanted);
  CHECK(get(options.cache) == made);

  // Another time, and it is; as it is corrupt, the old cache stays.
  fs::last_write_time(file, fs::last_write_time(file) + std::chrono::seconds(1));
  CHECK(refusal([&] { data::image_folder(folder.in(""), options); }) ==
        to_text(file.string(), ": is neither a PNG nor a JPEG file"));
  CHECK(get(options.cache) == made);
  put(file, jpeg(12, 15, 5));
  const auto changed = data::image_folder(folder.in(""), options).bytes(items);
  CHECK(std::ranges::equal(changed[1], data::pil_resize(io::read_picture(file), 8, 10).pixels));
  CHECK(first.bytes(items) == wanted);  // who has the old cache open keeps it

  const auto remade = [&] {
    const auto before = get(options.cache);
    data::image_folder(folder.in(""), options);
    const bool changes = get(options.cache) != before;
    const auto after = get(options.cache);
    data::image_folder(folder.in(""), options);
    CHECK(get(options.cache) == after);
    return changes;
  };
  CHECK(!remade());
  options.filter = data::Filter::bicubic;
  CHECK(remade());
  options.channels = 1;
  CHECK(remade());
  options.size = {10, 8};
  CHECK(remade());
  options.limit = 4;
  CHECK(remade());
  options.limit = 5;  // as many as there are
  CHECK(remade());
  options.limit = 0;
  CHECK(!remade());
  options.reading.upright = false;
  CHECK(remade());
  options.reading.transparency = io::Transparency::over_white;
  CHECK(remade());
  options.fit = data::Fit::centre_crop;
  CHECK(remade());
  put(folder.in("z.png"), png(3, 3, 1));
  CHECK(remade());
  fs::remove(folder.in("a.jpg"));
  CHECK(remade());
  fs::rename(folder.in("z.png"), folder.in("y.png"));
  CHECK(remade());
}

TEST_CASE("image folder: a file that a cache lacks is tried again, and the cache made anew where it can be read") {
  const Folder folder("mended");
  const auto file = folder.in("b.JPG");
  const auto good = get(file);
  overwrite(file, broken(good));
  auto options = small();
  options.cache = folder / "cache", options.corrupt = data::Corrupt::skip;
  CHECK(data::image_folder(folder.in(""), options).size() == 4);
  CHECK(data::image_folder(folder.in(""), options).corrupt().size() == 1);
  overwrite(file, good);
  int told = 0;
  options.on_corrupt = [&](const FileError&) { ++told; };
  CHECK(data::image_folder(folder.in(""), options).size() == 5);
  CHECK(told == 0);
  options.corrupt = data::Corrupt::refuse;
  CHECK(data::image_folder(folder.in(""), options).size() == 5);
}

TEST_CASE("image folder: a damaged cache is refused, and a file that is none is left alone") {
  const Folder folder("bad-cache");
  auto options = small();
  options.cache = folder / "cache";
  put(options.cache, "my thesis");
  CHECK(refusal([&] { data::image_folder(folder.in(""), options); }) ==
        to_text(options.cache.string(), ": is no pack of pictures, and will not be replaced by one"));
  CHECK(get(options.cache) == "my thesis");
  fs::remove(options.cache);
  data::image_folder(folder.in(""), options);
  auto bytes = get(options.cache);
  bytes[8 + 240 + 5] ^= 1;
  put(options.cache, bytes);
  const auto set = data::image_folder(folder.in(""), options);
  CHECK(set.bytes(std::vector<std::int64_t>{0, 2}).count == 2);
  CHECK(refusal([&] {
          set.bytes(std::vector<std::int64_t>{1});
        }).find("picture 1 of the pack is damaged; remove the file, and it is made anew") != std::string::npos);
  options.in_memory = true;
  CHECK(refusal([&] { data::image_folder(folder.in(""), options); }).find("picture 1 of the pack is damaged") !=
        std::string::npos);
  Failing failing{.at = 3, .error = ENOSPC};
  options.cache = folder / "other", options.disk = failing.disk();
  CHECK_THROWS_AS(data::image_folder(folder.in(""), options), FileError);
  CHECK(!fs::exists(options.cache));
}

TEST_CASE("image folder: parts and splits share the pictures") {
  const Folder folder("split");
  const auto set = data::image_folder(folder.in(""), small());
  const auto [train, validation] = data::split(set, {.count = 2, .held = data::Held::last});
  CHECK(train.size() == 3);
  CHECK(validation.size() == 2);
  CHECK(train.path(2) == set.path(2));
  CHECK(validation.path(0) == set.path(3));
  CHECK(validation.name(1) == "folder.png/x.Png");
  CHECK(validation.batch(std::vector<std::int64_t>{1, 0}) == set.batch(std::vector<std::int64_t>{4, 3}));
  train.prefetch(std::vector<std::int64_t>{0, 1});
  CHECK(validation.batch(std::vector<std::int64_t>{0, 1}) == set.batch(std::vector<std::int64_t>{3, 4}));
  CHECK(data::split(set, {.share = 0.4}).second.size() == 2);
  CHECK(data::split(set, {}).second.size() == 0);
  CHECK(data::split(set, {.count = 5}).first.size() == 0);
  CHECK(set.part(1, 4).part(1, 2).path(0) == set.path(2));
  const std::vector<std::int64_t> two{4, 1}, beyond{5};
  CHECK(set.part(two).path(0) == set.path(4));

  CHECK_THROWS_WITH_AS(data::split(set, {.count = 6}),
                       "[split] 6 pictures for validation are more than the 5 there are", std::invalid_argument);
  CHECK_THROWS_WITH_AS(set.part(2, 6), "[ImageFolder::part] items 2 to 6 of 5", std::invalid_argument);
  CHECK_THROWS_WITH_AS(set.part(-1, 2), "[ImageFolder::part] items -1 to 2 of 5", std::invalid_argument);
  CHECK_THROWS_WITH_AS(set.part(3, 2), "[ImageFolder::part] items 3 to 2 of 5", std::invalid_argument);
  CHECK_THROWS_WITH_AS(set.part(beyond), "[ImageFolder] item 5 of 5", std::invalid_argument);
  const std::vector<std::int64_t> twice{4, 1, 4};  // by chance alone it could train and validate
  for (const data::Held held : {data::Held::random, data::Held::last})
    CHECK_THROWS_WITH_AS(
        data::split(set.part(twice), {.count = 1, .held = held}),
        "[split] folder.png/x.Png is in the set twice, and could train and validate; split first, then "
        "repeat pictures of the training part",
        std::invalid_argument);
}

TEST_CASE("image folder: of two kinds in two folders both validate, wherever the folder lies") {
  const Scratch scratch("two-kinds");
  for (const auto* kind : {"cats", "dogs"}) {
    fs::create_directories(scratch / "pets" / kind);
    for (int i = 0; i < 10; ++i) put(scratch / "pets" / kind / to_text(i, ".png"), png(2, 2, unsigned(i)));
  }
  const auto validating = [&](const fs::path& folder, const data::Validation& wanted) {
    std::vector<std::string> held;
    const auto set = data::split(data::image_folder(folder, {.size = {2, 2}}), wanted).second;
    for (std::int64_t i = 0; i < set.size(); ++i) held.push_back(set.name(i));
    return held;
  };
  using Names = std::vector<std::string>;
  // what Philox and FNV-1a, written in another language, say
  const Names wanted{"cats/5.png", "cats/8.png", "dogs/0.png", "dogs/1.png", "dogs/7.png"};
  CHECK(validating(scratch / "pets", {.count = 5}) == wanted);
  CHECK(validating(scratch / "pets", {.count = 4}) == Names{"cats/5.png", "dogs/0.png", "dogs/1.png", "dogs/7.png"});
  CHECK(validating(scratch / "pets", {.count = 3, .held = data::Held::last}) ==
        Names{"dogs/7.png", "dogs/8.png", "dogs/9.png"});
  fs::rename(scratch / "pets", scratch / "elsewhere");
  CHECK(validating(scratch / "elsewhere", {.count = 5}) == wanted);
  put(scratch / "elsewhere/a.png", png(2, 2, 1));  // all numbers move, names do not
  fs::remove(scratch / "elsewhere/cats/0.png");
  Names stay;
  std::ranges::set_intersection(validating(scratch / "elsewhere", {.count = 5}), wanted, std::back_inserter(stay));
  CHECK(stay.size() >= 4);
}

TEST_CASE("folder classes: the first folder of a picture is its class, numbered by name") {
  const Scratch scratch("folder-classes");
  const auto picture = [&](const char* name) {
    fs::create_directories((scratch / name).parent_path());
    put(scratch / name, png(2, 2, 1));
  };
  for (const char* name : {"dogs/b.png", "cats/x/a.png", "cats/c.png", "Ants/a.png"}) picture(name);
  const auto pictures = data::image_folder(scratch.folder, {.size = {2, 2}});
  const data::FolderClasses found = data::folder_classes(pictures);
  CHECK(found.names.names() == std::vector<std::string>{"Ants", "cats", "dogs"});
  CHECK(found.classes == std::vector<std::int32_t>{0, 1, 1, 2});
  picture("lonely.png");
  const auto more = data::image_folder(scratch.folder, {.size = {2, 2}});
  CHECK(refusal([&] { data::folder_classes(more); }).find("lonely.png: has no class") != std::string::npos);
}

TEST_CASE("image folder: options and items that cannot be are refused in words") {
  const Folder folder("options");
  const auto refused = [&](data::ImageFolderOptions options) {
    return thrown::message([&] { data::image_folder(folder.in(""), options); });
  };
  CHECK(refused({}) == "[image_folder] pictures cannot be resized to 0 x 0");
  CHECK(refused({.size = {8, -1}}) == "[image_folder] pictures cannot be resized to 8 x -1");
  CHECK(refused({.size = {8, 16385}}) == "[image_folder] pictures cannot be resized to 8 x 16385");
  CHECK(refused({.size = {8, 8}, .channels = 2}) == "[image_folder] pictures have 1 or 3 channels, not 2");
  CHECK(refused({.size = {8, 8}, .limit = -1}) == "[image_folder] a limit of -1 files cannot be");
  CHECK(refused({.size = {8, 8}, .threads = -1}) ==
        "[Workers] threads is -1: give 1 to 4096, or 0 for as many as the machine has");
  const auto set = data::image_folder(folder.in(""), small());
  const std::vector<std::int64_t> beyond{0, 5}, below{-1};
  CHECK_THROWS_WITH_AS(set.batch(beyond), "[ImageFolder] item 5 of 5", std::invalid_argument);
  CHECK_THROWS_WITH_AS(set.bytes(below), "[ImageFolder] item -1 of 5", std::invalid_argument);
  CHECK_THROWS_WITH_AS(set.prefetch(beyond), "[ImageFolder] item 5 of 5", std::invalid_argument);
  CHECK_THROWS_WITH_AS(set.path(7), "[ImageFolder] item 7 of 5", std::invalid_argument);
}
