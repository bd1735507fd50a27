#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include <hush/io/logs.hpp>
#include <hush/io/loss_plot.hpp>

#include "io/scratch.hpp"

using namespace hush;

TEST_CASE("loss plot: a column of a log is read back, rows that do not parse left out") {
  const Scratch scratch("loss-plot");
  {
    io::CsvLog log(scratch / "a.csv", {"loss", "rate"});
    log.row(1, {.1, 1e-300}), log.row(2, {std::nan(""), 2}), log.row(30, {1. / 3, 3});
  }
  const io::Curve loss = io::read_curve(scratch / "a.csv", "loss"), rate = io::read_curve(scratch / "a.csv", "rate");
  CHECK(loss.x == std::vector<double>{1, 2, 30});
  CHECK(loss.y[0] == .1);
  CHECK(std::isnan(loss.y[1]));
  CHECK(loss.y[2] == 1. / 3);
  CHECK(rate.y == std::vector<double>{1e-300, 2, 3});
  put(scratch / "torn.csv", "step,loss\n1,0.5\nx,1\n2\n3,0.25\n4,0.2.5\n5,");
  CHECK(io::read_curve(scratch / "torn.csv", "loss").x == std::vector<double>{1, 3});
  CHECK(io::read_curve(scratch / "torn.csv", "step").y == std::vector<double>{1, 2, 3, 4, 5});
  CHECK(refusal([&] {
          io::read_curve(scratch / "torn.csv", "los");
        }).find("has no column \"los\", but \"step,loss\"") != std::string::npos);
  put(scratch / "edited.csv", "step,loss\r\n1,0.5\r\n2,0.25\r\n");  // as other systems end lines
  CHECK(io::read_curve(scratch / "edited.csv", "loss").y == std::vector<double>{.5, .25});
  CHECK(refusal([&] { io::read_curve(scratch / "none.csv", "loss"); }).find("none.csv") != std::string::npos);
}

TEST_CASE("loss plot: the running mean of a constant is the constant, of two values what the shares say") {
  io::Curve curve{"loss", {}, {}};
  for (int i = 1; i <= 5000; ++i) curve.x.push_back(i), curve.y.push_back(.7);
  const io::Curve smooth = io::running_mean(curve);
  CHECK(smooth.x.size() == 2500);
  CHECK(smooth.x.back() == 5000);
  for (const double y : smooth.y) CHECK(std::abs(y - .7) < 1e-12);
  // (share (1 - share) a + share b) / (1 - (1 - share)^2) with share 1/2: a/3 + 2b/3
  CHECK(io::running_mean({"", {1, 2}, {3, 6}}, .5).y == std::vector<double>{3, 5});
  CHECK_THROWS_AS(io::running_mean(curve, 0), std::invalid_argument);
}

TEST_CASE("loss plot: a run's folder gets its loss.svg, with the validation loss where there is one") {
  const Scratch scratch("loss-plot-run");
  const double none = std::numeric_limits<double>::quiet_NaN();
  for (const double validation : {none, .5}) {
    put(scratch / "steps.csv", "step,loss,rate,gradient_norm\n1,0.5,1,1\n2,0.4,1,1\n3,0.3,1,1\n");
    {
      io::CsvLog epochs(scratch / "epochs.csv", {"epoch", "loss", "validation_loss"});
      epochs.row(3, {1, .4, validation}), epochs.row(6, {2, .2, validation});
    }
    io::write_loss_plot(scratch.folder, {.title = "a run", .logarithmic = true});
    const std::string svg = get(scratch / "loss.svg");
    CHECK(svg.find("a run") != svg.npos);
    CHECK((svg.find(">validation<") != svg.npos) == std::isfinite(validation));
  }
}
