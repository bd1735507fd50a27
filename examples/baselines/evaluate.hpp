#pragma once
#include <chrono>
#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include <hush/data.hpp>
#include <hush/io.hpp>

#include "../classifier/classifier.hpp"
#include "../shared/fashion_files.hpp"
#include "../shared/scores.hpp"
#include "maker.hpp"

namespace baselines {

/// The table, as Markdown.
template <class B>
std::string table(const EvaluateArguments& a, const B& on) {
  const auto features = garments::garment_features(a.classifier, on);
  const metrics::FeatureSet training = features(data::fashion_mnist(a.data).images);
  const data::ImageSet test = data::fashion_mnist(a.data, {.split = data::Split::test, .limit = a.count});
  check(a.count <= training.count && a.count <= test.size(), "evaluate", "cannot compare ", a.count, " images with ",
        training.count, " for training and ", test.size(), " for tests");
  std::string text =
      "| | parameters | minutes trained | network calls an image | images a second | Fréchet distance | precision | "
      "recall |\n|---|---:|---:|---:|---:|---:|---:|---:|\n";
  for (const auto& file : a.weights) {
    const Maker maker = maker_of(file, a.steps, on);
    maker.make(a.batch, a.batch, a.seed);  // the first images pay for memory
    const auto begin = std::chrono::steady_clock::now();
    const Images<float> images = maker.make(a.count, a.batch, a.seed);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const auto minutes = maker.words.find("minutes trained");
    const auto judge = maker.words.find("parameters of the critic");
    text +=
        to_text("| ", maker.name, " | ", maker.parameters,
                judge == maker.words.end() ? "" : to_text(" (critic ", judge->second, ")"), " | ",
                minutes == maker.words.end() ? "" : minutes->second, " | ", maker.calls, " | ",
                io::fixed(double(a.count) / seconds, 0), " | ", examples::scores(training, features(images)), " |\n");
  }
  return text + to_text("| test images | | | | | ", examples::scores(training, features(test.images)), " |\n");
}

/// `evaluate` on a machine.
template <class B>
int evaluate_on(const EvaluateArguments& a, const B& on) {
  io::FilePlan files;
  examples::tell_fashion_mnist(files, a.data);
  files.reads("--classifier", a.classifier);
  for (const auto& file : a.weights) files.reads("--weights", file);
  files.writes("--out", a.out);
  files.check();
  const std::string text = table(a, on);
  std::cout << text << std::flush;
  if (!a.out.empty()) io::write_file(a.out, text);
  return 0;
}

}  // namespace baselines
