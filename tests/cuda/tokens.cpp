#include <cuda/against.hpp>

#include <hush/cpu/gated_add.hpp>
#include <hush/cpu/modulated_norm.hpp>
#include <hush/cpu/rms_norm.hpp>
#include <hush/cpu/rotary_embedding.hpp>
#include <hush/cpu/swap_axes.hpp>
#include <hush/cuda/gated_add.hpp>
#include <hush/cuda/modulated_norm.hpp>
#include <hush/cuda/rms_norm.hpp>
#include <hush/cuda/rotary_embedding.hpp>
#include <hush/cuda/swap_axes.hpp>

using namespace against;

namespace {

struct Sizes {
  std::int64_t images, tokens, width;
};
// One number in all; widths that are and are not a multiple of 8, narrower and wider than a team; several slabs an
// image.
const Sizes all[] = {{1, 1, 1}, {2, 3, 5}, {3, 4, 64}, {2, 1, 1043}, {2, 300, 72}, {1, 1300, 24}};

using Results = std::vector<std::vector<double>>;

void check_close(const Results& found, const Results& wanted, double tolerance, const std::vector<bool>& skip = {}) {
  REQUIRE(found.size() == wanted.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    CAPTURE(i);
    if (i < skip.size() && skip[i]) continue;
    CHECK(distance(found[i], wanted[i]) < tolerance);
  }
}

template <class B>
Results modulated(const B& on, const Sizes& s, bool centred, bool scaled) {
  using T = typename B::scalar;
  using Master = typename B::master;
  const ModulatedNormSizes sizes{s.images, s.tokens, s.width, 1e-3, centred};
  const std::int64_t n = sizes.rows() * s.width, m = s.images * s.width;
  const auto x = put<T>(on, random<bf16>(n, 1)), dy = put<T>(on, random<bf16>(n, 2));
  const auto scale = put<T>(on, random<bf16>(m, 3)), shift = put<T>(on, random<bf16>(m, 4));
  auto y = room<T>(on, n), dx = room<T>(on, n), dscale = room<T>(on, m), dshift = room<T>(on, m), only = room<T>(on, m);
  auto mean = room<Master>(on, sizes.rows()), rstd = room<Master>(on, sizes.rows());
  const T *scales = scaled ? scale.data() : nullptr, *shifts = scaled ? shift.data() : nullptr;
  modulated_norm(on, sizes, x.data(), scales, shifts, y.data(), mean.data(), rstd.data());
  const auto backward = [&](T* to_x, T* to_scale, T* to_shift) {
    modulated_norm_backward(on, sizes, dy.data(), x.data(), scales, std::as_const(mean).data(),
                            std::as_const(rstd).data(), to_x, to_scale, to_shift);
  };
  backward(dx.data(), dscale.data(), dshift.data());
  backward(nullptr, only.data(), nullptr);
  CHECK(download<double>(only) == download<double>(dscale));
  Results results{download<double>(y), download<double>(rstd), download<double>(dx), download<double>(dscale),
                  download<double>(dshift)};
  if (centred) results.push_back(download<double>(mean));
  return results;
}

template <class B>
Results rms(const B& on, const Sizes& s) {
  using T = typename B::scalar;
  using Master = typename B::master;
  const std::int64_t rows = s.images * s.tokens, n = rows * s.width;
  const auto x = put<T>(on, random<bf16>(n, 1)), dy = put<T>(on, random<bf16>(n, 2));
  const auto gamma = put<Master>(on, random<float>(s.width, 3));
  auto y = room<T>(on, n), dx = room<T>(on, n);
  auto rstd = room<Master>(on, rows), dgamma = room<Master>(on, s.width);
  rms_norm(on, rows, s.width, 1e-3, x.data(), gamma.data(), y.data(), rstd.data());
  rms_norm_backward(on, s.images, rows, s.width, dy.data(), x.data(), gamma.data(), std::as_const(rstd).data(),
                    dx.data(), dgamma.data());
  return {download<double>(y), download<double>(rstd), download<double>(dx), download<double>(dgamma)};
}

template <class B>
Results gated(const B& on, const Sizes& s) {
  using T = typename B::scalar;
  const std::int64_t n = s.images * s.tokens * s.width, m = s.images * s.width;
  const auto x = put<T>(on, random<bf16>(n, 1)), y = put<T>(on, random<bf16>(n, 2)),
             dz = put<T>(on, random<bf16>(n, 3)), gate = put<T>(on, random<bf16>(m, 4));
  auto z = room<T>(on, n), dy = room<T>(on, n), dgate = room<T>(on, m);
  gated_add(on, s.images, s.tokens, s.width, x.data(), gate.data(), y.data(), z.data());
  gated_add_backward(on, s.images, s.tokens, s.width, dz.data(), gate.data(), y.data(), dy.data(), dgate.data());
  return {download<double>(z), download<double>(dy), download<double>(dgate)};
}

}  // namespace

