#pragma once
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <numeric>
#include <utility>
#include <vector>

#include <hush/autoencoders/autoencoder_kl.hpp>
#include <hush/data/image_folder.hpp>
#include <hush/data/split.hpp>
#include <hush/io/models.hpp>

#include "../shared/where.hpp"

namespace latents {

using namespace hush;

/// The autoencoder of a file, with its scaling.
template <class B>
AutoencoderKl<B> autoencoder_of(const std::filesystem::path& file, const B& on) {
  AutoencoderKl<B> net(io::read_config<AutoencoderKlConfig>(file), Seed{}, on);
  io::load_model(file, net);
  return net;
}

/// The pictures of a folder in the size of an autoencoder, kept in memory: those to train on, and `validate` held out,
/// the same ones in both stages. Throws std::invalid_argument where fewer than `least` are left to train on.
inline std::pair<data::ImageFolder, data::ImageFolder> pictures_of(const std::filesystem::path& folder,
                                                                   const ImageSize& size, std::int64_t limit,
                                                                   std::int64_t validate, std::int64_t least) {
  const data::ImageFolder all = data::image_folder(folder, {.size = {size.height, size.width},
                                                            .fit = data::Fit::centre_crop,
                                                            .channels = size.channels,
                                                            .limit = limit,
                                                            .in_memory = true});
  check(validate <= all.size() && all.size() - validate >= least, "latent", all.size() - std::min(validate, all.size()),
        " of ", all.size(), " pictures are left to train on, wanted are at least ", least,
        ": give a smaller --validate or --batch, or more pictures");
  return data::split(all, {.count = validate});
}

/// The first pictures of a set.
inline Images<float> first_of(const data::ImageFolder& set, std::int64_t count) {
  std::vector<std::int64_t> items(std::size_t(std::min(count, set.size())));
  std::iota(items.begin(), items.end(), 0);
  return set.batch(items);
}

}  // namespace latents
