#include <cuda/against.hpp>

#include <cstring>
#include <string>

#include <hush/cpu/attention.hpp>
#include <hush/cpu/gemm.hpp>
#include <hush/cuda/attention.hpp>
#include <hush/cuda/blas/gemm.hpp>

using namespace against;

namespace {

/// A HostGpu that has cuBLASLt, whose calls the tests replace.
class WithBlas : public HostGpu {
 public:
  static WithBlas& at(int, int) {
    static WithBlas one;
    return one;
  }
  template <class Part>
  Part& part() {
    if (!blas) blas = std::make_unique<Blas>(nullptr, "device 0");
    return *blas;
  }
  std::unique_ptr<Blas> blas;
};

/// What the pretended cuBLASLt was asked.
struct Seen {
  int created = 0, destroyed = 0, choices = 0, products = 0, apart = 0;
  cublasStatus_t create = CUBLAS_STATUS_SUCCESS, choose = CUBLAS_STATUS_SUCCESS, multiply = CUBLAS_STATUS_SUCCESS;
  std::size_t workspace = 48;
  bool refuses_sums = false;
  std::uint32_t alignment = 0, schemes = 0;
} seen;

template <class Value>
Value wish(cublasLtMatmulPreference_t wishes, cublasLtMatmulPreferenceAttributes_t which) {
  Value value{};
  std::size_t written = 0;
  CHECK(cublasLtMatmulPreferenceGetAttribute(wishes, which, &value, sizeof value, &written) == CUBLAS_STATUS_SUCCESS);
  return value;
}
template <class Value>
Value asked(cublasLtMatmulDesc_t product, cublasLtMatmulDescAttributes_t which) {
  Value value{};
  std::size_t written = 0;
  CHECK(cublasLtMatmulDescGetAttribute(product, which, &value, sizeof value, &written) == CUBLAS_STATUS_SUCCESS);
  return value;
}

/// A column-major matrix as its layout says, by the public attributes only.
struct Matrix {
  std::byte* data;
  cudaDataType_t type;
  std::uint64_t rows, columns;
  std::int64_t ld, stride;
  std::int32_t batch;

