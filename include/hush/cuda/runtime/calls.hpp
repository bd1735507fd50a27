#pragma once
#include <cublasLt.h>
#include <cuda_runtime_api.h>
#include <cudnn.h>

#include <cstddef>
#include <cstdint>

#include <hush/host_device.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// Every function of CUDA, cuDNN and cuBLASLt that the library calls, as one table of pointers. Tests put failing ones
/// into it, so that what a broken driver or a full device says is seen without either.
struct Calls {
  cudaError_t (*driver_version)(int*) = cudaDriverGetVersion;
  cudaError_t (*runtime_version)(int*) = cudaRuntimeGetVersion;
  cudaError_t (*device_count)(int*) = cudaGetDeviceCount;
  cudaError_t (*set_device)(int) = cudaSetDevice;
  cudaError_t (*device_attribute)(int*, cudaDeviceAttr, int) = cudaDeviceGetAttribute;
  cudaError_t (*device_properties)(cudaDeviceProp*, int) = cudaGetDeviceProperties;
  cudaError_t (*memory_info)(std::size_t*, std::size_t*) = cudaMemGetInfo;
  cudaError_t (*allocate)(void**, std::size_t) = cudaMalloc;
  cudaError_t (*free)(void*) = cudaFree;
  cudaError_t (*allocate_pinned)(void**, std::size_t) = cudaMallocHost;
  cudaError_t (*free_pinned)(void*) = cudaFreeHost;
  cudaError_t (*copy)(void*, const void*, std::size_t, cudaMemcpyKind, cudaStream_t) = cudaMemcpyAsync;
  cudaError_t (*set)(void*, int, std::size_t, cudaStream_t) = cudaMemsetAsync;
  cudaError_t (*stream_create)(cudaStream_t*, unsigned) = cudaStreamCreateWithFlags;
  cudaError_t (*stream_destroy)(cudaStream_t) = cudaStreamDestroy;
  cudaError_t (*stream_synchronise)(cudaStream_t) = cudaStreamSynchronize;
  cudaError_t (*stream_wait)(cudaStream_t, cudaEvent_t, unsigned) = cudaStreamWaitEvent;
  cudaError_t (*event_create)(cudaEvent_t*, unsigned) = cudaEventCreateWithFlags;
  cudaError_t (*event_destroy)(cudaEvent_t) = cudaEventDestroy;
  cudaError_t (*event_record)(cudaEvent_t, cudaStream_t) = cudaEventRecord;
  cudaError_t (*event_synchronise)(cudaEvent_t) = cudaEventSynchronize;
  cudaError_t (*event_elapsed)(float*, cudaEvent_t, cudaEvent_t) = cudaEventElapsedTime;
  cudaError_t (*last_error)() = cudaGetLastError;
  cudaError_t (*launch)(const void*, dim3, dim3, void**, std::size_t, cudaStream_t) = cudaLaunchKernel;
  cudaError_t (*function_attribute)(const void*, cudaFuncAttribute, int) = cudaFuncSetAttribute;
  cudaError_t (*capture_begin)(cudaStream_t, cudaStreamCaptureMode) = cudaStreamBeginCapture;
  cudaError_t (*capture_end)(cudaStream_t, cudaGraph_t*) = cudaStreamEndCapture;
  cudaError_t (*capturing)(cudaStream_t, cudaStreamCaptureStatus*) = cudaStreamIsCapturing;
  cudaError_t (*graph_create)(cudaGraph_t*, unsigned) = cudaGraphCreate;
  cudaError_t (*graph_add_child)(cudaGraphNode_t*, cudaGraph_t, const cudaGraphNode_t*, std::size_t,
                                 cudaGraph_t) = cudaGraphAddChildGraphNode;
  cudaError_t (*graph_add_node)(cudaGraphNode_t*, cudaGraph_t, const cudaGraphNode_t*, const cudaGraphEdgeData*,
                                std::size_t, cudaGraphNodeParams*) = cudaGraphAddNode;
  cudaError_t (*conditional_create)(cudaGraphConditionalHandle*, cudaGraph_t, unsigned,
                                    unsigned) = cudaGraphConditionalHandleCreate;
  cudaError_t (*graph_destroy)(cudaGraph_t) = cudaGraphDestroy;
  cudaError_t (*graph_exec_destroy)(cudaGraphExec_t) = cudaGraphExecDestroy;
  cudaError_t (*graph_instantiate)(cudaGraphExec_t*, cudaGraph_t, unsigned long long) = cudaGraphInstantiate;
  cudaError_t (*graph_launch)(cudaGraphExec_t, cudaStream_t) = cudaGraphLaunch;

  std::size_t (*cudnn_version)() = cudnnGetVersion;
  cudnnStatus_t (*cudnn_create)(cudnnHandle_t*) = cudnnCreate;
  cudnnStatus_t (*cudnn_destroy)(cudnnHandle_t) = cudnnDestroy;
  cudnnStatus_t (*cudnn_set_stream)(cudnnHandle_t, cudaStream_t) = cudnnSetStream;
  cudnnStatus_t (*descriptor_create)(cudnnBackendDescriptorType_t,
                                     cudnnBackendDescriptor_t*) = cudnnBackendCreateDescriptor;
  cudnnStatus_t (*descriptor_destroy)(cudnnBackendDescriptor_t) = cudnnBackendDestroyDescriptor;
  cudnnStatus_t (*descriptor_finalize)(cudnnBackendDescriptor_t) = cudnnBackendFinalize;
  cudnnStatus_t (*descriptor_set)(cudnnBackendDescriptor_t, cudnnBackendAttributeName_t, cudnnBackendAttributeType_t,
                                  std::int64_t, const void*) = cudnnBackendSetAttribute;
  cudnnStatus_t (*descriptor_get)(cudnnBackendDescriptor_t, cudnnBackendAttributeName_t, cudnnBackendAttributeType_t,
                                  std::int64_t, std::int64_t*, void*) = cudnnBackendGetAttribute;
  cudnnStatus_t (*execute)(cudnnHandle_t, cudnnBackendDescriptor_t, cudnnBackendDescriptor_t) = cudnnBackendExecute;
  void (*cudnn_last_error)(char*, std::size_t) = cudnnGetLastErrorString;

  cublasStatus_t (*blas_create)(cublasLtHandle_t*) = cublasLtCreate;
  cublasStatus_t (*blas_destroy)(cublasLtHandle_t) = cublasLtDestroy;
  cublasStatus_t (*matmul_heuristic)(cublasLtHandle_t, cublasLtMatmulDesc_t, cublasLtMatrixLayout_t,
                                     cublasLtMatrixLayout_t, cublasLtMatrixLayout_t, cublasLtMatrixLayout_t,
                                     cublasLtMatmulPreference_t, int, cublasLtMatmulHeuristicResult_t*,
                                     int*) = cublasLtMatmulAlgoGetHeuristic;
  cublasStatus_t (*matmul)(cublasLtHandle_t, cublasLtMatmulDesc_t, const void*, const void*, cublasLtMatrixLayout_t,
                           const void*, cublasLtMatrixLayout_t, const void*, const void*, cublasLtMatrixLayout_t, void*,
                           cublasLtMatrixLayout_t, const cublasLtMatmulAlgo_t*, void*, std::size_t,
                           cudaStream_t) = cublasLtMatmul;
};

/// The table in use.
inline Calls& calls() {
  static Calls table;
  return table;
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
