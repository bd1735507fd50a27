#pragma once
#include <cublasLt.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>

#include <hush/check.hpp>
#include <hush/cuda/runtime/device.hpp>
#include <hush/kernels/gemm_sizes.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// Throws CudaError("[call] parts...: cuBLASLt answers ...") unless all is well.
template <class... Parts>
void require_blas(cublasStatus_t status, const char* call, const Parts&... parts) {
  if (status != CUBLAS_STATUS_SUCCESS)
    throw CudaError(call, int(status), to_text(parts..., ": cuBLASLt answers ", cublasLtGetStatusString(status)));
}

/// Where the arrays of a product lie. `vector` is the bias that is added, or the sums that are wanted, or null;
/// `before` is what beta multiplies where that is not c.
struct BlasArrays {
  const void *a = nullptr, *b = nullptr;
  void *c = nullptr, *vector = nullptr;
  const void* before = nullptr;
};

/// What cuBLASLt's choice for a product depends on. The sizes are dense(sizes); alignments are bytes, at most 16.
struct BlasKey {
  enum class Vector { none, bias, sums };
  GemmSizes sizes;
  cudaDataType_t factors = CUDA_R_32F, result = CUDA_R_32F;
  cublasComputeType_t compute = CUBLAS_COMPUTE_32F;
  Vector vector = Vector::none;
  unsigned a_aligned = 16, b_aligned = 16, c_aligned = 16, vector_aligned = 16;

  auto fields() const {
    const GemmSizes& s = sizes;
    return std::tuple(s.rows, s.columns, s.depth, s.batch, s.a, s.b, s.stride_a, s.stride_b, s.stride_c, s.lda, s.ldb,
                      s.ldc, factors, result, compute, vector, a_aligned, b_aligned, c_aligned, vector_aligned);
  }
  bool operator<(const BlasKey& other) const { return fields() < other.fields(); }
  /// One line, for messages.
  std::string text() const {
    const auto name = [](cudaDataType_t type) { return type == CUDA_R_16BF ? "bf16" : "fp32"; };
    return to_text("the product [", sizes.rows, ", ", sizes.depth, "] x [", sizes.depth, ", ", sizes.columns, "]",
                   sizes.batch == 1 ? std::string() : to_text(" of ", sizes.batch, " pairs"), ", ",
                   compute == CUBLAS_COMPUTE_32F_FAST_TF32 ? "tf32" : name(factors), " to ", name(result),
                   vector == Vector::bias   ? " + bias"
                   : vector == Vector::sums ? " and sums"
                                            : "");
  }
};

/// cuBLASLt on one stream of one GPU: its handle, and the choices made so far.
class Blas {
 public:
  /// Throws CudaError if cuBLASLt does not start.
  explicit Blas(Device& device) : Blas(device.stream(), to_text("device ", device.device())) {}
  Blas(cudaStream_t stream, std::string where) : where_(std::move(where)), stream_(stream) {
    require_blas(calls().blas_create(&handle_), "cublasLtCreate", "cuBLASLt cannot be started on ", where_);
  }
  Blas(const Blas&) = delete;
  Blas& operator=(const Blas&) = delete;
  ~Blas() { calls().blas_destroy(handle_); }

  /// Queues c = alpha op(a) op(b) + beta before with what the key adds; `scratch(bytes)` gives memory that holds until
  /// then. False where cuBLASLt has nothing for it. Throws CudaError, OutOfMemory.
  template <class Scratch>
  bool multiply(const BlasKey& key, const BlasArrays& at, float alpha, float beta, const Scratch& scratch) {
    const std::lock_guard lock(mutex_);
    Plan& plan = find(key, at);
    if (!plan.found) return false;
    if (at.vector) set(plan.product, CUBLASLT_MATMUL_DESC_BIAS_POINTER, at.vector);
    const auto workspace = scratch(plan.workspace);
    // Row-major arrays are column-major ones of the transposed matrices: c^T = op(b)^T op(a)^T.
    const void* before = at.before ? at.before : at.c;
    const cublasStatus_t status =
        calls().matmul(handle_, &plan.product, &alpha, at.b, &plan.b, at.a, &plan.a, &beta, before, &plan.c, at.c,
                       &plan.c, &plan.algorithm, workspace.get(), plan.workspace, stream_);
    if (status != CUBLAS_STATUS_SUCCESS) require_blas(status, "cublasLtMatmul", key.text(), " on ", where_);
    return true;
  }

 private:
  struct Plan {
    cublasLtMatmulDescOpaque_t product{};
    cublasLtMatrixLayoutOpaque_t a{}, b{}, c{};
    cublasLtMatmulAlgo_t algorithm{};
    std::size_t workspace = 0;
    bool found = false;
  };
  static constexpr std::size_t most_workspace = std::size_t(32) << 20;

