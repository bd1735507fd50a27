#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iostream>

#include <hush/io/atomic_file.hpp>
#include <hush/io/number.hpp>
#include <optional>

#include "../../examples/shared/command_line.hpp"
#include "../../examples/shared/samplers.hpp"
#include "tables.hpp"

namespace bench_samplers {
namespace {

struct Arguments {
  Order order;
  std::filesystem::path data, classifier, out = "docs";
  bool quick = false, fresh = false;

  /// Whether the table is another one than that of the document.
  bool is_partial() const {
    const Order whole;
    return quick || !order.samplers.empty() || order.most != whole.most || order.images != whole.images;
  }
};

std::string table_of(const Real& real, const Arguments& a) {
  const auto row = [](const std::string& what, const Quality& q) {
    return to_text("| ", what, " | ", io::fixed(q.frechet, 2), " | ", io::fixed(q.precision, 3), " | ",
                   io::fixed(q.recall, 3), " |\n");
  };
  return to_text("| real images | Fréchet | precision | recall |\n|---|---:|---:|---:|\n") +
         row(to_text(a.order.images, " test images against the training set"), real.test) +
         row("one half of the training set against the other", real.halves);
}

int run(Arguments a) {
  if (a.quick) a.order.images = 200;
  if (a.is_partial() && a.out == "docs") a.out = "out/samplers";
  const auto document = a.out / "choosing-a-sampler.md", table = a.out / "choosing-a-sampler.csv";
  std::optional<Real> real;
  if (!a.order.only_plan) {
    io::Disk{}.make_folders(a.out);
    real = real_images(a.data, a.classifier, a.order);
    std::cout << table_of(*real, a) << std::endl;
  }
  std::vector<Row> rows = a.fresh ? std::vector<Row>{} : read_rows(table);

  const auto cells_of = [&](const std::filesystem::path& weights, auto cells) {
    const std::string run = to_text(weights.filename().string(), " seen by ", a.classifier.filename().string(), " ",
                                    a.order.images, " images seed ", a.order.seed);
    const auto row_of = [&](const Cell& sought) {
      return std::find_if(rows.begin(), rows.end(), [&](const Row& row) {
        const Cell& cell = row.cell;
        return row.run == run && cell.sampler == sought.sampler && cell.most == sought.most &&
               cell.steps == sought.steps && cell.calls == sought.calls;
      });
    };
    const auto known = [&](const Cell& planned) -> std::optional<Cell> {
      const auto row = row_of(planned);
      return row == rows.end() ? std::optional<Cell>{} : row->cell;
    };
    const auto measured = [&](const Cell& cell) {
      const auto row = row_of(cell);
      row == rows.end() ? rows.push_back({run, cell}) : void(row->cell = cell);
      write_rows(table, rows);
      if (cell.steps == 0) return void(std::printf("%-12s has no run of %d calls\n", cell.sampler.c_str(), cell.most));
      std::printf("%-12s %3d calls, %.4f s an image, %4.0f us a step, Frechet %.2f, precision %.3f, recall %.3f\n",
                  cell.sampler.c_str(), cell.calls, cell.seconds, 1e6 * cell.overhead, cell.frechet, cell.precision,
                  cell.recall);
      std::fflush(stdout);
    };
    return cells(a.order, Observers{real ? real->quality : nullptr, known, measured});
  };
  const std::vector<Cell> diffusion = cells_of(a.order.weights, diffusion_cells);
  const bool scores = std::filesystem::exists(a.order.ncsn);
  if (!scores) std::cout << "no second table: there is no " << a.order.ncsn.string() << std::endl;
  const std::vector<Cell> score = scores ? cells_of(a.order.ncsn, score_cells) : std::vector<Cell>{};
  if (a.order.only_plan) return 0;

  const char* link = "\n![Fréchet distance against network calls](choosing-a-sampler.svg)\n";
  std::string text = "<!-- samplers -->\n<!-- /samplers -->\n\n<!-- scores -->\n<!-- /scores -->\n";
  if (std::filesystem::exists(document)) {
    const auto bytes = io::read_file(document);
    text.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  if (std::any_of(diffusion.begin(), diffusion.end(), [](const Cell& cell) { return cell.steps > 0; })) {
    write_plot(a.out / "choosing-a-sampler.svg", diffusion, real->test.frechet);
    text = filled_in(text, "samplers", to_text(table_of(*real, a), '\n', markdown(diffusion, a.order.most), link));
  }
  if (!score.empty()) text = filled_in(text, "scores", markdown(score, a.order.most));
  io::write_file(document, std::string_view(text));
  std::cout << "tables in " << document.string() << " and " << table.string() << ", the plot beside them" << std::endl;
  return 0;
}

}  // namespace
}  // namespace bench_samplers

int main(int argc, char** argv) {
  bench_samplers::Arguments a;
  const std::filesystem::path folder = std::filesystem::path(HUSH_ROOT) / "examples";
  a.order.weights = folder / "fashion_mnist/weights/fashion_mnist_small.safetensors";
  a.classifier = folder / "classifier/weights/garments.safetensors";
  a.order.ncsn = folder / "ncsn/weights/ncsn_small.safetensors";
  CLI::App app{
      "Compares the samplers on Fashion-MNIST: quality, time and overhead at a few numbers of network calls. A run "
      "that was interrupted goes on where it was."};
  app.option_defaults()->always_capture_default();
  app.add_option("--data", a.data, "Folder with the four official files (IDX or IDX.gz); --plan needs none");
  app.add_option("--weights", a.order.weights, "Weights of examples/fashion_mnist (default: those that lie there)")
      ->default_str("");
  app.add_option(
         "--ncsn", a.order.ncsn,
         "Weights of examples/ncsn (default: those that lie there); where there are none there is no second table")
      ->default_str("");
  app.add_option("--classifier", a.classifier, "Weights of examples/classifier (default: those that lie there)")
      ->default_str("");
  std::vector<std::string> names = samplers::names(samplers::all);
  const std::vector<std::string> more = samplers::names(samplers::at_trained_levels);
  names.insert(names.end(), more.begin(), more.end());
  app.add_option("--samplers", a.order.samplers, "Only these, with commas between (default: all)")
      ->delimiter(',')
      ->check(CLI::IsMember(names))
      ->always_capture_default(false)
      ->option_text("NAME,...");
  app.add_option("--calls", a.order.most, "Network calls an image, at most; with commas between")
      ->delimiter(',')
      ->check(examples::at_least(1));
  app.add_option("--images", a.order.images, "Images a cell")->check(examples::at_least(1));
  app.add_option("--batch", a.order.batch, "Images at a time")->check(examples::at_least(1));
  app.add_option("--threads", a.order.threads, "Threads, 0: all cores")->check(examples::at_least(0));
  app.add_option("--minutes", a.order.minutes,
                 "Stop before a cell that would begin later, 0: never; the next run goes on")
      ->check(examples::at_least(0));
  app.add_option("--out", a.out,
                 "Folder of choosing-a-sampler.{md,csv,svg}; with --samplers, --calls, --images or --quick the "
                 "default is out/samplers, because their table is another one");
  app.add_flag("--quick", a.quick, "200 images a cell");
  app.add_flag("--fresh", a.fresh, "Forget what an earlier run has measured");
  app.add_flag(
      "--times", a.order.only_times,
      "Only measure again, on one batch, the times of the cells that are known: for a machine that is quiet now");
  app.add_flag("--plan", a.order.only_plan, "Only say how long it would take");
  app.callback([&] {
    if (a.data.empty() && !a.order.only_plan) throw CLI::RequiredError("--data");
  });
  app.footer("Samplers:\n" + samplers::help(samplers::all) + "and with the score network:\n" +
             samplers::help(samplers::at_trained_levels));
  return examples::main_of(app, "bench_samplers", argc, argv, [&] { return bench_samplers::run(a); });
}
