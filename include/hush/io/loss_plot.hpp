#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <hush/io/number.hpp>
#include <hush/io/plot.hpp>

namespace hush::io {

/// A column of a CSV log as `CsvLog` writes it: the steps and the values, rows that do not parse (a torn last one) left
/// out. Throws FileError for a file that cannot be read or has no such column.
inline Curve read_curve(const std::filesystem::path& file, const std::string& column) {
  const auto bytes = read_file(file);
  std::string_view rest(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto cut = [](std::string_view& text, char at) {
    const auto end = std::min(text.find(at), text.size());
    const auto piece = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return piece;
  };
  const auto line = [&](std::string_view& text) {
    const auto whole = cut(text, '\n');
    return whole.substr(0, whole.size() - whole.ends_with('\r'));  // as editors of other systems leave it
  };
  std::size_t number = 0;
  bool found = false;
  const std::string_view names = line(rest);
  for (std::string_view head = names; !head.empty() && !found;)
    if (!(found = cut(head, ',') == column)) ++number;
  if (!found) throw FileError(file, to_text("has no column \"", column, "\", but ", '"', names.substr(0, 200), '"'));
  Curve curve{.name = column};
  while (!rest.empty()) {
    std::string_view row = line(rest), field = cut(row, ',');
    const auto step = read_number(field);
    for (std::size_t i = 0; i < number; ++i) field = cut(row, ',');
    if (const auto value = read_number(field); step && value) {
      curve.x.push_back(*step);
      curve.y.push_back(*value);
    }
  }
  return curve;
}

/// The exponential running mean of a curve: each value weighs `share`, and the mean is divided by the sum of the
/// weights so far. At most about 2000 evenly spaced points, the last included.
inline Curve running_mean(const Curve& curve, double share = .03) {
  check(share > 0 && share <= 1, "running_mean", "share must be in (0, 1], is ", share);
  Curve smooth{.name = curve.name + " (running mean)"};
  const std::size_t size = curve.y.size(), stride = std::max<std::size_t>(1, size / 2000);
  double mean = 0, weight = 0;
  for (std::size_t i = 0; i < size; ++i) {
    mean += share * (curve.y[i] - mean);
    weight += share * (1 - weight);
    if ((i + 1) % stride == 0 || i + 1 == size) {
      smooth.x.push_back(curve.x[i]);
      smooth.y.push_back(mean / weight);
    }
  }
  return smooth;
}

/// Draws loss.svg from the logs of a `LossLog` in a folder: the running mean of the loss in steps.csv, and the
/// validation loss in epochs.csv if there is one. Throws FileError.
inline void write_loss_plot(const std::filesystem::path& folder, const Axes& axes = {.logarithmic = true}) {
  Curve training = running_mean(read_curve(folder / "steps.csv", "loss"));
  training.name = "training (running mean)";
  std::vector<Curve> curves{training};
  Curve validation = read_curve(folder / "epochs.csv", "validation_loss");
  validation.name = "validation";
  if (std::ranges::any_of(validation.y, [](double y) { return std::isfinite(y); })) curves.push_back(validation);
  write_curves(folder / "loss.svg", curves, axes);
}

}  // namespace hush::io