  Plan& find(const BlasKey& key, const BlasArrays& at) {
    if (const auto old = plans_.find(key); old != plans_.end()) [[likely]]
      return old->second;
    Plan plan;
    describe(key, at, plan);
    cublasLtMatmulHeuristicResult_t best{};
    int count = 0;
    cublasLtMatmulPreferenceOpaque_t wishes = preference(key);
    const cublasStatus_t status =
        calls().matmul_heuristic(handle_, &plan.product, &plan.b, &plan.a, &plan.c, &plan.c, &wishes, 1, &best, &count);
    // An epilogue that it has not for these types is called not supported by some versions, an invalid value by others.
    if (status != CUBLAS_STATUS_NOT_SUPPORTED && status != CUBLAS_STATUS_INVALID_VALUE)
      require_blas(status, "cublasLtMatmulAlgoGetHeuristic", key.text(), " on ", where_);
    plan.found = status == CUBLAS_STATUS_SUCCESS && count > 0 && best.state == CUBLAS_STATUS_SUCCESS;
    plan.algorithm = best.algo;
    plan.workspace = best.workspaceSize;
    return plans_.emplace(key, plan).first->second;
  }
  static void describe(const BlasKey& key, const BlasArrays& at, Plan& plan) {
    const GemmSizes& s = key.sizes;
    require_blas(cublasLtMatmulDescInit(&plan.product, key.compute, CUDA_R_32F), "cublasLtMatmulDescInit", key.text());
    const auto op = [](Transpose t) { return t == Transpose::yes ? CUBLAS_OP_T : CUBLAS_OP_N; };
    set(plan.product, CUBLASLT_MATMUL_DESC_TRANSA, op(s.b));
    set(plan.product, CUBLASLT_MATMUL_DESC_TRANSB, op(s.a));
    if (key.vector != BlasKey::Vector::none) {
      set(plan.product, CUBLASLT_MATMUL_DESC_EPILOGUE,
          key.vector == BlasKey::Vector::bias ? CUBLASLT_EPILOGUE_BIAS : CUBLASLT_EPILOGUE_BGRADB);
      set(plan.product, CUBLASLT_MATMUL_DESC_BIAS_POINTER, at.vector);
    }
    // The extents of the arrays as they lie in memory, contiguous ones first.
    const bool a = s.a == Transpose::yes, b = s.b == Transpose::yes;
    plan.a = layout(key, key.factors, a ? s.rows : s.depth, a ? s.depth : s.rows, s.lda, s.stride_a);
    plan.b = layout(key, key.factors, b ? s.depth : s.columns, b ? s.columns : s.depth, s.ldb, s.stride_b);
    plan.c = layout(key, key.result, s.columns, s.rows, s.ldc, s.stride_c);
  }
  static cublasLtMatrixLayoutOpaque_t layout(const BlasKey& key, cudaDataType_t type, std::int64_t contiguous,
                                             std::int64_t lines, std::int64_t line, std::int64_t stride) {
    cublasLtMatrixLayoutOpaque_t made{};
    require_blas(cublasLtMatrixLayoutInit(&made, type, std::uint64_t(contiguous), std::uint64_t(lines), line),
                 "cublasLtMatrixLayoutInit", key.text());
    const auto batch = std::int32_t(key.sizes.batch);
    require_blas(cublasLtMatrixLayoutSetAttribute(&made, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &batch, sizeof batch),
                 "cublasLtMatrixLayoutSetAttribute", key.text());
    require_blas(
        cublasLtMatrixLayoutSetAttribute(&made, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &stride, sizeof stride),
        "cublasLtMatrixLayoutSetAttribute", key.text());
    return made;
  }
  /// Partial sums only in float: those in bf16 would lose digits.
  static cublasLtMatmulPreferenceOpaque_t preference(const BlasKey& key) {
    cublasLtMatmulPreferenceOpaque_t made{};
    require_blas(cublasLtMatmulPreferenceInit(&made), "cublasLtMatmulPreferenceInit", key.text());
    const auto wish = [&](cublasLtMatmulPreferenceAttributes_t which, auto value) {
      require_blas(cublasLtMatmulPreferenceSetAttribute(&made, which, &value, sizeof value),
                   "cublasLtMatmulPreferenceSetAttribute", key.text());
    };
    wish(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, most_workspace);
    wish(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, std::uint32_t(CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE));
    wish(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, std::uint32_t(key.b_aligned));
    wish(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, std::uint32_t(key.a_aligned));
    wish(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, std::uint32_t(key.c_aligned));
    wish(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, std::uint32_t(key.c_aligned));
    return made;
  }
  template <class Value>
  static void set(cublasLtMatmulDescOpaque_t& product, cublasLtMatmulDescAttributes_t which, Value value) {
    require_blas(cublasLtMatmulDescSetAttribute(&product, which, &value, sizeof value),
                 "cublasLtMatmulDescSetAttribute", "attribute ", int(which));
  }

  std::string where_;
  cudaStream_t stream_ = nullptr;
  cublasLtHandle_t handle_ = nullptr;
  std::mutex mutex_;
  std::map<BlasKey, Plan> plans_;
};

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
