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

/// Calls `work` with the n-th allocation failing, for n that grow by a tenth, until it has fewer; how often it failed,
/// or -1 if something else than std::bad_alloc was thrown. `passed` is called after each time that it got through, as
/// it may without an allocation that it can do without.
template <class Work, class Passed>
long starve(const Work& work, const Passed& passed) {
  long failures = 0;
  for (long n = 0;; n += 1 + n / 10) {
    left = n;
    try {
      work();
      const bool all = left >= 0;
      left = -1;
      passed();
      if (all) return failures;
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
  const TrainOptions<Grey> options{.epochs = 1000, .batch = 2, .seed = 3};
  AttentionUnet<B> net(config, process.ports(), Seed{1}), reference(config, process.ports(), Seed{1});
  auto training = start_training(process, net, rule, data, options),
       undisturbed = start_training(process, reference, rule, data, options);
  double found = 0;
  long steps_like = 0, steps_unlike = 0;
  const long steps = starve([&] { found = training.advance().loss; },
                            [&] { ++(found == undisturbed.advance().loss ? steps_like : steps_unlike); });

  const SampleOptions<B> sampling{.steps = 6, .seed = 2};
  const auto picture = sample(process, net, Ddim{.eta = 1}, sampling).pixels;
  std::vector<float> again;
  long pictures_like = 0, pictures_unlike = 0;
  const long calls = starve([&] { again = sample(process, net, Ddim{.eta = 1}, sampling).pixels; },
                            [&] { ++(again == picture ? pictures_like : pictures_unlike); });
  std::printf(
      "%s: %ld training steps and %ld sampling calls failed; of others %ld and %ld were as undisturbed, %ld and %ld "
      "were not\n",
      name, steps, calls, steps_like, pictures_like, steps_unlike, pictures_unlike);
  return steps > 20 && calls > 20 && steps_like > 0 && pictures_like > 0 && steps_unlike == 0 && pictures_unlike == 0;
}

/// A text that is put together is whole, or is not there at all.
bool whole_texts() {
  const std::string part(1000, 'x');
  bool whole = true;
  const long failed = starve(
      [&] {
        const std::string text = to_text(part, ' ', 12345, ' ', part, ' ', .5);
        if (text.size() != 2000 + 11) whole = false;
      },
      [] {});
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
