// The n-th allocation of host memory fails, for n from the first on: a training step and a sampling call must throw
// std::bad_alloc, leave the model usable, and then give what they give undisturbed; so must a text. A program of its
// own, because it replaces operator new.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <new>

#include <hush/core.hpp>

#include "../cuda/kernels.hpp"

namespace {
std::atomic<long> left{-1};  // allocations until one fails; negative: none does
}

void* operator new(std::size_t bytes) {
  if (left >= 0 && left-- == 0) throw std::bad_alloc();
  if (void* block = std::malloc(bytes ? bytes : 1)) return block;
  throw std::bad_alloc();
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }

namespace {

using namespace hush;

const Process process{LinearBeta{.first = 1e-3, .last = 0.2, .steps = 30}, PredictNoise{}};

struct Grey {
  std::int64_t size() const { return 4; }
  Images<float> batch(std::span<const std::int64_t> items) const {
    Images<float> images(std::int64_t(items.size()), 8, 8, 1);
    for (std::size_t i = 0; i < images.pixels.size(); ++i) images.pixels[i] = float(i % 3) - 1;
    return images;
  }
};

/// Calls `work` with the n-th allocation failing, for n that grow by a tenth, until it gets through; how often it did
/// not, or -1 if something else than std::bad_alloc was thrown.
template <class Work>
long starve(const Work& work) {
  long failures = 0;
  for (long n = 0;; n += 1 + n / 10) {
    left = n;
    try {
      work();
      left = -1;
      return failures;
    } catch (const std::bad_alloc&) {
      left = -1;
      ++failures;
    } catch (const std::exception& other) {
      left = -1;
      std::printf("allocation %ld failed, and what was thrown is: %s\n", n, other.what());
      return -1;
    }
  }
}

template <class B>
bool survives(const char* name) {
  const AttentionUnetConfig config{
      .image = {8, 8, 1}, .widths = {4}, .bottleneck = 4, .heads = 1, .head_width = 2, .embedding = 4};
  const Grey data;
  const AdamW rule{.rate = 1e-2};
  const TrainOptions<Grey> options{.batch = 2, .seed = 3};
  AttentionUnet<B> net(config, process.ports(), Seed{1}), reference(config, process.ports(), Seed{1});
  auto training = start_training(process, net, rule, data, options),
       undisturbed = start_training(process, reference, rule, data, options);
  const double wanted = undisturbed.advance().loss;
  double found = 0;
  const long steps = starve([&] { found = training.advance().loss; });

  const SampleOptions<B> sampling{.steps = 6, .seed = 2};
  const auto picture = sample(process, net, Ddim{.eta = 1}, sampling).pixels;
  std::vector<float> again;
  const long calls = starve([&] { again = sample(process, net, Ddim{.eta = 1}, sampling).pixels; });
  std::printf(
      "%s: %ld training steps and %ld sampling calls failed; afterwards the loss is %.9g (undisturbed %.9g), the "
      "picture %s\n",
      name, steps, calls, found, wanted, again == picture ? "the same" : "another");
  return steps > 20 && calls > 20 && found == wanted && again == picture;
}

/// A text that is put together is whole, or is not there at all.
bool whole_texts() {
  const std::string part(1000, 'x');
  bool whole = true;
  const long failed = starve([&] {
    const std::string text = to_text(part, ' ', 12345, ' ', part, ' ', .5);
    if (text.size() != 2000 + 11) whole = false;
  });
  std::printf("words: %ld texts failed, %s\n", failed, whole ? "none was cut" : "some were CUT");
  return failed > 1 && whole;
}

}  // namespace

int main() {
  const bool cpu = survives<Cpu<float>>("cpu"), gpu = survives<Cuda<float, HostGpu>>("cuda, played by the host");
  const bool texts = whole_texts();
  std::puts(cpu && gpu && texts ? "usable after each" : "NOT as it should be");
  return cpu && gpu && texts ? 0 : 1;
}
