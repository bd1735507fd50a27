#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <sstream>

#include <hush/io/logs.hpp>
#include <hush/io/plot.hpp>
#include <hush/io/progress.hpp>

#include "io/scratch.hpp"

using namespace hush;

TEST_CASE("csv log: rows are in the file at once, with numbers that read back exactly") {
  const Scratch scratch("csv");
  io::CsvLog log(scratch / "runs/loss.csv", {"loss", "rate"});
  CHECK(get(scratch / "runs/loss.csv") == "step,loss,rate\n");
  log.row(1, {0.1, 1e-4});
  CHECK(get(scratch / "runs/loss.csv") == "step,loss,rate\n1,0.1,1e-04\n");
  log.row(2, {1.0 / 3, std::numeric_limits<double>::quiet_NaN()});
  CHECK(get(scratch / "runs/loss.csv") == "step,loss,rate\n1,0.1,1e-04\n2,0.3333333333333333,nan\n");
  CHECK_THROWS_AS(log.row(3, {1}), std::invalid_argument);
  CHECK_THROWS_AS(io::CsvLog(scratch / "x", {"a,b"}), std::invalid_argument);
}

TEST_CASE("csv log: a run that resumes has each step once, a torn line is cut off") {
  const Scratch scratch("csv-resume");
  const auto file = scratch / "loss.csv";
  {
    io::CsvLog log(file, {"loss"});
    for (int step = 1; step <= 5; ++step) log.row(step, {step * 0.5});
  }
  put(file, get(file) + "6,3");
  {
    io::CsvLog log(file, {"loss"}, 3);
    CHECK(get(file) == "step,loss\n1,0.5\n2,1\n3,1.5\n");
    log.row(4, {9});
  }
  { io::CsvLog log(file, {"loss"}, 100); }
  CHECK(get(file) == "step,loss\n1,0.5\n2,1\n3,1.5\n4,9\n");
  CHECK_THROWS_AS(io::CsvLog(file, {"loss", "more"}, 3), FileError);
  CHECK(get(file) == "step,loss\n1,0.5\n2,1\n3,1.5\n4,9\n");
  { io::CsvLog log(file, {"loss"}); }
  CHECK(get(file) == "step,loss\n");
  CHECK(entries(scratch.folder) == 1);
}

TEST_CASE("json lines log: rows, what is not finite, and resuming") {
  const Scratch scratch("jsonl");
  const auto file = scratch / "loss.jsonl";
  {
    io::JsonLinesLog log(file);
    log.row(1, {{"loss", 0.25}, {"rate", 1e-4}});
    log.row(2, {{"loss", std::numeric_limits<double>::infinity()}});
    log.row(3, {});
    CHECK_THROWS_AS(log.row(4, {{"a\"b", 1}}), std::invalid_argument);
  }
  const std::string first = "{\"step\":1,\"loss\":0.25,\"rate\":1e-04}\n", second = "{\"step\":2,\"loss\":null}\n";
  CHECK(get(file) == first + second + "{\"step\":3}\n");
  put(file, get(file) + "{\"step\":4,\"lo");
  { io::JsonLinesLog log(file, 3); }
  CHECK(get(file) == first + second + "{\"step\":3}\n");
  { io::JsonLinesLog log(file, 2); }
  CHECK(get(file) == first + second);
}

TEST_CASE("logs: a row that does not fit on the disk is taken back whole") {
  const Scratch scratch("log-full");
  const auto file = scratch / "loss.csv";
  int bytes_left = 1000;
  const io::Disk filling{[&](io::Call call, const std::filesystem::path&) {
    if (call != io::Call::write) return io::Verdict{};
    if (bytes_left <= 0) return io::Verdict{.error = ENOSPC};
    io::Verdict verdict{.most = std::size_t(std::min(bytes_left, 4))};
    bytes_left -= 4;
    return verdict;
  }};
  io::CsvLog log(file, {"loss"}, -1, filling);
  log.row(1, {0.5});
  const auto before = get(file);
  bytes_left = 6;
  CHECK_THROWS_AS(log.row(2, {0.123456789}), FileError);
  CHECK(get(file) == before);
  bytes_left = 1000;
  log.row(2, {0.25});
  CHECK(get(file) == before + "2,0.25\n");
}

