#include <cuda/against.hpp>

#include <hush/cpu/gemm.hpp>
#include <hush/cuda/additions.hpp>
#include <hush/cuda/gemm.hpp>
#include <hush/nn/linear.hpp>

using namespace against;

namespace {

/// One product of the CPU's in double and of the host that plays the GPU, C of T and of float, from the same numbers.
template <class P>
void require_product(const Cuda<P, Machine>& on, const GemmSizes& given, float alpha, float beta) {
  using T = ScalarOf<P>;
  const GemmSizes s = dense(given);
  CAPTURE(s.rows);
  CAPTURE(s.columns);
  CAPTURE(s.depth);
  CAPTURE(int(s.a));
  CAPTURE(int(s.b));
  CAPTURE(beta);
  const auto room_of = [&](std::int64_t stride, std::int64_t lines, std::int64_t ld) {
    return (s.batch - 1) * stride + lines * ld;
  };
  const auto a = random<T>(room_of(s.stride_a, s.a == Transpose::no ? s.rows : s.depth, s.lda), 1),
             b = random<T>(room_of(s.stride_b, s.b == Transpose::no ? s.depth : s.columns, s.ldb), 2),
             c = random<T>(room_of(s.stride_c, s.rows, s.ldc), 3);
  const auto wide_a = put<double>(Double{}, a), wide_b = put<double>(Double{}, b);
  auto wanted = put<double>(Double{}, c);
  gemm(Double{}, s, double(alpha), wide_a.data(), wide_b.data(), double(beta), wanted.data());
  const auto near_a = put<T>(on, a), near_b = put<T>(on, b);
  auto found = put<T>(on, c);
  gemm(on, given, alpha, near_a.data(), near_b.data(), beta, found.data());
  CHECK(distance(download<double>(found), download<double>(wanted)) < tolerance<P>());
  auto in_float = put<float>(on, c);
  gemm(on, given, alpha, near_a.data(), near_b.data(), beta, in_float.data());
  CHECK(distance(download<double>(in_float), download<double>(wanted)) <
        (std::is_same_v<P, tf32> ? tolerance<P>() : 1e-5));
}

}  // namespace

TEST_CASE("cuda gemm: every shape and transposition") {
  each_machine([]<class P>(const Cuda<P, Machine>& on) {
    for (const Transpose a : {Transpose::no, Transpose::yes})
      for (const Transpose b : {Transpose::no, Transpose::yes})
        for (const auto [rows, columns, depth] :
             {std::array{1, 1, 1}, std::array{5, 3, 0}, std::array{33, 17, 40}, std::array{7, 65, 16}}) {
          const GemmSizes s{.rows = rows, .columns = columns, .depth = depth, .a = a, .b = b};
          require_product(on, s, 1, 0);
          require_product(on, s, -0.5, 2);
        }
  });
}

TEST_CASE("cuda gemm: batches, strides and lines that are longer than the matrix") {
  each_machine([]<class P>(const Cuda<P, Machine>& on) {
    require_product(on, {.rows = 6, .columns = 9, .depth = 5, .batch = 7}, 1, 0);
    // Heads of an attention: neighbours in memory, the lines of all heads apart.
    require_product(on,
                    {.rows = 10,
                     .columns = 7,
                     .depth = 4,
                     .batch = 3,
                     .b = Transpose::yes,
                     .stride_a = 4,
                     .stride_b = 4,
                     .stride_c = 70,
                     .lda = 12,
                     .ldb = 12},
                    0.5, 0);
    require_product(on, {.rows = 5, .columns = 4, .depth = 6, .batch = 2, .a = Transpose::yes, .lda = 9, .ldc = 11}, 1,
                    1);
  });
}

TEST_CASE("cuda gemm: without beta the result's memory is not read") {
  const Cuda<float, Machine> on;
  const auto a = put<float>(on, {2}), b = put<float>(on, {3});
  auto c = room<float>(on, 1);
  gemm(on, {.rows = 1, .columns = 1, .depth = 1}, 1, a.data(), b.data(), 0, c.data());
  CHECK(download<double>(c)[0] == 6);
  auto nothing = room<float>(on, 1);
  gemm(on, {.rows = 1, .columns = 1, .depth = 0}, 1, a.data(), b.data(), 0, nothing.data());
  CHECK(download<double>(nothing)[0] == 0);
  gemm(on, {.rows = 0, .columns = 1, .depth = 1}, 1, a.data(), b.data(), 0, nothing.data());
}

