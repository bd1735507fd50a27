#include "recipe.hpp"

namespace baselines {

Recipe recipe(const std::string& network) {
  if (network == "vae") return {.rate = 1e-3, .epochs = 20, .batch = 64, .ema = {.decay = 0.999}};
  if (network == "dcgan") return {.rate = 2e-4, .epochs = 20, .batch = 64, .ema = {.decay = 0.999}};
  check(network == "diffusion", "train", "there is no network ", network, ": take vae, dcgan or diffusion");
  return {.rate = 1e-3, .epochs = 4, .batch = 16, .ema = {.decay = 0.999}};
}

}  // namespace baselines
