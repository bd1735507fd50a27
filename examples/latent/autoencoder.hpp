#pragma once
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <iostream>
#include <vector>

#include <hush/io.hpp>
#include <hush/latent.hpp>
#include <hush/metrics/psnr.hpp>
#include <hush/nn/compute_copies.hpp>
#include <hush/train.hpp>
#include <hush/training/autoencoder_loss.hpp>

#include "../shared/training_run.hpp"
#include "files.hpp"
#include "recipe.hpp"

namespace latents {

/// What an autoencoder makes of pictures that it encoded, `batch` at a time.
template <class B>
Images<float> reconstructed(const AutoencoderKl<B>& net, const Images<float>& pictures, std::int64_t batch) {
  const ComputeCopies<B> copies(net);
  Images<float> made(0, pictures.height, pictures.width, pictures.channels);
  for (std::int64_t first = 0; first < pictures.count; first += batch) {
    const std::int64_t count = std::min(batch, pictures.count - first);
    Images<float> some(count, pictures.height, pictures.width, pictures.channels);
    std::copy_n(pictures.pixels.begin() + first * pictures.stride(), some.pixels.size(), some.pixels.begin());
    const Images<float> more = download_images(net.decode(net.encode(upload(net.on(), some))));
    made.pixels.insert(made.pixels.end(), more.pixels.begin(), more.pixels.end());
    made.count += count;
  }
  for (float& value : made.pixels) value = std::clamp(value, -1.f, 1.f);
  return made;
}

/// Pictures, and below them what was made of them.
inline void write_pairs(const std::filesystem::path& file, const Images<float>& pictures, const Images<float>& made) {
  Images<float> both = pictures;
  both.pixels.insert(both.pixels.end(), made.pixels.begin(), made.pixels.end());
  both.count += made.count;
  io::write_grid(file, both, {.columns = pictures.count});
}

/// An observer that reconstructs pictures after each epoch with the averaged weights: says the mean of their PSNR, and
/// writes the first of them.
template <class B>
struct Reconstructions {
  std::filesystem::path run;
  Images<float> pictures;
  std::int64_t every, batch;

  template <class T>
  void epoch(const T& training, const EpochReport& report) const {
    if (pictures.count == 0 || every <= 0 || (report.epoch + 1) % every != 0) return;
    const Images<float> made = reconstructed<B>(training.averaged, pictures, batch);
    std::printf("epoch %lld of %lld: training loss %.4f, PSNR of %lld pictures held out %.2f dB\n",
                static_cast<long long>(report.epoch + 1), static_cast<long long>(training.options.epochs), report.loss,
                static_cast<long long>(pictures.count), metrics::psnr(made, pictures).mean());
    std::fflush(stdout);
    const auto few = [](const Images<float>& all) {
      Images<float> some(std::min<std::int64_t>(8, all.count), all.height, all.width, all.channels);
      std::copy_n(all.pixels.begin(), some.pixels.size(), some.pixels.begin());
      return some;
    };
    write_pairs(run / to_text("epoch-", report.epoch + 1, ".png"), few(pictures), few(made));
  }
};

/// `train-autoencoder` on a machine.
template <class B>
int train_autoencoder_on(const TrainAutoencoderArguments& a, const B& on) {
  auto stage = first_stage(a.preset, a.side);
  if (a.epochs) stage.epochs = a.epochs;
  if (a.batch) stage.batch = a.batch;
  if (a.rate > 0) stage.optimizer.rate = a.rate;
  io::FilePlan files;
  files.reads_folder("--data", a.data);
  examples::tell_training(files, a.run, a.weights, a.from);
  examples::on_rank_zero([&] { files.check(); });
  AutoencoderKl<B> net(stage.network, Seed{a.seed}, on);
  if (!a.from.empty())
    io::load_model(
        a.from, net,
        {.may_differ = {"network.config.image", "network.config.scaling_factor", "network.config.shift_factor"}});
  const auto [pictures, held_out] = pictures_of(a.data, net.image(), a.limit, a.validate, stage.batch);
  std::cout << "autoencoder of " << count_parameters(net) << " parameters, images of " << net.image()
            << " to latents of " << net.latent() << ", " << pictures.size() << " pictures, " << stage.epochs
            << " epochs of " << pictures.size() / stage.batch << " steps" << std::endl;
  const AutoencoderLossOptions how{a.error == "mse" ? ReconstructionError::mse : ReconstructionError::l1, a.kl};
  const io::Stop stop({.minutes = a.minutes});
  Trainer trainer(net, stage.optimizer, pictures, AutoencoderLoss(net, how),
                  {.epochs = stage.epochs,
                   .batch = stage.batch,
                   .seed = a.seed,
                   .rate = stage.rate,
                   .clip_gradient = stage.clip_gradient,
                   .ema = stage.ema,
                   .accumulate = examples::micro_batches(a.accumulate),
                   .stop = std::ref(stop),
                   .communicator = examples::ranks().all});
  auto trained =
      hush::train(trainer,
                  io::Checkpoints({.run = a.run,
                                   .every = a.save_every,
                                   .resume = !a.fresh,
                                   .identity = to_text("autoencoder ", a.preset, ' ', net.image(), ' ', a.error, ' ',
                                                       a.kl, examples::started_from(a.from))}),
                  io::LossLog(a.run), io::TrainingBar({.what = "train"}),
                  Reconstructions<B>{a.run, first_of(held_out, held_out.size()), a.sample_every, stage.batch});

  if (examples::ranks().all.rank() > 0) return stop.exit_code();  // rank 0 writes
  examples::plot(a.run, "autoencoder", "error of the reconstruction");
  trained.averaged.set_scaling(measured_scaling(trained.averaged, pictures, 512, stage.batch));
  const auto weights = examples::weights_of(a.weights, a.run);
  io::save_model(weights, trained.averaged, {.dtype = io::Dtype::F16});
  std::cout << (trained.stopped ? "stopped early; " : "") << "averaged weights in " << weights.string() << ", logs in "
            << a.run.string() << std::endl;
  return stop.exit_code();
}

/// `reconstruct` on a machine.
template <class B>
int reconstruct_on(const ReconstructArguments& a, const B& on) {
  io::FilePlan files;
  files.reads("--autoencoder", a.autoencoder);
  files.reads_folder("--data", a.data);
  files.writes("--out", a.out, ".png");
  files.check();
  const AutoencoderKl<B> net = autoencoder_of(a.autoencoder, on);
  const auto held_out = pictures_of(a.data, net.image(), a.limit, a.validate, 0).second;
  const Images<float> pictures = first_of(held_out, held_out.size());
  const Images<float> made = reconstructed(net, pictures, a.batch);
  std::printf("PSNR of %lld pictures held out: %.2f dB; %.0f numbers a picture became %.0f\n",
              static_cast<long long>(made.count), metrics::psnr(made, pictures).mean(), double(pictures.stride()),
              double(net.latent().height * net.latent().width * net.latent().channels));
  const auto shown = [&](const Images<float>& all) {
    Images<float> some(std::min(a.shown, all.count), all.height, all.width, all.channels);
    std::copy_n(all.pixels.begin(), some.pixels.size(), some.pixels.begin());
    return some;
  };
  write_pairs(a.out, shown(pictures), shown(made));
  std::cout << "pictures, and below them their reconstructions, in " << a.out.string() << std::endl;
  return 0;
}

}  // namespace latents
