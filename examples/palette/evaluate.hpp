#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <hush/io.hpp>
#include <hush/metrics/colourfulness.hpp>
#include <hush/metrics/fool_rate.hpp>
#include <hush/metrics/mae.hpp>
#include <hush/metrics/psnr.hpp>
#include <hush/metrics/ssim.hpp>

#include "restoring.hpp"

namespace palette {

/// The middle value of each pixel and channel over the images of a set, [1, H, W, C].
template <class Pairs>
Images<float> median_image(const Pairs& pairs) {
  std::vector<std::int64_t> items(std::size_t(pairs.size()));
  std::iota(items.begin(), items.end(), 0);
  const Images<float> all = pairs.batch(items).images;
  Images<float> median(1, all.height, all.width, all.channels);
  std::vector<float> values(items.size());
  for (std::int64_t p = 0; p < all.stride(); ++p) {
    for (std::int64_t i = 0; i < all.count; ++i) values[std::size_t(i)] = all[i][std::size_t(p)];
    const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    median.pixels[std::size_t(p)] = *middle;
  }
  return median;
}

/// The baselines that need no network, by name: images of the truth's extents.
using Baselines = std::vector<std::pair<std::string, Images<float>>>;

/// The mean of a picture's known pixels, and the median training picture, in the hole.
inline Baselines baselines(const MaskedImages& given, const Images<float>& median) {
  Images<float> flat = given.picture, usual = given.picture;
  for (std::int64_t i = 0; i < flat.count; ++i) {
    const auto hole = given.hole[given.hole.count == 1 ? 0 : i];
    for (std::size_t c = 0; c < 3; ++c) {
      double sum = 0, known = 0;
      for (std::size_t p = 0; p < hole.size(); ++p)
        if (hole[p] == 0) sum += given.picture[i][3 * p + c], ++known;
      for (std::size_t p = 0; p < hole.size(); ++p)
        if (hole[p] == 1)
          flat[i][3 * p + c] = known > 0 ? float(sum / known) : 0.f, usual[i][3 * p + c] = median.pixels[3 * p + c];
    }
  }
  return {{"mean of the known pixels", flat}, {"median training picture", usual}};
}
/// For colours (two channels) grey, the median colour and the median training picture; for JPEG (three) what was given.
inline Baselines baselines(const Images<float>& given, const Images<float>& median) {
  if (median.channels != 2) return {{"as given", given}};
  Images<float> grey(given.count, given.height, given.width, 2), global = grey, usual = grey;
  std::fill(grey.pixels.begin(), grey.pixels.end(), float(1. / 255));
  for (std::size_t c = 0; c < 2; ++c) {
    std::vector<float> values;
    for (std::size_t p = c; p < median.pixels.size(); p += 2) values.push_back(median.pixels[p]);
    std::nth_element(values.begin(), values.begin() + std::ptrdiff_t(values.size() / 2), values.end());
    for (std::size_t p = c; p < global.pixels.size(); p += 2) global.pixels[p] = values[values.size() / 2];
  }
  for (std::int64_t i = 0; i < usual.count; ++i)
    std::copy(median.pixels.begin(), median.pixels.end(), usual[i].begin());
  return {{"grey", grey}, {"median colour", global}, {"median training picture", usual}};
}

/// `evaluate` on a machine: the pictures of a folder that training did not see.
template <class B>
int evaluate_on(const EvaluateArguments& a, const B& on) {
  const Described model = described(a.weights);
  const SampleArguments how = with_steps(a.how, model.preset);
  const std::string mask = a.mask.empty() ? model.mask : a.mask;
  return with_task(model.task, mask, [&](const auto& task) {
    check_files(a, mask);
    const ImageSize size = model.file.network.image;
    const auto process = palette::process(task, schedules(model.preset).sample, model.says);
    Adm<B> network(model.file.network, process.ports(), Seed{}, on);
    examples::load(a.weights, model.file, process, network, {"process.schedule"});
    const auto faces = pictures_of(a.data, {.size = {size.height, size.width},
                                            .fit = model.crop ? data::Fit::centre_crop : data::Fit::stretch,
                                            .limit = a.limit,
                                            .corrupt = a.skip_corrupt ? data::Corrupt::skip : data::Corrupt::refuse,
                                            .in_memory = true});
    const SplitBy split = a.split.empty() ? model.split : SplitBy{a.split, a.split_seed};
    const auto [first, last] = parts_of(faces, a.validate, split);
    if (const std::string warning = seen_in_training(model, a.limit, a.validate, split); !warning.empty())
      std::cerr << warning << std::endl;
    check(first.size() > 0 && last.size() > 0, "evaluate",
          "wants pictures for the medians and pictures to restore, has ", first.size(), " and ", last.size());
    const auto seen = task.pairs(first, 0, false), held_out = task.pairs(last, how.seed + 1, false);

    std::vector<std::int64_t> items(std::size_t(last.size()));
    std::iota(items.begin(), items.end(), 0);
    const auto examples = held_out.batch(items);
    const Images<float>& truth = examples.images;
    const std::int64_t batches = (truth.count + how.batch - 1) / how.batch;
    io::Progress bar({.what = "evaluate", .total = batches * how.steps * how.samples});
    Baselines results = baselines(examples.given, median_image(seen));
    results.emplace_back(
        to_text(how.sampler, how.sampler == "ddim" ? to_text(" eta ", how.eta) : "", ", ", how.steps, " steps, ",
                how.samples == 1 ? to_text("one sample") : to_text("mean of ", how.samples, " samples")),
        restored(process, network, examples.given, truth.count, how, 0, counting(bar)));
    bar.finish();

    io::Disk{}.make_folders(a.out);
    std::string table = "method,item,mae,mae_in_hole,psnr,ssim,colourfulness\n";
    const Bytes true_pictures = task.pictures(examples.given, truth);
    const double colourful = metrics::colourfulness(true_pictures).mean();
    std::printf("%-40s %8s %8s %8s %8s %8s\n", "mean over the pictures", "MAE", "in hole", "PSNR", "SSIM", "colour");
    const auto print = [](double value, int digits) {  // nothing where there is no hole, or no colour to compare with
      if (std::isnan(value))
        std::printf(" %8s", "-");
      else
        std::printf(" %8.*f", digits, value);
    };
    Bytes pictures;  // in the end those that were made
    for (const auto& [name, images] : results) {
      pictures = task.pictures(examples.given, images);
      const auto mae = metrics::mae(images, truth), psnr = metrics::psnr(pictures, true_pictures),
                 ssim = metrics::ssim(pictures, true_pictures), colour = metrics::colourfulness(pictures);
      metrics::PerImage in_hole{std::vector<double>(mae.values.size(), std::numeric_limits<double>::quiet_NaN())};
      if constexpr (requires { examples.given.hole; }) in_hole = metrics::mae(images, truth, examples.given.hole);
      std::printf("%-40s", name.c_str());
      print(mae.mean(), 4), print(in_hole.mean(), 4), print(psnr.mean(), 2), print(ssim.mean(), 4);
      print(colourful > 0 ? colour.mean() / colourful : std::numeric_limits<double>::quiet_NaN(), 2),
          std::putchar('\n');
      for (std::size_t i = 0; i < mae.values.size(); ++i) {
        std::string quoted = '"' + name + '"';
        table += to_text(quoted, ',', i);
        for (const metrics::PerImage* metric : {&mae, &std::as_const(in_hole), &psnr, &ssim, &colour})
          table += ',' + io::number(metric->values[i]);
        table += '\n';
      }
    }
    std::printf(
        "MAE of what the network makes, in [-1, 1]; PSNR and SSIM of pictures; colour: colourfulness over that of the "
        "truth, which is %.1f\n",
        colourful);
    io::write_file(a.out / "evaluation.csv", std::string_view(table));
    write_triptychs(a.out / "restored.png", task.shown(examples.given), pictures, true_pictures);
    // single files for comparisons with other programs
    io::write_pngs(a.out / "truth", true_pictures), io::write_pngs(a.out / "restored", pictures);
    if constexpr (requires { examples.given.hole; })
      io::write_pngs(a.out / "mask", data::to_bytes(examples.given.hole, {0, 1}));
    else  // those of another task, evaluated here before
      for (const auto& file : io::left_of_earlier_pngs(a.out / "mask", 0)) io::Disk{}.remove(file);
    const auto test = metrics::fool_test(pictures, true_pictures, how.seed);
    io::write_pngs(a.out / "fool_test", test.pairs);
    std::string key = "item,true_side\n";
    for (std::size_t i = 0; i < test.truth.size(); ++i)
      key += to_text(i, test.truth[i] == metrics::Side::left ? ",left\n" : ",right\n");
    io::write_file(a.out / "fool_test.csv", std::string_view(key));
    std::cout << "table of single pictures, files and " << (a.out / "restored.png").string() << " in " << a.out.string()
              << std::endl;
    return 0;
  });
}

}  // namespace palette
