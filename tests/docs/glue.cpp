// What docs/logging.md shows of a program's glue.
#include <doctest/doctest.h>

#include <functional>

#include <hush/hush.hpp>
#include <hush/io/gif.hpp>

#include "io/scratch.hpp"
#include "tiny.hpp"

using namespace hush;

TEST_CASE("docs: a program that can be stopped, watched and shown") {
  const Scratch scratch("docs-glue");
  const auto run = scratch / "run", out = scratch / "walk.gif";
  tiny::Net net = tiny::net();
  const tiny::Squares data;
  // [glue]
  io::FilePlan files;  // nothing is computed if something would be lost, or could not be written in the end
  files.writes_folder("--run", run), files.writes("--out", out);
  files.check();

  io::Stop stop({.minutes = 30});  // or Ctrl-C
  const auto trained = train(tiny::process, net, AdamW{}, data, {.epochs = 2, .batch = 8, .stop = std::ref(stop)},
                             io::Checkpoints({.run = run}), io::LossLog(run));
  io::write_loss_plot(run);

  Frames frames;
  sample(tiny::process, trained.averaged, Ddim{}, {.steps = 10, .count = 4, .grid = Trailing{}}, frames,
         io::SamplingBar(), stop);
  io::write_gif(out, io::film(frames));
  // [/glue]
  CHECK(std::filesystem::exists(run / "loss.svg"));
  CHECK(frames.frames.size() == 11);
  CHECK(get(out).substr(0, 3) == "GIF");
}