  template <class Value>
  static Value of(cublasLtMatrixLayout_t layout, cublasLtMatrixLayoutAttribute_t which) {
    Value value{};
    std::size_t written = 0;
    CHECK(cublasLtMatrixLayoutGetAttribute(layout, which, &value, sizeof value, &written) == CUBLAS_STATUS_SUCCESS);
    return value;
  }
  Matrix(const void* at, cublasLtMatrixLayout_t layout)
      : data(static_cast<std::byte*>(const_cast<void*>(at))),
        type(cudaDataType_t(of<std::uint32_t>(layout, CUBLASLT_MATRIX_LAYOUT_TYPE))),
        rows(of<std::uint64_t>(layout, CUBLASLT_MATRIX_LAYOUT_ROWS)),
        columns(of<std::uint64_t>(layout, CUBLASLT_MATRIX_LAYOUT_COLS)),
        ld(of<std::int64_t>(layout, CUBLASLT_MATRIX_LAYOUT_LD)),
        stride(of<std::int64_t>(layout, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET)),
        batch(of<std::int32_t>(layout, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT)) {
    CHECK(of<std::uint32_t>(layout, CUBLASLT_MATRIX_LAYOUT_ORDER) == CUBLASLT_ORDER_COL);
    CHECK(ld >= std::int64_t(rows));
  }
  std::int64_t index(std::int64_t n, std::uint64_t row, std::uint64_t column) const {
    REQUIRE(row < rows);
    REQUIRE(column < columns);
    return n * stride + std::int64_t(column) * ld + std::int64_t(row);
  }
  float get(std::int64_t i) const {
    return type == CUDA_R_16BF ? float(reinterpret_cast<const bf16*>(data)[i])
                               : reinterpret_cast<const float*>(data)[i];
  }
  void set(std::int64_t i, float value) const {
    if (type == CUDA_R_16BF)
      reinterpret_cast<bf16*>(data)[i] = value;
    else
      reinterpret_cast<float*>(data)[i] = value;
  }
};

/// D = alpha op(A) op(B) + beta C column-major, with its epilogue, as cuBLASLt's manual has it.
void multiply(cublasLtMatmulDesc_t product, float alpha, const Matrix& a, const Matrix& b, float beta, const Matrix& c,
              const Matrix& d) {
  const bool ta = asked<std::int32_t>(product, CUBLASLT_MATMUL_DESC_TRANSA) == CUBLAS_OP_T,
             tb = asked<std::int32_t>(product, CUBLASLT_MATMUL_DESC_TRANSB) == CUBLAS_OP_T;
  const auto epilogue = asked<std::uint32_t>(product, CUBLASLT_MATMUL_DESC_EPILOGUE);
  const std::uint64_t depth = ta ? a.rows : a.columns;
  REQUIRE((ta ? a.columns : a.rows) == d.rows);
  REQUIRE((tb ? b.rows : b.columns) == d.columns);
  REQUIRE((tb ? b.columns : b.rows) == depth);
  Matrix vector = d;
  vector.data = asked<std::byte*>(product, CUBLASLT_MATMUL_DESC_BIAS_POINTER);
  for (std::int32_t n = 0; n < d.batch; ++n)
    for (std::uint64_t j = 0; j < d.columns; ++j) {
      float total = 0;
      for (std::uint64_t k = 0; k < depth; ++k) total += b.get(tb ? b.index(n, j, k) : b.index(n, k, j));
      if (epilogue == CUBLASLT_EPILOGUE_BGRADB) vector.set(std::int64_t(j), total);
      for (std::uint64_t i = 0; i < d.rows; ++i) {
        float sum = 0;
        for (std::uint64_t k = 0; k < depth; ++k)
          sum += a.get(ta ? a.index(n, k, i) : a.index(n, i, k)) * b.get(tb ? b.index(n, j, k) : b.index(n, k, j));
        const std::int64_t at = d.index(n, i, j);
        float value = alpha * sum;
        if (beta != 0) value += beta * c.get(at);
        if (epilogue == CUBLASLT_EPILOGUE_BIAS) value += vector.get(std::int64_t(i));
        d.set(at, value);
      }
    }
}

/// For as long as it lives, a cuBLASLt is pretended.
class Pretended {
 public:
  Pretended() {
    seen = {};
    WithBlas::at(0, 0).blas.reset();
    WithBlas::at(0, 0).memory().keep_blocks(false);
    calls().blas_create = [](cublasLtHandle_t* handle) {
      if (seen.create == CUBLAS_STATUS_SUCCESS) *handle = reinterpret_cast<cublasLtHandle_t>(&seen), ++seen.created;
      return seen.create;
    };
    calls().blas_destroy = [](cublasLtHandle_t handle) {
      CHECK(handle == reinterpret_cast<cublasLtHandle_t>(&seen));
      return ++seen.destroyed, CUBLAS_STATUS_SUCCESS;
    };
    calls().matmul_heuristic = [](cublasLtHandle_t, cublasLtMatmulDesc_t product, cublasLtMatrixLayout_t,
                                  cublasLtMatrixLayout_t, cublasLtMatrixLayout_t, cublasLtMatrixLayout_t,
                                  cublasLtMatmulPreference_t wishes, int, cublasLtMatmulHeuristicResult_t* best,
                                  int* count) {
      ++seen.choices;
      *count = 0;
      if (seen.choose != CUBLAS_STATUS_SUCCESS) return seen.choose;
      const auto epilogue = asked<std::uint32_t>(product, CUBLASLT_MATMUL_DESC_EPILOGUE);
      if (seen.refuses_sums && epilogue == CUBLASLT_EPILOGUE_BGRADB) return CUBLAS_STATUS_NOT_SUPPORTED;
      CHECK(wish<std::size_t>(wishes, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES) == std::size_t(32) << 20);
      seen.alignment = wish<std::uint32_t>(wishes, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES);
      seen.schemes = wish<std::uint32_t>(wishes, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK);
      best->workspaceSize = seen.workspace, best->state = CUBLAS_STATUS_SUCCESS;
      return *count = 1, CUBLAS_STATUS_SUCCESS;
    };
    calls().matmul = [](cublasLtHandle_t, cublasLtMatmulDesc_t product, const void* alpha, const void* a,
                        cublasLtMatrixLayout_t a_layout, const void* b, cublasLtMatrixLayout_t b_layout,
                        const void* beta, const void* c, cublasLtMatrixLayout_t c_layout, void* d,
                        cublasLtMatrixLayout_t d_layout, const cublasLtMatmulAlgo_t*, void* workspace,
                        std::size_t bytes, cudaStream_t) {
      if (seen.multiply != CUBLAS_STATUS_SUCCESS) return seen.multiply;
      seen.apart += c != d;
      CHECK(bytes == seen.workspace);
      if (bytes > 0) std::memset(workspace, 1, bytes);
      ++seen.products;
      multiply(product, *static_cast<const float*>(alpha), Matrix(a, a_layout), Matrix(b, b_layout),
               *static_cast<const float*>(beta), Matrix(c, c_layout), Matrix(d, d_layout));
      return CUBLAS_STATUS_SUCCESS;
    };
  }
  Pretended(const Pretended&) = delete;
  Pretended& operator=(const Pretended&) = delete;
  ~Pretended() {
    WithBlas::at(0, 0).blas.reset();
    calls() = saved_;
  }

