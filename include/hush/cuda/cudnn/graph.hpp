#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <hush/cuda/conv2d_key.hpp>
#include <hush/cuda/cudnn/device.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// The names of the tensors of a convolution's graph. A gradient has the name of what it is the gradient of.
enum class CudnnTensor : std::int64_t { x = 1, weight, y, bias, residual, product, sum };

/// Puts a convolution's graph together: the convolution in one of its three directions and, forwards, + residual and
/// then + bias, in that order and with a bias of the images' type: the one fusion that cuDNN has compiled in advance.
class CudnnGraphBuilder {
 public:
  CudnnGraphBuilder(const CudnnDevice& device, const Conv2dKey& key, CudnnSubject about)
      : device_(device),
        key_(key),
        s_(key.sizes),
        about_(std::move(about)),
        type_(key.precision == Conv2dPrecision::bf16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT) {}

  /// The finished operation graph.
  CudnnDescriptor graph() {
    std::vector<CudnnDescriptor> operations;
    if (key_.direction != Conv2dDirection::forward) {
      operations.push_back(convolution(image_y(CudnnTensor::y, false)));
    } else {
      auto current =
          image_y(key_.residual || key_.bias ? CudnnTensor::product : CudnnTensor::y, key_.residual || key_.bias);
      operations.push_back(convolution(current));
      if (key_.residual) {
        auto next = image_y(key_.bias ? CudnnTensor::sum : CudnnTensor::y, key_.bias);
        operations.push_back(addition(current, image_y(CudnnTensor::residual, false), next));
        current = std::move(next);
      }
      if (key_.bias)
        operations.push_back(addition(current, tensor(CudnnTensor::bias, {1, s_.out, 1, 1}, type_, false),
                                      image_y(CudnnTensor::y, false)));
    }
    CudnnDescriptor graph(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR, about_);
    device_.tell_handle(graph, CUDNN_ATTR_OPERATIONGRAPH_HANDLE);
    graph.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, operations);
    graph.finalise();
    return graph;
  }

 private:
  struct Extents {
    std::int64_t n, c, h, w;
  };
  /// cuDNN names extents in the order N, C, H, W; the strides say that the channels are contiguous.
  CudnnDescriptor tensor(CudnnTensor name, const Extents& e, cudnnDataType_t type, bool inner) const {
    CudnnDescriptor t(CUDNN_BACKEND_TENSOR_DESCRIPTOR, about_);
    t.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, std::int64_t(name))
        .set(CUDNN_ATTR_TENSOR_DATA_TYPE, type)
        .set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, std::int64_t(16))
        .set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, inner)
        .set(CUDNN_ATTR_TENSOR_DIMENSIONS, {e.n, e.c, e.h, e.w})
        .set(CUDNN_ATTR_TENSOR_STRIDES, {e.h * e.w * e.c, 1, e.w * e.c, e.c});
    t.finalise();
    return t;
  }
  CudnnDescriptor image_y(CudnnTensor name, bool inner) const {
    return tensor(name, {s_.batch, s_.out, s_.out_height, s_.out_width}, inner ? CUDNN_DATA_FLOAT : type_, inner);
  }

  CudnnDescriptor convolution(const CudnnDescriptor& y) const {
    const auto after = [&](std::int64_t out, std::int64_t kernel, std::int64_t size, std::int64_t before) {
      return std::max<std::int64_t>(0, (out - 1) * s_.stride + kernel - size - before);
    };
    CudnnDescriptor how(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, about_);
    how.set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, std::int64_t(2))
        .set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_DATA_FLOAT)
        .set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_CROSS_CORRELATION)
        .set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, {s_.pad_top, s_.pad_left})
        .set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, {after(s_.out_height, s_.kernel_h, s_.height, s_.pad_top),
                                                    after(s_.out_width, s_.kernel_w, s_.width, s_.pad_left)})
        .set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, {s_.stride, s_.stride})
        .set(CUDNN_ATTR_CONVOLUTION_DILATIONS, {1, 1});
    how.finalise();

    const auto names = names_of(key_.direction);
    CudnnDescriptor operation(names.operation, about_);
    operation.set(names.how, how)
        .set(names.x, tensor(CudnnTensor::x, {s_.batch, s_.in, s_.height, s_.width}, type_, false))
        .set(names.weight, tensor(CudnnTensor::weight, {s_.out, s_.in, s_.kernel_h, s_.kernel_w}, type_, false))
        .set(names.y, y)
        .set(names.alpha, 1.f)
        .set(names.beta, 0.f);
    operation.finalise();
    return operation;
  }

  struct Names {
    cudnnBackendDescriptorType_t operation;
    cudnnBackendAttributeName_t how, x, weight, y, alpha, beta;
  };
  static Names names_of(Conv2dDirection direction) {
    switch (direction) {
      case Conv2dDirection::backward_input:
        return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA};
      case Conv2dDirection::backward_weight:
        return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA};
      default:
        return {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
                CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
                CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
                CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
                CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
                CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
                CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA};
    }
  }

  CudnnDescriptor addition(const CudnnDescriptor& a, const CudnnDescriptor& b, const CudnnDescriptor& sum) const {
    CudnnDescriptor how(CUDNN_BACKEND_POINTWISE_DESCRIPTOR, about_);
    how.set(CUDNN_ATTR_POINTWISE_MODE, CUDNN_POINTWISE_ADD).set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_DATA_FLOAT);
    how.finalise();
    CudnnDescriptor operation(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR, about_);
    operation.set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, how)
        .set(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, a)
        .set(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, b)
        .set(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, sum);
    operation.finalise();
    return operation;
  }

  const CudnnDevice& device_;
  const Conv2dKey& key_;
  const Conv2dSizes& s_;
  CudnnSubject about_;
  cudnnDataType_t type_;
};

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
