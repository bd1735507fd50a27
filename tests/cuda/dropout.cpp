#include <cuda/against.hpp>

#include <hush/cpu/dropout.hpp>
#include <hush/cuda/dropout.hpp>

using namespace against;

TEST_CASE("cuda dropout: the same numbers stay as on the CPU") {
  each_machine([&]<class P>(const Cuda<P, Machine>& on) {
    using T = ScalarOf<P>;
    for (const std::int64_t size : {1, 6, 24, 1001, 2051})
      for (const double rate : {0.1, 0.5, 0.999}) {
        CAPTURE(size);
        CAPTURE(rate);
        const std::vector<std::uint32_t> images{7, 0, 4000000000u};
        const Stream stream{.seed = 99, .image = 1, .step = 12, .purpose = purpose("dropout", 3)};
        const auto x = random<T>(3 * size, unsigned(size));
        const auto wide = put<float>(Cpu<float>{}, x);
        auto wanted = room<float>(Cpu<float>{}, 3 * size);
        dropout(Cpu<float>{}, 3, size, rate, stream, images.data(), wide.data(), wanted.data());
        Tensor<Cuda<P, Machine>, std::uint32_t> numbers(on, {3});
        copy_in(on, 3, images.data(), numbers.data());
        const auto narrow = put<T>(on, x);
        auto y = room<T>(on, 3 * size);
        dropout(on, 3, size, rate, stream, std::as_const(numbers).data(), narrow.data(), y.data());
        const auto found = download<float>(y), cpu = download<float>(wanted);
        for (std::size_t i = 0; i < found.size(); ++i) CHECK(found[i] == float(T(cpu[i])));
      }
  });
}
