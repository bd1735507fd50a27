// Prints what must be the same on every machine and with every compiler: `=` before the bits of numbers (noise,
// schedules, samples' beginnings, first weights), `~` before numbers that sums in another order may change in their
// last digits (a network). scripts/toolchain runs it here and there and compares.
#include <hush/core.hpp>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <vector>

namespace {

void exact(const char* what, double value) {
  std::uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  std::printf("= %s %016llx\n", what, static_cast<unsigned long long>(bits));
}

template <class Numbers>
void exact_all(const char* what, const Numbers& numbers) {
  for (const auto number : numbers) exact(what, double(number));
}

/// Of many numbers: the first, and a sum of their bits, each with its own odd factor.
template <class Numbers>
void exact_sum(const char* what, const Numbers& numbers) {
  std::uint64_t sum = 0, factor = 1;
  for (const auto number : numbers) {
    const double value = double(number);
    std::uint64_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    sum += bits * factor, factor += 2;
  }
  std::printf("= %s %016llx of %zu\n", what, static_cast<unsigned long long>(sum), std::size_t(numbers.size()));
}

void about(const char* what, double value) { std::printf("~ %s %.17g\n", what, value); }

template <class Schedule>
void levels(const char* what, const Schedule& schedule, double last) {
  std::vector<double> all;
  for (int i = 0; i <= 100; ++i) {
    const hush::Level at = schedule(last * i / 100);
    all.push_back(at.signal), all.push_back(at.noise);
  }
  exact_sum(what, all);
}

template <class T>
void network(const char* what) {
  using namespace hush;
  const Process process{LinearBeta{}, PredictNoise{}};
  const SimpleUnet<Cpu<T>> net({.image = {8, 8, 2}, .widths = {8, 16}, .embedding = 8}, process.ports(), Seed{3});
  std::vector<double> first;
  walk(net, [&](const std::string&, const auto& p) {
    for (const float number : download<float>(p.value)) first.push_back(number);
  });
  exact_sum((std::string(what) + " weights").c_str(), first);
  const auto images = sample(process, net, Ddim{}, {.steps = 5, .count = 2, .seed = 9});
  for (std::size_t i = 0; i < images.pixels.size(); i += 37) about(what, images.pixels[i]);
}

}  // namespace

int main() {
  using namespace hush;
  for (const std::uint32_t block : {0u, 1u, 77u}) {
    const Words words = random_words({.seed = 0x0123456789abcdef, .image = 5, .step = 7, .purpose = 9}, block);
    exact_all("philox", std::initializer_list<std::uint32_t>{words.x, words.y, words.z, words.w});
  }
  const std::vector<std::uint32_t> numbers{0, 1, 1000};
  exact_sum("normal float", download<float>(normal_images(Cpu<float>{}, {3, 16, 16, 3}, Stream{.seed = 5}, numbers)));
  exact_sum("normal double",
            download<double>(normal_images(Cpu<double>{}, {3, 16, 16, 3}, Stream{.seed = 5}, numbers)));
  levels("LinearBeta", LinearBeta{}, 999);
  levels("Cosine", Cosine{}, 999);
  levels("Geometric", Geometric{}, 9);
  levels("RectifiedFlow", RectifiedFlow{}, 1);
  network<float>("float network");
  network<double>("double network");
}