TEST_CASE("cuda modulated_norm: forward and gradients are the CPU's") {
  each_machine([&]<class P>(const Cuda<P, Machine>& on) {
    for (const Sizes& s : all)
      for (const bool centred : {true, false})
        for (const bool scaled : {true, false}) {
          CAPTURE(s.width);
          CAPTURE(centred);
          // What is left of dx in a row of one number is what is left of numbers that cancel.
          check_close(modulated(on, s, centred, scaled), modulated(Double{}, s, centred, scaled), tolerance<P>(),
                      {false, false, s.width == 1});
        }
  });
}

TEST_CASE("cuda rms_norm: forward and gradients are the CPU's") {
  each_machine([&]<class P>(const Cuda<P, Machine>& on) {
    for (const Sizes& s : all) {
      CAPTURE(s.width);
      check_close(rms(on, s), rms(Double{}, s), tolerance<P>(), {false, false, s.width == 1});
    }
  });
}

TEST_CASE("cuda gated_add: forward and gradients are the CPU's") {
  each_machine([&]<class P>(const Cuda<P, Machine>& on) {
    for (const Sizes& s : all) {
      CAPTURE(s.width);
      check_close(gated(on, s), gated(Double{}, s), tolerance<P>());
    }
  });
}

TEST_CASE("cuda rotary_embedding: turned and turned back as by the CPU") {
  each_machine([&]<class P>(const Cuda<P, Machine>& on) {
    for (const RotarySizes& s : {RotarySizes{1, 1, 1, 2}, RotarySizes{2, 5, 3, 8}, RotarySizes{3, 64, 6, 12}}) {
      const std::int64_t n = s.batch * s.tokens * s.heads * s.width;
      const auto turned = [&]<class B>(const B& any, bool back) {
        using T = typename B::scalar;
        const auto x = put<T>(any, random<bf16>(n, 1));
        const auto table = put<typename B::master>(any, random<float>(s.tokens * s.width, 2));
        auto y = room<T>(any, n);
        rotary_embedding(any, s, back, x.data(), table.data(), y.data());
        return download<double>(y);
      };
      for (const bool back : {false, true}) CHECK(distance(turned(on, back), turned(Double{}, back)) < tolerance<P>());
    }
  });
}

TEST_CASE("cuda swap_axes: every number where the CPU has it") {
  each_machine([&]<class P>(const Cuda<P, Machine>& on) {
    for (const std::int64_t inner : {1, 3, 8, 40}) {
      const std::int64_t outer = 3, a = 5, b = 2, n = outer * a * b * inner;
      const auto swapped = [&]<class B>(const B& any) {
        using T = typename B::scalar;
        const auto x = put<T>(any, random<bf16>(n, 1));
        auto y = room<T>(any, n);
        swap_axes(any, outer, a, b, inner, x.data(), y.data());
        return download<double>(y);
      };
      CHECK(swapped(on) == swapped(Double{}));
    }
  });
}