TEST_CASE("progress: a terminal line is redrawn in place, at most ten times a second") {
  std::ostringstream out;
  double now = 100;
  {
    io::Progress bar(
        {.what = "train", .total = 1000, .out = &out, .terminal = true, .width = 90, .clock = [&] { return now; }});
    CHECK(bar.line() == "train:   0%|" + std::string(40, ' ') + "| 0/1000 [00:00<?, ?it/s]");
    for (int i = 0; i < 370; ++i) now += 0.05, bar.update(1, "loss=0.031");
    const auto line = bar.line();
    CHECK(line.find("train:  37%|█████████") == 0);
    CHECK(line.find("| 370/1000 [00:18<00:31, 20.0it/s, loss=0.031]") != line.npos);
    const auto text = out.str();
    const auto drawn = std::count(text.begin(), text.end(), '\r');
    CHECK(drawn >= 120);
    CHECK(drawn <= 187);
    CHECK(text.find('\n') == text.npos);
    bar.update(630);
    bar.finish();
    bar.finish();
    bar.update(1);
  }
  const auto text = out.str();
  CHECK(std::count(text.begin(), text.end(), '\n') == 1);
  CHECK(text.find("100%|") != text.npos);
  CHECK(text.back() == '\n');
}

TEST_CASE("progress: the line fits the terminal, and the bar grows by eighths") {
  double now = 0;
  std::ostringstream out;
  io::Progress bar({.total = 64, .out = &out, .terminal = true, .width = 46, .clock = [&] { return now; }});
  const auto columns = [](const std::string& text) {
    return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
  };
  for (int i = 0; i < 64; ++i) {
    now += 1, bar.update();
    CHECK(columns(bar.line()) <= 46);
  }
  CHECK(bar.line().find("64/64 [01:04<00:00, 1.0it/s]") != std::string::npos);
}

TEST_CASE("progress: without a terminal it writes plain lines, far between") {
  std::ostringstream out;
  double now = 0;
  io::Progress bar({.what = "sample", .total = 100, .out = &out, .clock = [&] { return now; }});
  for (int i = 0; i < 100; ++i) now += 0.5, bar.update();
  bar.finish();
  const auto text = out.str();
  CHECK(text.find('\r') == text.npos);
  CHECK(text.find('\x1b') == text.npos);
  const auto lines = std::count(text.begin(), text.end(), '\n');
  CHECK(lines >= 5);
  CHECK(lines <= 6);
  CHECK(text.find("100/100 [00:50<00:00, 2.0it/s]") != text.npos);
}

TEST_CASE("progress: unknown total, slow rates, resuming, silence") {
  std::ostringstream out;
  double now = 0;
  io::Progress slow({.out = &out, .clock = [&] { return now; }});
  for (int i = 0; i < 4; ++i) now += 1000, slow.update();
  CHECK(slow.line() == "4it [1:06:40, 1000.00s/it]");
  io::Progress resumed({.total = 200, .from = 100, .out = &out, .clock = [&] { return now; }});
  now += 10, resumed.update(10);
  CHECK(resumed.line().find("110/200 [00:10<01:30, 1.0it/s]") != std::string::npos);  // the first 100 were not ours
  std::ostringstream nothing;
  io::Progress silent({.total = 2, .out = &nothing, .terminal = true, .shown = false, .clock = [&] { return now; }});
  now += 1, silent.update(2), silent.finish();
  CHECK(nothing.str().empty());
  CHECK_THROWS_AS(io::Progress({.total = -1}), std::invalid_argument);
}

TEST_CASE("plot: curves lie where their numbers are, gaps and hostile names included") {
  const Scratch scratch("plot");
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const io::Curve train{"train <1>", {0, 50, 100}, {1, 0.5, 0}}, gap{"a & b", {0, 25, 50, 75}, {0, nan, 0.5, 1}};
  io::write_curves(scratch / "loss.svg", {train, gap}, {.title = "Loss"});
  const auto svg = get(scratch / "loss.svg");
  // The axes go from (64, 356) to (617, 36), and the names stand at the right.
  CHECK(svg.find("<path d=\"M64.0 36.0L340.5 196.0L617.0 356.0\" fill=\"none\"") != svg.npos);
  CHECK(svg.find("<path d=\"M64.0 356.0M340.5 196.0L478.8 36.0\" fill=\"none\"") != svg.npos);
  CHECK(svg.find("train &lt;1&gt;") != svg.npos);
  CHECK(svg.find("a &amp; b") != svg.npos);
  CHECK(svg.find(">Loss<") != svg.npos);
  CHECK(svg.find(">0.6<") != svg.npos);
  CHECK(svg.find("nan") == svg.npos);
}

