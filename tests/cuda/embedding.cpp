#include <cuda/against.hpp>

#include <hush/cpu/embedding.hpp>
#include <hush/cuda/embedding.hpp>

using namespace against;

TEST_CASE("cuda embedding: rows, and the gradient of their table") {
  each_machine([&]<class P>(const Cuda<P, Machine>& on) {
    using T = ScalarOf<P>;
    for (const std::int64_t width : {1, 5, 8, 72}) {
      CAPTURE(width);
      const std::int64_t entries = 6;
      const std::vector<std::int32_t> rows{5, 0, 5, 3, 5, 1, 0};
      const auto n = std::int64_t(rows.size());
      const auto table = random<T>(entries * width, 1), dy = random<T>(n * width, 2);
      Tensor<Cuda<P, Machine>, std::int32_t> taken(on, {n});
      copy_in(on, n, rows.data(), taken.data());
      const auto near_table = put<T>(on, table), near_dy = put<T>(on, dy);
      auto y = room<T>(on, n * width), dtable = room<T>(on, entries * width);
      embedding(on, n, width, near_table.data(), std::as_const(taken).data(), y.data());
      const auto values = download<double>(y);
      for (std::int64_t i = 0; i < n * width; ++i)
        CHECK(values[std::size_t(i)] == table[std::size_t(rows[std::size_t(i / width)] * width + i % width)]);

      const auto wide_dy = put<double>(Double{}, dy);
      auto wanted = room<double>(Double{}, entries * width);
      embedding_backward(Double{}, n, entries, width, rows.data(), wide_dy.data(), wanted.data());
      embedding_backward(on, n, entries, width, std::as_const(taken).data(), near_dy.data(), dtable.data());
      CHECK(distance(download<double>(dtable), download<double>(wanted)) < tolerance<P>());
    }
  });
}

TEST_CASE("cuda embedding: sines of times") {
  each_machine([&]<class P>(const Cuda<P, Machine>& on) {
    using T = ScalarOf<P>;
    const std::vector<double> times{0, 0.5, 999, -3.25};
    const auto t = put<float>(on, times);
    const auto wide_t = put<double>(Double{}, times);
    for (const std::int64_t width : {2, 3, 64, 129})
      for (const bool cosine_first : {false, true}) {
        CAPTURE(width);
        auto wanted = room<double>(Double{}, 4 * width);
        sinusoidal_embedding(Double{}, 4, width, 1e4, double(width / 2), 1000., cosine_first, wide_t.data(),
                             wanted.data());
        auto y = room<T>(on, 4 * width);
        sinusoidal_embedding(on, 4, width, 1e4, double(width / 2), 1000., cosine_first, t.data(), y.data());
        CHECK(distance(download<double>(y), download<double>(wanted)) < (std::is_same_v<P, float> ? 1e-6 : 1e-2));
      }
  });
}
