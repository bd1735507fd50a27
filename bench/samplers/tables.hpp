#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <hush/images.hpp>

namespace bench_samplers {

using namespace hush;

/// One cell of the table: a sampler at the largest number of network calls that does not exceed `most`.
struct Cell {
  std::string sampler;
  int most = 0, setting = 0, steps = 0, calls = 0;  // steps 0: the sampler has no run of so few calls
  double seconds = 0;                               // an image
  double overhead = 0;                              // seconds a step of 16 images without the network
  double frechet = 0, precision = 0, recall = 0;
};

/// How good images are, by their features.
struct Quality {
  double frechet = 0, precision = 0, recall = 0;
};

/// The options: which cells, of how many images, with which weights.
struct Order {
  std::filesystem::path weights, ncsn;
  std::vector<std::string> samplers;  // none: all
  std::vector<int> most{5, 10, 20, 50};
  std::int64_t images = 2000, batch = 64;
  std::uint64_t seed = 1;
  int threads = 0;
  double minutes = 0;  // of the whole run: no cell begins later; 0: whenever
  std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();
  bool only_plan = false, only_times = false;

  bool is_late() const {
    const std::chrono::duration<double, std::ratio<60>> passed = std::chrono::steady_clock::now() - begin;
    return minutes > 0 && passed.count() > minutes;
  }
};

/// Callbacks: the measure of image quality, the cells of an earlier run, the receiver of a new cell.
struct Observers {
  std::function<Quality(const Images<float>&)> quality;
  std::function<std::optional<Cell>(const Cell& planned)> known;
  std::function<void(const Cell& cell)> measured;
};

/// The samplers of examples/shared/samplers.hpp with a network that predicts noise (examples/fashion_mnist), on evenly
/// spaced steps from the noisiest level on. Returns the cells that are known or measured.
std::vector<Cell> diffusion_cells(const Order& order, const Observers& observers);
/// The samplers that need the score at every trained level, with the network of examples/ncsn: its ten levels, and as
/// many updates at each as fit.
std::vector<Cell> score_cells(const Order& order, const Observers& observers);

/// The reference of the measures, and the measures of real images: as many test images as a cell has, and the training
/// set split in two.
struct Real {
  std::function<Quality(const Images<float>&)> quality;
  Quality test, halves;
};
/// The same in the features of the classifier with these weights; `data` is the folder of Fashion-MNIST.
Real real_images(const std::filesystem::path& data, const std::filesystem::path& classifier, const Order& order);

/// A table as it stands in a document: a cell that is not measured yet is empty, one that cannot be has a dash.
std::string markdown(const std::vector<Cell>& cells, const std::vector<int>& most);
/// Writes Fréchet distance against network calls of a choice of samplers; `real` is the distance of real images.
void write_plot(const std::filesystem::path& file, const std::vector<Cell>& cells, double real);

/// A cell as it stands in a file, with a word on the run that it belongs to: weights, classifier, images, seed.
struct Row {
  std::string run;
  Cell cell;
};
void write_rows(const std::filesystem::path& file, const std::vector<Row>& rows);
std::vector<Row> read_rows(const std::filesystem::path& file);

/// `text` with what stands between `<!-- name -->` and `<!-- /name -->` replaced. Throws std::invalid_argument if it
/// has no such place.
std::string filled_in(const std::string& text, const std::string& name, const std::string& content);

}  // namespace bench_samplers
