#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>

#include <hush/io/half.hpp>
#include <hush/io/weights.hpp>

#include "../thrown.hpp"
#include "../tiny.hpp"
#include "scratch.hpp"

using namespace hush;

namespace {

std::string refusal(const std::filesystem::path& file, tiny::Net& net) {
  try {
    io::load_weights(file, net);
  } catch (const FileError& error) { return error.rule; }
  return "";
}

}  // namespace

TEST_CASE("weights: written and read back they are the same bits, and their words travel with them") {
  const Scratch scratch("weights");
  const auto file = scratch / "w.safetensors";
  const tiny::Net net = tiny::net();
  io::save_weights(file, net, {.metadata = {{"made", "by a test"}}});
  tiny::Net other({.image = {8, 8, 1}, .widths = {4}, .bottleneck = 4, .heads = 1, .head_width = 2, .embedding = 4}, {},
                  Seed{1});
  CHECK(tiny::weights(other) != tiny::weights(net));
  CHECK(io::load_weights(file, other).at("made") == "by a test");
  CHECK(tiny::weights(other) == tiny::weights(net));
}

TEST_CASE("weights: convolutions stand as OIHW in the file") {
  const Scratch scratch("weights");
  const tiny::Net net = tiny::net();
  io::save_weights(scratch / "w.safetensors", net);
  const auto arrays = io::read_safetensors(scratch / "w.safetensors");
  const auto& array = arrays.items.at("up.0.conv1.conv1.weight");
  CHECK(array.shape == std::vector<std::int64_t>{8, 8, 3, 3});
  const auto in_file = io::values_of<float>(array);
  bool found = false;
  walk(net, [&](const std::string& name, const auto& p) {
    if (name != "up.0.conv1.conv1.weight") return;
    found = true;
    for (int o = 0; o < 8; ++o)
      for (int y = 0; y < 3; ++y)
        for (int x = 0; x < 3; ++x)
          for (int i = 0; i < 8; ++i)
            CHECK(in_file[std::size_t(((o * 8 + i) * 3 + y) * 3 + x)] == p.value.data()[((o * 3 + y) * 3 + x) * 8 + i]);
  });
  CHECK(found);
}

TEST_CASE(
    "weights: a file for another network is refused with the first differences, and the network stays as it was") {
  const Scratch scratch("weights");
  const auto file = scratch / "w.safetensors";
  io::save_weights(file, tiny::net(2, 6));
  tiny::Net net = tiny::net();
  const auto before = tiny::weights(net);
  const std::string rule = refusal(file, net);
  CHECK(rule.find("holds the weights of another network, ") == 0);
  CHECK(rule.find("down.0.conv1.conv1.weight is [6, 6, 3, 3], the network has [4, 4, 3, 3]") != std::string::npos);
  CHECK(rule.ends_with("; ..."));

  auto arrays = io::read_safetensors(file);
  io::save_weights(file, net);
  arrays = io::read_safetensors(file);
  arrays.items["extra"] = arrays.items.at("last.bias");
  arrays.items.erase("last.bias");
  io::write_safetensors(file, arrays);
  CHECK(refusal(file, net) ==
        "holds the weights of another network, 2 differences: last.bias is missing, the network has it as [1]; "
        "\"extra\" [1] is not in the network");
  CHECK(tiny::weights(net) == before);
}

TEST_CASE("weights: NaN and infinity are refused by name") {
  const Scratch scratch("weights");
  const auto file = scratch / "w.safetensors";
  tiny::Net net = tiny::net();
  io::save_weights(file, net);
  auto arrays = io::read_safetensors(file);
  const float bad = std::numeric_limits<float>::infinity();
  std::memcpy(arrays.items.at("last.weight").bytes.data() + 8, &bad, 4);
  io::write_safetensors(file, arrays);
  CHECK(refusal(file, net) == "element 2 of last.weight is not a finite number");
}

TEST_CASE("weights: F64 numbers that a network of floats cannot hold are refused by name, and it stays as it was") {
  const Scratch scratch("weights");
  const auto file = scratch / "w.safetensors";
  tiny::Net net = tiny::net();
  const auto before = tiny::weights(net);
  io::Arrays arrays = io::weights_of(net, {.dtype = io::Dtype::F64});
  auto& last = arrays.items.at("last.weight");
  for (const double value : {1e39, -1e300, 3.41e38}) {
    std::memcpy(last.bytes.data() + 2 * sizeof value, &value, sizeof value);
    io::write_safetensors(file, arrays);
    CHECK(refusal(file, net) ==
          to_text("element 2 of last.weight is ", value, ", beyond the largest number of the network, 3.40282e+38"));
    CHECK(tiny::weights(net) == before);
  }
  const double largest = std::numeric_limits<float>::max();
  std::memcpy(last.bytes.data() + 2 * sizeof largest, &largest, sizeof largest);
  io::write_safetensors(file, arrays);
  io::load_weights(file, net);
}

