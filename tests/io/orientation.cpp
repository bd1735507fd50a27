#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <hush/io/json.hpp>
#include <hush/io/orientation.hpp>
#include <hush/io/picture.hpp>

using namespace hush;

namespace {

std::string bytes_of(const std::string& digits) {
  std::string file;
  for (std::size_t i = 0; i < digits.size(); i += 2) file += char(std::stoi(digits.substr(i, 2), nullptr, 16));
  return file;
}

}  // namespace

TEST_CASE(
    "orientation: files state it in EXIF, in XMP and in raw profiles, and are turned as PIL's exif_transpose turns") {
  const auto goldens = io::read_json(HUSH_ROOT "/tests/goldens/pictures.json")["described"];
  int turned = 0;
  for (const auto& golden : goldens) {
    const std::string name = golden["name"], file = bytes_of(golden["file"]);
    CAPTURE(name);
    const auto bytes = std::as_bytes(std::span(file));
    const auto picture = io::decode_picture(bytes, "x"), as_stored = io::decode_picture(bytes, "x", {.upright = false});
    CHECK(picture.height == golden["height"]);
    CHECK(picture.width == golden["width"]);
    CHECK(io::crc32(std::as_bytes(std::span(picture.pixels))) == golden["rgb"]);
    CHECK((as_stored.height == 3 && as_stored.width == 5));
    turned += picture != as_stored;
  }
  CHECK(goldens.size() == 100);
  CHECK(turned == 61);
}

TEST_CASE("orientation: XMP that states none, and texts that are cut or no profile, state nothing") {
  CHECK(io::xmp_orientation("<a tiff:Orientation=\"8\"/>") == 8);
  for (const std::string xmp :
       {"", "tiff:Orientation", "tiff:Orientation=", "tiff:Orientation=\"", "tiff:Orientation>"})
    CHECK(io::xmp_orientation(xmp) == 0);
  CHECK(io::jpeg_orientation("\xff\xd8\xff\xe1") == 1);
  using namespace std::literals;
  CHECK(io::detail::raw_profile("\nexif\n       2\n4d\n 4D\n") == "MM");
  for (const std::string text : {"", "\n", "\nexif\n 2", "\nexif\n 2\n4g", "\nexif\n 2\nMM"})
    CHECK(io::detail::raw_profile(text) == "");
  const auto text_of = [](const char* type, const std::string& data) {
    return io::detail::png_text(std::vector{io::detail::Chunk{type, data, data, 0}}, "k");
  };
  CHECK(text_of("tEXt", "k\0text"s) == "text");
  CHECK(text_of("iTXt", "k\0\0\0\0\0text"s) == "text");
  for (const std::string& cut :
       {"k\0"s, "k\0\0"s, "k\0\0\0"s, "k\0\0\0\0"s, "k\0\0\1\0\0text"s, "k\0\1\0\0\0text"s, "k"s})
    CHECK(text_of("iTXt", cut) == "");
  for (const std::string& cut : {"k\0"s, "k\0\0"s, "k\0\1text"s, "k\0\0text"s, "kk\0text"s})
    CHECK(text_of("zTXt", cut) == "");
  CHECK(text_of("eXIf", "k\0text"s) == "");
}

TEST_CASE("orientation: a packed text that would fill the memory is no text") {
  const std::string large(io::detail::png_text_most + 1, 'x');
  for (const std::size_t size : {large.size() - 1, large.size()}) {
    std::string packed(2000000, '\0');
    auto length = static_cast<uLongf>(packed.size());
    REQUIRE(::compress(reinterpret_cast<Bytef*>(packed.data()), &length, reinterpret_cast<const Bytef*>(large.data()),
                       uLong(size)) == Z_OK);
    CHECK(io::detail::unpacked_text({packed.data(), length}).size() == (size < large.size() ? size : 0));
  }
}
