#include <doctest/doctest.h>

#include <span>
#include <string>
#include <vector>

#include <hush/io/diffusers_folder.hpp>

#include "io/scratch.hpp"

using namespace hush;

namespace {

void shard(const std::filesystem::path& file, const std::vector<std::string>& names) {
  io::Arrays arrays;
  for (std::size_t i = 0; i < names.size(); ++i)
    arrays.items[names[i]] = io::array_of<double>({1}, std::vector<double>{double(names[i].back())});
  io::write_safetensors(file, arrays);
}

/// Three arrays in two files.
struct Sharded {
  Scratch scratch{"diffusers_folder"};
  std::filesystem::path index = scratch / "diffusion_pytorch_model.safetensors.index.json";

  Sharded() {
    shard(scratch / "one.safetensors", {"a", "b"});
    shard(scratch / "two.safetensors", {"c"});
    write(R"({"a": "one.safetensors", "b": "one.safetensors", "c": "two.safetensors"})");
  }
  void write(const std::string& map) const {
    put(index, R"({"metadata": {"total_size": 24}, "weight_map": )" + map + "}");
  }
  std::string refused() const {
    const std::string said = refusal([&] { io::read_sharded_safetensors(index); });
    const std::string head = scratch.folder.string() + "/";
    return said.starts_with(head) ? said.substr(head.size()) : said;
  }
};
const std::string named = "diffusion_pytorch_model.safetensors.index.json";

}  // namespace

TEST_CASE("sharded safetensors: the arrays of all files are read as one") {
  const Sharded files;
  const io::Arrays all = io::read_sharded_safetensors(files.index);
  REQUIRE(all.items.size() == 3);
  for (const auto& [name, array] : all.items)
    CHECK(io::values_of<double>(array) == std::vector<double>{double(name.back())});
}

TEST_CASE("sharded safetensors: an array that is missing, or in another file than the index says, is refused") {
  const Sharded files;
  files.write(R"({"a": "one.safetensors", "b": "two.safetensors", "c": "two.safetensors"})");
  CHECK(files.refused() == "one.safetensors: holds \"b\", which " + named + " does not place in it");
  files.write(R"({"a": "one.safetensors", "b": "one.safetensors", "c": "two.safetensors", "d": "two.safetensors"})");
  CHECK(files.refused() == "two.safetensors: lacks \"d\", which " + named + " places in it");
  files.write(R"({"a": "one.safetensors", "b": "one.safetensors", "c": "three.safetensors"})");
  CHECK(files.refused() == "three.safetensors: is not there, and " + named + " places weights in it");
}

TEST_CASE("sharded safetensors: arrays are written into files of a size, and read as they were") {
  const Scratch scratch("diffusers_folder");
  const auto index = scratch / "model.safetensors.index.json";
  io::Arrays arrays;
  for (const char* name : {"a", "b", "c", "large", "z"})
    arrays.items[name] = io::array_of<double>({name[0] == 'l' ? 5 : 1}, std::vector<double>(name[0] == 'l' ? 5 : 1, 3));
  arrays.metadata["made"] = "here";
  io::write_sharded_safetensors(index, arrays, 16);
  const io::Json content = io::read_json(index);
  CHECK(content.at("metadata").at("total_size") == 72);
  const std::string first = "model-00001-of-00004.safetensors", last = "model-00004-of-00004.safetensors";
  CHECK(content.at("weight_map") == io::Json{{"a", first},
                                             {"b", first},
                                             {"c", "model-00002-of-00004.safetensors"},
                                             {"large", "model-00003-of-00004.safetensors"},
                                             {"z", last}});
  const io::Arrays again = io::read_sharded_safetensors(index);
  CHECK(again.metadata.at("made") == "here");
  REQUIRE(again.items.size() == 5);
  for (const auto& [name, array] : again.items)
    CHECK(io::values_of<double>(array) == io::values_of<double>(arrays.items.at(name)));
  CHECK_THROWS_AS(io::write_sharded_safetensors(scratch / "model.json", arrays, 16), std::invalid_argument);
  CHECK_THROWS_AS(io::write_sharded_safetensors(index, arrays, 0), std::invalid_argument);
}

TEST_CASE("sharded safetensors: an array in two files is refused") {
  const Sharded files;
  shard(files.scratch / "two.safetensors", {"a", "c"});
  CHECK(files.refused() == "two.safetensors: holds \"a\", which " + named + " does not place in it");
}

TEST_CASE("sharded safetensors: an index that leads out of its folder, or names no file of weights, is refused") {
  const Sharded files;
  for (const char* file : {"../one.safetensors", "/etc/one.safetensors", "sub/one.safetensors", "..\\\\one.safetensors",
                           "one.bin", "", ".safetensors"}) {
    CAPTURE(file);
    files.write(to_text(R"({"a": ")", file, R"("})"));
    CHECK(files.refused().find("which is no safetensors file of its own folder") != std::string::npos);
  }
  files.write("{}");
  CHECK(files.refused() == named + ": weight_map wants the file of each array");
  files.write(R"({"a": 3})");
  CHECK(files.refused() == named + ": the file of an array must be a string");
  put(files.index, "{}");
  CHECK(files.refused() == named + ": lacks the member \"weight_map\"");
}

TEST_CASE("diffusers folder: weights in one file and in several at once are refused") {
  const Sharded files;
  CHECK(io::detail::read_diffusers_weights(files.scratch.folder).first.items.size() == 3);
  shard(files.scratch / "diffusion_pytorch_model.safetensors", {"a"});
  CHECK(refusal([&] { io::detail::read_diffusers_weights(files.scratch.folder); }).find("remove one of the two") !=
        std::string::npos);
  std::filesystem::remove(files.index);
  CHECK(io::detail::read_diffusers_weights(files.scratch.folder).first.items.size() == 1);
}