TEST_CASE("weights: what no reader takes is not written: NaN, infinity, numbers beyond the element type") {
  const Scratch scratch("weights");
  const auto file = scratch / "w.safetensors";
  const auto refused = [&](float value, io::Dtype dtype) {
    tiny::Net net = tiny::net();
    walk(net, [&](const std::string& name, auto& p) {
      if (name == "last.weight") copy_in(p.value.on(), 1, &value, p.value.data() + 2);
    });
    return thrown::message([&] { io::save_weights(file, net, {.dtype = dtype}); });
  };
  using enum io::Dtype;
  const std::string last = "[save_weights] element 2 of last.weight is ";
  const std::string diverged =
      ", which load_weights refuses; was the training diverging? Save weights of an earlier step";
  for (const auto dtype : {F16, BF16, F32, F64}) {
    CHECK(refused(NAN, dtype) == last + "nan" + diverged);
    CHECK(refused(-INFINITY, dtype) == last + "-inf" + diverged);
  }
  CHECK(refused(70000, F16) ==
        last + "70000, beyond the largest number of F16; write F32 or BF16 instead (WeightFile::dtype)");
  CHECK(refused(-65520, F16).find("-65520, beyond the largest number of F16") != std::string::npos);
  CHECK(refused(std::numeric_limits<float>::max(), BF16).ends_with("of BF16; write F32 instead (WeightFile::dtype)"));
  CHECK(entries(scratch.folder) == 0);
  CHECK(refused(65519, F16) == "nothing was thrown");
  CHECK(refused(70000, BF16) == "nothing was thrown");
  CHECK(refused(std::numeric_limits<float>::max(), F32) == "nothing was thrown");
  tiny::Net net = tiny::net();
  io::load_weights(file, net);
}

TEST_CASE("weights: a name by which other programs know another format is refused") {
  const Scratch scratch("weights");
  for (const auto* name : {"w.pth", "w.PT", "w.bin", "w.npz"})
    CHECK(thrown::message([&] { io::save_weights(scratch / name, tiny::net()); }) ==
          to_text((scratch / name).string(), ": would hold a safetensors file, which a name that ends in ",
                  io::ending_of(name), " does not say; call it w.safetensors"));
  CHECK(entries(scratch.folder) == 0);
  for (const auto* name : {"w.safetensors", "w", "w.averaged", "w-1.5"}) io::save_weights(scratch / name, tiny::net());
  CHECK(entries(scratch.folder) == 4);
}

TEST_CASE("half: every half number survives the way to float and back, and floats round to nearest, ties to even") {
  for (std::uint32_t h = 0; h < 65536; ++h) {
    const float x = io::float_of_half(std::uint16_t(h));
    if (!std::isnan(x)) REQUIRE(io::half_of_float(x) == h);
  }
  CHECK(io::half_of_float(1 + 0x1p-11f) == io::half_of_float(1));          // a tie, down to even
  CHECK(io::half_of_float(1 + 3 * 0x1p-11f) == io::half_of_float(1) + 2);  // a tie, up to even
  CHECK(io::half_of_float(65519.f) == io::half_of_float(65504.f));
  CHECK(std::isinf(io::float_of_half(io::half_of_float(65520.f))));
  CHECK(io::half_of_float(0x1p-25f) == 0);
  CHECK(io::half_of_float(-0x1.8p-25f) == 0x8001);
  CHECK(std::isnan(io::float_of_half(io::half_of_float(NAN))));
  CHECK(io::bfloat_of_float(1 + 0x1p-8f) == 0x3f80);
  CHECK(io::bfloat_of_float(1 + 3 * 0x1p-8f) == 0x3f82);
}

TEST_CASE("weights: as F16 each is the nearest half, as F64 the same number") {
  const Scratch scratch("weights");
  const auto file = scratch / "w.safetensors";
  const tiny::Net net = tiny::net();
  const auto before = tiny::weights(net);
  for (const io::Dtype dtype : {io::Dtype::F16, io::Dtype::BF16, io::Dtype::F64}) {
    io::save_weights(file, net, {.dtype = dtype});
    tiny::Net read = tiny::net();
    io::load_weights(file, read);
    const auto after = tiny::weights(read);
    for (std::size_t i = 0; i < before.size(); ++i) {
      const float wanted = dtype == io::Dtype::F64 ? before[i]
                           : dtype == io::Dtype::F16
                               ? io::float_of_half(io::half_of_float(before[i]))
                               : std::bit_cast<float>(std::uint32_t(io::bfloat_of_float(before[i])) << 16);
      REQUIRE(after[i] == wanted);
    }
  }
  CHECK_THROWS_AS(io::save_weights(file, net, {.dtype = io::Dtype::I32}), std::invalid_argument);
}