TEST_CASE("cuda gemm: a linear layer onto a residual") {
  each_machine([]<class P>(const Cuda<P, Machine>& on) {
    using B = Cuda<P, Machine>;
    using T = ScalarOf<P>;
    static_assert(HasResidualProducts<B>);
    const auto x = random<T>(7 * 5, 1), r = random<T>(7 * 9, 2), w = random<T>(9 * 5, 3), b = random<T>(9, 4),
               dy = random<T>(7 * 9, 5);
    const auto run = [&]<class A>(const A& at) {
      const auto images = [&](const std::vector<double>& v, const Shape& shape) {
        return upload(at, shape, std::span<const double>(v));
      };
      nn::Linear<A> layer(at, 5, 9);
      Parameter<A>&weight = layer.weight, &bias = layer.bias;
      copy_in(at, 45, w.data(), weight.value.data()), copy_in(at, 9, b.data(), bias.value.data());
      Tape<A> tape;
      const Var<A> in = tape.variable(images(x, {7, 5})), residual = tape.variable(images(r, {7, 9}));
      const Var<A> y = layer.onto(residual, in);
      tape.backward(y, images(dy, {7, 9}));
      return std::array{download<double>(y.value()), download<double>(tape.gradient(residual)),
                        download<double>(tape.gradient(in)), download<double>(weight.grad),
                        download<double>(bias.grad)};
    };
    const auto wanted = run(Double{}), found = run(on);
    for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(distance(found[i], wanted[i]) < tolerance<P>());
    const Tensor<B> small(on, {1, 5}), wrong(on, {1, 4});
    const Parameter<B> weight(on, {9, 5}, Init::zeros());
    CHECK_THROWS_WITH_AS(linear_onto(wrong, small, weight, {}),
                         "[linear_onto] the residual is [1, 4], the layer gives [1, 9]", std::invalid_argument);
  });
}

TEST_CASE("cuda gemm: linear layers and their gradients, with and without a bias") {
  each_machine([]<class P>(const Cuda<P, Machine>& on) {
    using T = ScalarOf<P>;
    for (const auto& extents : {std::array{1, 1, 1}, std::array{3, 20, 37}, std::array{70, 9, 8}})
      for (const bool biased : {false, true}) {
        const std::int64_t rows = extents[0], in = extents[1], out = extents[2];
        CAPTURE(rows);
        CAPTURE(biased);
        const Double cpu;
        const auto x = random<T>(rows * in, 1), w = random<T>(out * in, 2), bias = random<T>(out, 3),
                   dy = random<T>(rows * out, 4);
        const auto wide_x = put<double>(cpu, x), wide_w = put<double>(cpu, w), wide_bias = put<double>(cpu, bias),
                   wide_dy = put<double>(cpu, dy);
        auto y = room<double>(cpu, rows * out), dx = room<double>(cpu, rows * in), dw = room<double>(cpu, out * in),
             db = room<double>(cpu, out);
        linear(cpu, rows, in, out, wide_x.data(), wide_w.data(), biased ? wide_bias.data() : nullptr, y.data());
        linear_backward_input(cpu, rows, in, out, wide_dy.data(), wide_w.data(), dx.data());
        linear_backward_weight(cpu, rows, in, out, wide_x.data(), wide_dy.data(), dw.data(), db.data());

        const auto near_x = put<T>(on, x), near_w = put<T>(on, w), near_bias = put<T>(on, bias),
                   near_dy = put<T>(on, dy);
        auto near_y = room<T>(on, rows * out), near_dx = room<T>(on, rows * in), near_dw = room<T>(on, out * in),
             near_db = room<T>(on, out);
        linear(on, rows, in, out, near_x.data(), near_w.data(), biased ? near_bias.data() : nullptr, near_y.data());
        linear_backward_input(on, rows, in, out, near_dy.data(), near_w.data(), near_dx.data());
        linear_backward_weight(on, rows, in, out, near_x.data(), near_dy.data(), near_dw.data(),
                               biased ? near_db.data() : nullptr);
        const auto near_to = [&](const auto& found, const auto& wanted) {
          CHECK(distance(download<double>(found), download<double>(wanted)) < tolerance<P>());
        };
        near_to(near_y, y);
        near_to(near_dx, dx);
        near_to(near_dw, dw);
        if (biased) near_to(near_db, db);
      }
  });
}
