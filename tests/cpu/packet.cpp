#include <doctest/doctest.h>

#include <cmath>
#include <hush/cpu/packet.hpp>
#include <vector>

using namespace hush::simd;

TEST_CASE_TEMPLATE("packet: arithmetic works on every number of a packet", T, float, double) {
  constexpr std::int64_t size = packet_size<T>;
  std::vector<T> a(size), b(size), c(size), r(size);
  for (std::int64_t i = 0; i < size; ++i) a[i] = T(i) - T(2.5), b[i] = T(3) - T(i * i), c[i] = T(10 * i);
  const auto check_all = [&](const Packet<T>& p, auto f) {
    store<T>(r.data(), p);
    for (std::int64_t i = 0; i < size; ++i) CHECK(r[i] == f(i));
  };
  const auto x = load<T>(a.data()), y = load<T>(b.data()), z = load<T>(c.data());
  check_all(multiply_add<T>(x, y, z), [&](std::int64_t i) { return a[i] * b[i] + c[i]; });
  check_all(add<T>(x, y), [&](std::int64_t i) { return a[i] + b[i]; });
  check_all(subtract<T>(x, y), [&](std::int64_t i) { return a[i] - b[i]; });
  check_all(multiply<T>(x, y), [&](std::int64_t i) { return a[i] * b[i]; });
  check_all(maximum<T>(x, y), [&](std::int64_t i) { return std::max(a[i], b[i]); });
  check_all(broadcast<T>(T(7)), [&](std::int64_t) { return T(7); });
  store<T>(r.data(), exponential<T>(x));
  T total = 0, top = a[0];
  for (std::int64_t i = 0; i < size; ++i) {
    CHECK(double(r[i]) == doctest::Approx(std::exp(double(a[i]))).epsilon(sizeof(T) == 4 ? 1e-6 : 1e-14));
    total += a[i];
    top = std::max(top, a[i]);
  }
  CHECK(sum<T>(x) == total);
  CHECK(greatest<T>(x) == top);
}

TEST_CASE_TEMPLATE("packet: transpose exchanges rows and columns of any size", T, float, double) {
  for (std::int64_t rows : {0, 1, 3, 16, 17, 40})
    for (std::int64_t columns : {0, 1, 5, 16, 35}) {
      std::vector<T> from((rows + 1) * (columns + 3)), to(columns * (rows + 2), T(-1));
      for (std::size_t i = 0; i < from.size(); ++i) from[i] = T(i);
      transpose(rows, columns, from.data(), columns + 3, to.data(), rows + 2);
      bool right = true;
      for (std::int64_t j = 0; j < columns; ++j)
        for (std::int64_t i = 0; i < rows + 2; ++i)
          right = right && to[j * (rows + 2) + i] == (i < rows ? from[i * (columns + 3) + j] : T(-1));
      CHECK(right);
    }
}

TEST_CASE("packet: unrolled counts up") {
  std::vector<int> seen;
  unrolled<5>([&](auto i) { seen.push_back(i); });
  CHECK(seen == std::vector<int>{0, 1, 2, 3, 4});
}