 private:
  Calls saved_ = calls();
};

template <class F>
void each_blas_precision(const F& f) {
  f(Cuda<float, WithBlas>{});
  f(Cuda<tf32, WithBlas>{});
  f(Cuda<bf16, WithBlas>{});
}
std::string message(const auto& call) {
  try {
    call();
  } catch (const CudaError& error) { return error.what(); }
  return "no CudaError";
}

}  // namespace

TEST_CASE("blas gemm: row-major products are asked for as column-major ones, of any shape") {
  const Pretended blas;
  each_blas_precision([]<class P>(const Cuda<P, WithBlas>& on) {
    using T = ScalarOf<P>;
    int products = 0;
    for (const Transpose a : {Transpose::no, Transpose::yes})
      for (const Transpose b : {Transpose::no, Transpose::yes})
        for (const float beta : {0.f, 2.f}) {
          const GemmSizes s = dense({.rows = 5,
                                     .columns = 3,
                                     .depth = 7,
                                     .batch = 2,
                                     .a = a,
                                     .b = b,
                                     .stride_a = 61,
                                     .stride_c = 40,
                                     .lda = 8,
                                     .ldc = 6});
          const auto in_a = random<T>(122, 1), in_b = random<T>(42, 2), in_c = random<T>(80, 3);
          const auto wide_a = put<double>(Double{}, in_a), wide_b = put<double>(Double{}, in_b);
          auto wanted = put<double>(Double{}, in_c);
          gemm(Double{}, s, 0.5, wide_a.data(), wide_b.data(), double(beta), wanted.data());
          const auto near_a = put<T>(on, in_a), near_b = put<T>(on, in_b);
          auto found = put<T>(on, in_c);
          gemm(on, s, 0.5f, near_a.data(), near_b.data(), beta, found.data());
          CHECK(distance(download<double>(found), download<double>(wanted)) < tolerance<P>());
          auto in_float = put<float>(on, in_c);
          gemm(on, s, 0.5f, near_a.data(), near_b.data(), beta, in_float.data());
          CHECK(distance(download<double>(in_float), download<double>(wanted)) < 1e-5);
          products += 2;
        }
    CHECK(seen.products == products);
    seen.products = 0;
  });
  CHECK(seen.schemes == CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE);
}

TEST_CASE("blas gemm: a residual is what beta multiplies, where it lies") {
  const Pretended blas;
  each_blas_precision([&]<class P>(const Cuda<P, WithBlas>& on) {
    using T = ScalarOf<P>;
    const std::int64_t rows = 6, in = 5, out = 3;
    const auto x = random<T>(rows * in, 1), w = random<T>(out * in, 2), bias = random<T>(out, 3),
               r = random<T>(rows * out, 4);
    const auto wide_x = put<double>(Double{}, x), wide_w = put<double>(Double{}, w),
               wide_bias = put<double>(Double{}, bias);
    auto y = room<double>(Double{}, rows * out);
    linear(Double{}, rows, in, out, wide_x.data(), wide_w.data(), wide_bias.data(), y.data());
    auto wanted = download<double>(y);
    for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i] += r[i];
    const auto near_x = put<T>(on, x), near_w = put<T>(on, w), near_bias = put<T>(on, bias), near_r = put<T>(on, r);
    auto found = room<T>(on, rows * out);
    linear(on, rows, in, out, near_x.data(), near_w.data(), near_bias.data(), near_r.data(), found.data());
    CHECK(distance(download<double>(found), wanted) < tolerance<P>());
    CHECK(download<double>(near_r) == r);
  });
  CHECK(seen.products == 3);
  CHECK(seen.apart == 3);
}

