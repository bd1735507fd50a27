#include <doctest/doctest.h>

#include <map>

#include <hush/hush.hpp>
#include <hush/io/gif.hpp>

#include "../tiny.hpp"
#include "locales.hpp"

using namespace hush;

namespace {

using Files = std::map<std::string, std::string>;

/// All files below a folder.
Files files(const std::filesystem::path& folder) {
  Files found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) found[entry.path().lexically_relative(folder).generic_string()] = get(entry.path());
  return found;
}

struct Wide {
  std::int64_t count = 2000;
  std::int64_t size() const { return count; }
  Images<float> batch(std::span<const std::int64_t> items) const { return tiny::Squares{}.batch(items); }
};

/// One step more of a training, from its checkpoint if there is one, with everything that is written on the way.
void go_on(const std::filesystem::path& run, std::int64_t epochs = 1) {
  const Wide data, held_out{.count = 4};
  tiny::Net net = tiny::net(2, 12);
  std::int64_t steps = 0;
  io::TensorBoard board(run / "board", 1, {.host = "here", .clock = [] { return 1700000000.; }});
  std::ostringstream shown;
  auto trained = train(tiny::process, net, AdamW{.rate = 12345e-7}, data,
                       {.epochs = epochs, .batch = 1, .validation = &held_out, .stop = [&] { return ++steps == 1100; }},
                       io::Checkpoints({.run = run, .every = 100, .say = [](std::string_view) {}}), io::LossLog(run),
                       board, io::TrainingBar({.out = &shown, .quiet = 0, .clock = [] { return 0.; }}));
  io::write_file(run / "bar.txt", std::string_view(shown.view()));
  io::save_weights(run / "weights.safetensors", trained.averaged, {.metadata = {{"rate", to_text(1234.5)}}});
}

/// Every writer of the library, once.
void write_everything(const std::filesystem::path& out) {
  io::Disk{}.make_folders(out);
  go_on(out / "run");
  const Images<float> pictures = tiny::Squares{}.batch(std::vector<std::int64_t>{0, 1, 2});
  io::write_grid(out / "grid.png", pictures);
  io::write_pngs(out / "single", data::to_bytes(pictures));
  io::write_gif(out / "film.gif", pictures);
  io::write_curves(
      out / "curves.svg",
      {{.name = "one", .x = {0, 1000, 25000}, .y = {0.5, 1234.5, 2e-3}}, {.name = "two", .x = {1}, .y = {1}}},
      {.title = "Loss", .logarithmic = true, .width = 1720, .height = 1400});
}

}  // namespace

TEST_CASE("every writer: the same bytes and names under every locale of C and C++, and what was written is read back") {
  const Scratch scratch("writers");
  write_everything(scratch / "plain");
  const Files plain = files(scratch / "plain");
  CHECK(plain.size() > 15);
  for (const char* point : {",", "\xd9\xab"}) {
    const std::string name = point[0] == ',' ? "comma" : "persian";
    {
      const OtherNumbers other(point);
      if (!other.reached_c) MESSAGE("this C library takes no locale of the test's: C++ alone is tested");
      write_everything(scratch / name);
      tiny::Net net = tiny::net(2, 12);
      io::load_weights(scratch / name / "run/weights.safetensors", net);
      go_on(scratch / name / "run");  // reads the checkpoint and the logs
    }
    go_on(scratch / "plain/run");
    const Files resumed = files(scratch / "plain"), found = files(scratch / name);
    for (const auto& [file, bytes] : resumed) {
      CAPTURE(file);
      REQUIRE(found.count(file) == 1);
      CHECK((found.at(file) == bytes));
    }
    CHECK(found.size() == resumed.size());
    std::filesystem::remove_all(scratch / "plain");
    write_everything(scratch / "plain");
    CHECK((files(scratch / "plain") == plain));
  }
}
