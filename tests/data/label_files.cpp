#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include <hush/data/label_files.hpp>
#include <hush/data/label_names.hpp>
#include <hush/data/shapes.hpp>

#include "io/scratch.hpp"
#include "thrown.hpp"

using namespace hush;

namespace {

const std::string folder = HUSH_ROOT "/data/iclevr/";

/// Why a text as `file.json` is refused, without its path.
template <class Read>
std::string refused(const std::string& text, const Read& read) {
  const Scratch scratch("labels");
  const auto file = scratch / "file.json";
  put(file, text);
  std::string words = thrown::message([&] { read(file); });
  if (const auto at = words.find(file.string()); at != words.npos) words.replace(at, file.string().size(), "file.json");
  return words;
}

}  // namespace

TEST_CASE("label files: iCLEVR's labels are those of the drawn shapes, in the same order") {
  CHECK(data::read_label_names(folder + "objects.json").names() == data::shape_names());
}

TEST_CASE("label files: iCLEVR's pictures come in the file's own order, and its split keeps a scene's three together") {
  const data::LabelNames names(data::shape_names());
  const auto files = data::read_labelled_files(folder + "train.json.gz", names);
  REQUIRE(files.size() == 18009);
  const std::size_t training = data::iclevr_training_count(files.size());
  CHECK(training == 16206);
  CHECK(files.front().file == "CLEVR_train_002066_0.png");
  CHECK(files[training - 1].file == "CLEVR_train_005439_2.png");
  CHECK(files[training].file == "CLEVR_train_004652_0.png");
  CHECK(files.back().file == "CLEVR_train_004885_2.png");
  CHECK(files[2].labels ==
        std::vector<std::int32_t>{names("cyan cube"), names("cyan sphere"), names("brown cylinder")});
}

TEST_CASE("label files: both lists that are scored have 32 sets, of 72 and 84 objects") {
  const data::LabelNames names(data::shape_names());
  for (const auto& [file, objects] : {std::pair{"test.json", 72}, {"new_test.json", 84}}) {
    const auto lists = data::read_label_lists(folder + file, names);
    CHECK(lists.size() == 32);
    std::size_t sum = 0;
    for (const auto& list : lists) sum += list.size();
    CHECK(sum == std::size_t(objects));
  }
}

TEST_CASE("label files: what is wrong is named, and labels that were meant") {
  const data::LabelNames names({"red cube", "blue sphere"});
  const auto files = [&](const std::string& text) {
    return refused(text, [&](const auto& file) { data::read_labelled_files(file, names); });
  };
  CHECK(files(R"({"a.png": ["red cub"]})") ==
        "file.json: the list of \"a.png\": there is no label \"red cub\"; near are \"red cube\", \"blue sphere\"");
  CHECK(files(R"({"a.png": []})") == "file.json: the list of \"a.png\" is empty: an image has at least one label");
  CHECK(files(R"({"a.png": ["red cube", "red cube"]})") == "file.json: the list of \"a.png\" names \"red cube\" twice");
  CHECK(files(R"({"a.png": "red cube"})") == "file.json: the list of \"a.png\" is no list of names");
  CHECK(files(R"({"a.png": [3]})") == "file.json: the list of \"a.png\" holds something else than names");
  CHECK(files(R"({"../a.png": ["red cube"]})") == "file.json: names the file \"../a.png\", which is not in the folder");
  CHECK(files(R"({"a.png": ["red cube"], "a.png": ["red cube"]})").find("repeats the name \"a.png\"") !=
        std::string::npos);
  CHECK(files("[]") == "file.json: wants an object of files and lists of labels");
  const auto lists = [&](const std::string& text) {
    return refused(text, [&](const auto& file) { data::read_label_lists(file, names); });
  };
  CHECK(lists("{}") == "file.json: wants a list of lists of labels");
  CHECK(lists(R"([["red cube"], []])") == "file.json: list 1 is empty: an image has at least one label");
  const auto objects = [&](const std::string& text) {
    return refused(text, [&](const auto& file) { data::read_label_names(file); });
  };
  CHECK(objects(R"({"a": 0, "b": 0})") == "file.json: \"b\" and \"a\" have the same number, 0");
  CHECK(objects(R"({"a": 0, "b": 2})") == "file.json: \"b\" has the number 2 of 2 labels");
  CHECK(objects("{}") == "file.json: wants an object of names and their numbers");
  CHECK(objects(R"({"a": -1})").find("must be a non-negative integer") != std::string::npos);
}

TEST_CASE("label files: rows of comma-separated values, quotes and all; empty fields are no label") {
  const data::LabelNames names({"red cube", "blue sphere", "a \"b\", c"});
  const Scratch scratch("labels");
  put(scratch / "a.csv",
      "\xEF\xBB\xBF"
      "file_name,one,two\r\nb.png,red cube,\r\n\nsub/a.png,blue sphere,\"a \"\"b\"\", c\"\n\"c,d.png\",,red cube");
  CHECK(data::read_labelled_csv(scratch / "a.csv", names) ==
        std::vector<data::LabelledFile>{{"b.png", {0}}, {"sub/a.png", {1, 2}}, {"c,d.png", {0}}});
  const auto said = [&](const std::string& text) {
    return refused(text, [&](const auto& file) { data::read_labelled_csv(file, names); });
  };
  CHECK(said("a.png,red cube\n") ==
        "file.json: wants a first row of names, the first of which is file_name: file_name,label");
  CHECK(said("").find("wants a first row") != std::string::npos);
  CHECK(
      said("file_name,label\na.png,red cub\n").find("the row of \"a.png\": there is no label \"red cub\"; near are") !=
      std::string::npos);
  CHECK(said("file_name,label\na.png,\n") ==
        "file.json: the row of \"a.png\" is empty: an image has at least one label");
  CHECK(said("file_name,label\na.png,red cube\na.png,red cube\n") == "file.json: has two rows of \"a.png\"");
  CHECK(said("file_name,label\n../a.png,red cube\n").find("which is not in the folder") != std::string::npos);
  CHECK(said("file_name,label\na.png,\"red cube\n") == "file.json: has a quote that nothing ends (at byte 22)");
  CHECK(said("file_name,label\na.png,\"red\" cube\n") ==
        "file.json: has something behind the quote that ends a field (at byte 27)");
}

TEST_CASE("label names: a list is parsed, and refused in words") {
  const data::LabelNames names(data::shape_names());
  CHECK(names.parse(" red cube,blue sphere ") == std::vector<std::int32_t>{1, 10});
  CHECK(names[1] == "red cube");
  const auto message = [&](const std::string& list) { return thrown::message([&] { names.parse(list); }); };
  CHECK(message("red cube, blue shpere") ==
        "[LabelNames] there is no label \"blue shpere\"; near are \"blue sphere\", \"blue cube\", \"gray sphere\"");
  CHECK(message("red cube,") == "[LabelNames] a list of labels names none: \"red cube,\"");
  CHECK(message("") == "[LabelNames] a list of labels names none: \"\"");
  CHECK(message("red cube, red cube") == "[LabelNames] \"red cube\" stands twice in a list of labels");
  CHECK(thrown::message([] { data::LabelNames({"a", "a"}); }) == "[LabelNames] two labels are called \"a\"");
  CHECK(thrown::message([] { data::LabelNames({"a", ""}); }) == "[LabelNames] label 1 has no name");
}