TEST_CASE("plot: a name that says another kind of picture is refused") {
  const Scratch scratch("plot-name");
  CHECK(refusal([&] { io::write_curves(scratch / "loss.png", {}); }) ==
        to_text((scratch / "loss.png").string(),
                ": would hold an SVG drawing, which a name that ends in .png does not say; call it loss.svg"));
  CHECK(entries(scratch.folder) == 0);
}

TEST_CASE("plot: names stand where their curves end, and not on each other") {
  const auto svg = io::curves_svg({{"a", {1, 10}, {1, 5}}, {"b", {1, 10}, {0, 5}}, {"c", {1, 10}, {0, 10}}});
  const auto place = [&](const std::string& name) {
    const auto end = svg.find(">" + name + "</text>"), begin = svg.rfind(" y=\"", end);
    return std::stod(svg.substr(begin + 4));
  };
  CHECK(place("c") == 22);   // that of 10 is at 14, and the text below it
  CHECK(place("a") == 189);  // that of 5 is at 185
  CHECK(place("b") == 204);
  std::vector<io::Curve> many;
  for (int i = 0; i < 60; ++i) many.push_back({"name " + std::to_string(i) + ".", {1, 2}, {1, 1}});
  const auto crowd = io::curves_svg(many);
  CHECK(crowd.find(">name 59.</text>") != crowd.npos);
  CHECK(crowd.find("y=\"-") == crowd.npos);
  const auto wide = io::curves_svg({{"", {5, 15.8113883, 50}, {0, 1, 2}}}, {.logarithmic_x = true});
  CHECK(wide.find("L384.0 ") != std::string::npos);  // the root of 5 * 50 stands halfway
  CHECK(wide.find(">20<") != std::string::npos);
  CHECK(wide.find(">5<") != std::string::npos);
}

TEST_CASE("plot: logarithmic, constant and empty curves are drawn too") {
  const auto svg = io::curves_svg({{"", {1, 2, 3, 4}, {1, 0.1, 0.01, -1}}}, {.logarithmic = true});
  CHECK(svg.find("L277.3 185.0L") != std::string::npos);  // 0.1 stands halfway
  CHECK(svg.find(">0.05<") != std::string::npos);
  for (const auto& curve : {io::Curve{"", {}, {}}, io::Curve{"", {5}, {5}}, io::Curve{"", {1, 2}, {0, 0}},
                            io::Curve{"", {1e300, -1e300}, {1e300, -1e300}}, io::Curve{"", {1, 2}, {1e-300, 2e-300}}})
    for (const bool logarithmic : {false, true}) {
      const auto odd = io::curves_svg({curve}, {.logarithmic = logarithmic});
      CHECK(odd.find("nan") == odd.npos);
      CHECK(odd.find("inf") == odd.npos);
      CHECK(odd.size() < 20000);
    }
  CHECK_THROWS_AS(io::curves_svg({{"", {1}, {}}}), std::invalid_argument);
  CHECK_THROWS_AS(io::curves_svg({}, {.width = 1}), std::invalid_argument);
}

TEST_CASE("progress: a line is said above the bar, which is drawn again") {
  std::ostringstream plain, screen;
  const auto clock = [] { return 0.; };
  io::Progress quiet({.total = 4, .out = &plain, .clock = clock});
  quiet.say("passed over");
  CHECK(plain.str() == "passed over\n");
  io::Progress bar({.what = "x", .total = 4, .out = &screen, .terminal = true, .width = 40, .clock = clock});
  screen.str("");
  bar.say("passed over");
  CHECK(screen.str() == "\r\x1b[Kpassed over\n\r" + bar.line() + "\x1b[K");
}