TEST_CASE("blas gemm: linear layers have their bias, and its gradient, from the epilogue, or else without it") {
  for (const bool refuses : {false, true}) {
    const Pretended blas;
    seen.refuses_sums = refuses;
    each_blas_precision([&]<class P>(const Cuda<P, WithBlas>& on) {
      using T = ScalarOf<P>;
      const std::int64_t rows = 6, in = 5, out = 3;
      const Double cpu;
      const auto x = random<T>(rows * in, 1), w = random<T>(out * in, 2), bias = random<T>(out, 3),
                 dy = random<T>(rows * out, 4);
      const auto wide_x = put<double>(cpu, x), wide_w = put<double>(cpu, w), wide_bias = put<double>(cpu, bias),
                 wide_dy = put<double>(cpu, dy);
      auto y = room<double>(cpu, rows * out), dw = room<double>(cpu, out * in), db = room<double>(cpu, out);
      linear(cpu, rows, in, out, wide_x.data(), wide_w.data(), wide_bias.data(), y.data());
      linear_backward_weight(cpu, rows, in, out, wide_x.data(), wide_dy.data(), dw.data(), db.data());
      const auto near_x = put<T>(on, x), near_w = put<T>(on, w), near_bias = put<T>(on, bias), near_dy = put<T>(on, dy);
      auto near_y = room<T>(on, rows * out), near_dw = room<T>(on, out * in), near_db = room<T>(on, out);
      linear(on, rows, in, out, near_x.data(), near_w.data(), near_bias.data(), near_y.data());
      linear_backward_weight(on, rows, in, out, near_x.data(), near_dy.data(), near_dw.data(), near_db.data());
      CHECK(distance(download<double>(near_y), download<double>(y)) < tolerance<P>());
      CHECK(distance(download<double>(near_dw), download<double>(dw)) < tolerance<P>());
      CHECK(distance(download<double>(near_db), download<double>(db)) < tolerance<P>());
    });
    CHECK(seen.products == 6);
    CHECK(seen.choices == (refuses ? 9 : 6));
    CHECK(seen.apart == 0);
  }
}

TEST_CASE("blas gemm: attention's products, head by head") {
  const Pretended blas;
  each_blas_precision([]<class P>(const Cuda<P, WithBlas>& on) {
    using T = ScalarOf<P>;
    const AttentionSizes s{.batch = 2, .queries = 3, .keys = 5, .heads = 3, .width = 4, .value_width = 2, .scale = 0.5};
    const auto q = random<T>(2 * 3 * 12, 1), k = random<T>(2 * 5 * 12, 2), v = random<T>(2 * 5 * 6, 3);
    const auto wide_q = put<double>(Double{}, q), wide_k = put<double>(Double{}, k), wide_v = put<double>(Double{}, v);
    auto y = room<double>(Double{}, 36), w = room<double>(Double{}, 90);
    attention(Double{}, s, wide_q.data(), wide_k.data(), wide_v.data(), y.data(), w.data());
    const auto near_q = put<T>(on, q), near_k = put<T>(on, k), near_v = put<T>(on, v);
    auto found = room<T>(on, 36), kept = room<T>(on, 90);
    attention(on, s, near_q.data(), near_k.data(), near_v.data(), found.data(), kept.data());
    CHECK(distance(download<double>(found), download<double>(y)) < tolerance<P>());
    CHECK(distance(download<double>(kept), download<double>(w)) < tolerance<P>());
  });
  CHECK(seen.products == 3 * 4);
}

TEST_CASE("blas gemm: choices are kept, one for each alignment") {
  const Pretended blas;
  const Cuda<bf16, WithBlas> on;
  const auto a = put<bf16>(on, std::vector<double>(20, 1.0));
  auto c = room<bf16>(on, 20);
  const GemmSizes s{.rows = 2, .columns = 2, .depth = 2};
  for (int i = 0; i < 3; ++i) gemm(on, s, 1, a.data(), a.data(), 0, c.data());
  CHECK(seen.choices == 1);
  CHECK(seen.alignment == 16);
  gemm(on, s, 1, a.data() + 1, a.data(), 0, c.data());
  CHECK(seen.choices == 2);
  CHECK(seen.alignment == 2);
  gemm(on, s, 1, a.data() + 4, a.data(), 0, c.data());
  CHECK(seen.alignment == 8);
  gemm(on, s, 1, a.data() + 2, a.data(), 0, c.data() + 1);
  gemm(on, s, 1, a.data() + 2, a.data(), 0, c.data() + 1);
  CHECK(seen.choices == 4);
  CHECK(download<double>(c)[1] == 2);
}

