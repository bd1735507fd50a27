#include <cuda/against.hpp>

#include <hush/cuda/conv2d_channels.hpp>

using namespace against;

namespace {

/// A matrix [rows, columns] fitted into one of another size, which held sevens.
template <class P>
std::vector<double> fitted(const Cuda<P, Machine>& on, const std::vector<double>& from, std::int64_t rows,
                           std::int64_t columns, std::int64_t to_rows, std::int64_t to_columns) {
  using T = ScalarOf<P>;
  const auto a = put<T>(on, from);
  auto to = put<T>(on, std::vector<double>(std::size_t(to_rows * to_columns), 7));
  fit_matrix(on, rows, columns, a.data(), to_rows, to_columns, to.data());
  return download<double>(to);
}

}  // namespace

TEST_CASE("cuda conv2d_channels: matrices grow by zeros and shrink again, whatever the team") {
  each_machine([]<class P>(const Cuda<P, Machine>& on) {
    const std::vector<double> a{1, 2, 3, 4, 5, 6};
    const auto wide = fitted(on, a, 2, 3, 3, 4);
    CHECK(wide == std::vector<double>{1, 2, 3, 0, 4, 5, 6, 0, 0, 0, 0, 0});
    CHECK(fitted(on, wide, 3, 4, 2, 3) == a);
    CHECK(fitted(on, a, 2, 3, 1, 1) == std::vector<double>{1});
    CHECK(fitted(on, {}, 0, 0, 2, 3) == std::vector<double>(6, 0));
  });
}

TEST_CASE("cuda conv2d_channels: many rows") {
  each_machine([]<class P>(const Cuda<P, Machine>& on) {
    std::vector<double> a, wanted;
    for (int i = 0; i < 5000 * 8; ++i) {
      const bool there = i % 8 < 3;
      if (there) a.push_back(double(a.size() % 251));  // whole numbers that bf16 holds
      wanted.push_back(there ? a.back() : 0);
    }
    CHECK(fitted(on, a, 5000, 3, 5000, 8) == wanted);
    CHECK(fitted(on, wanted, 5000, 8, 5000, 3) == a);
  });
}