TEST_CASE("blas gemm: what cuBLASLt does not do, the plain kernel does; it is asked once") {
  for (const cublasStatus_t refusal : {CUBLAS_STATUS_NOT_SUPPORTED, CUBLAS_STATUS_INVALID_VALUE}) {
    const Pretended blas;
    seen.choose = refusal;
    const Cuda<float, WithBlas> on;
    const auto a = put<float>(on, {1, 2, 3, 4}), b = put<float>(on, {5, 6, 7, 8});
    for (int i = 0; i < 2; ++i) {
      auto c = room<float>(on, 4);
      gemm(on, {.rows = 2, .columns = 2, .depth = 2}, 1, a.data(), b.data(), 0, c.data());
      CHECK(download<double>(c) == std::vector<double>{19, 22, 43, 50});
    }
    CHECK(seen.choices == 1);
    CHECK(seen.products == 0);
    auto nothing = room<float>(on, 4);
    gemm(on, {.rows = 2, .columns = 2, .depth = 0}, 1, a.data(), b.data(), 0, nothing.data());
    CHECK(download<double>(nothing) == std::vector<double>(4, 0.0));
    CHECK(seen.choices == 1);
  }
}

TEST_CASE("blas gemm: failures name the call, the product and the device, and leave the machine usable") {
  const Pretended blas;
  const Cuda<bf16, WithBlas> on;
  const auto x = put<bf16>(on, std::vector<double>(64, 1.0));
  auto y = room<bf16>(on, 64);
  const auto run = [&] { linear(on, 2, 3, 4, x.data(), x.data(), x.data(), y.data()); };
  seen.create = CUBLAS_STATUS_NOT_INITIALIZED;
  CHECK(message(run).starts_with("[cublasLtCreate] cuBLASLt cannot be started on device 0: cuBLASLt answers "));
  seen.create = CUBLAS_STATUS_SUCCESS, seen.choose = CUBLAS_STATUS_INTERNAL_ERROR;
  CHECK(message(run).starts_with(
      "[cublasLtMatmulAlgoGetHeuristic] the product [2, 3] x [3, 4], bf16 to bf16 + bias on device 0: cuBLASLt"));
  seen.choose = CUBLAS_STATUS_SUCCESS, seen.multiply = CUBLAS_STATUS_EXECUTION_FAILED;
  CHECK(message(run).starts_with("[cublasLtMatmul] the product [2, 3] x [3, 4], bf16 to bf16 + bias on device 0: "));
  CHECK(message(run).find("(error 13)") != std::string::npos);
  seen.multiply = CUBLAS_STATUS_SUCCESS;
  CHECK_NOTHROW(run());
  CHECK(download<double>(y)[7] == 4);
  const auto before = memory_use(on).in_use;
  WithBlas::at(0, 0).memory().fail_at(0);
  CHECK_THROWS_AS(run(), OutOfMemory);
  WithBlas::at(0, 0).memory().fail_at(-1);
  CHECK(memory_use(on).in_use == before);
  CHECK_NOTHROW(run());
  CHECK(seen.created == 1);
}

TEST_CASE("blas gemm: keys speak of batches and arithmetic") {
  const float* none = nullptr;
  GemmProduct<float> product{.sizes = dense({.rows = 2, .columns = 3, .depth = 4, .batch = 5}), .a = none, .b = none};
  CHECK(blas_key<tf32>(product).text() == "the product [2, 4] x [4, 3] of 5 pairs, tf32 to fp32");
  CHECK(blas_key<tf32>(product).compute == CUBLAS_COMPUTE_32F_FAST_TF32);
  CHECK(blas_key<float>(product).text() == "the product [2, 4] x [4, 3] of 5 pairs, fp32 to fp32");
  CHECK(blas_key<float>(product).compute == CUBLAS_COMPUTE_32F);
  float sums;
  product.sums = &sums;
  CHECK(blas_key<float>(product).text() == "the product [2, 4] x [4, 3] of 5 pairs, fp32 to fp32 and sums");
}
