#pragma once
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <hush/cuda/runtime/calls.hpp>
#include <hush/errors.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// What a row of cuDNN calls is about, for the message should one fail: "conv2d forward [16, 32, 32, 64] ...".
using CudnnSubject = std::shared_ptr<const std::string>;

/// cuDNN's own words about its latest failure on this thread, on one line; they are gone from it afterwards.
inline std::string cudnn_words() {
  char text[2048] = "";
  calls().cudnn_last_error(text, sizeof text);
  text[sizeof text - 1] = 0;
  std::string line;
  for (const char* c = text; *c; ++c) {
    if (*c != '\n') {
      line += *c;
    } else if (c[1]) {
      line += "; ";
    }
  }
  return line;
}

/// What helps where a part of cuDNN cannot be loaded; nothing for other answers.
inline const char* cudnn_advice(cudnnStatus_t status) {
  return status != CUDNN_STATUS_SUBLIBRARY_LOADING_FAILED
             ? ""
             : "; a library that this part of cuDNN needs is missing: from 9.27 on that is the driver's, libcuda.so.1. "
               "Where there is no driver and plans are only made, the toolkit's stub serves: link "
               "lib64/stubs/libcuda.so as libcuda.so.1 into a folder of LD_LIBRARY_PATH";
}

/// Throws CudaError unless `status` is success: the call, what it was about, cuDNN's name of the error and its words.
inline void check_cudnn(cudnnStatus_t status, const char* call, const std::string& about) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  const std::string words = cudnn_words();
  throw CudaError(call, int(status),
                  to_text(about, ": cuDNN answers ", cudnnGetErrorString(status), words.empty() ? "" : ": ", words,
                          cudnn_advice(status)));
}

/// The tag by which cuDNN knows the C++ type of an attribute.
template <class T>
inline constexpr cudnnBackendAttributeType_t cudnn_tag = CUDNN_TYPE_VOID_PTR;
template <>
inline constexpr auto cudnn_tag<std::int64_t> = CUDNN_TYPE_INT64;
template <>
inline constexpr auto cudnn_tag<bool> = CUDNN_TYPE_BOOLEAN;
template <>
inline constexpr auto cudnn_tag<float> = CUDNN_TYPE_FLOAT;
template <>
inline constexpr auto cudnn_tag<char> = CUDNN_TYPE_CHAR;
template <>
inline constexpr auto cudnn_tag<cudnnHandle_t> = CUDNN_TYPE_HANDLE;
template <>
inline constexpr auto cudnn_tag<cudnnDataType_t> = CUDNN_TYPE_DATA_TYPE;
template <>
inline constexpr auto cudnn_tag<cudnnConvolutionMode_t> = CUDNN_TYPE_CONVOLUTION_MODE;
template <>
inline constexpr auto cudnn_tag<cudnnPointwiseMode_t> = CUDNN_TYPE_POINTWISE_MODE;
template <>
inline constexpr auto cudnn_tag<cudnnBackendHeurMode_t> = CUDNN_TYPE_HEUR_MODE;
template <>
inline constexpr auto cudnn_tag<cudnnBackendKnobType_t> = CUDNN_TYPE_KNOB_TYPE;
template <>
inline constexpr auto cudnn_tag<cudnnBackendNumericalNote_t> = CUDNN_TYPE_NUMERICAL_NOTE;
template <>
inline constexpr auto cudnn_tag<cudnnBackendBehaviorNote_t> = CUDNN_TYPE_BEHAVIOR_NOTE;

/// One descriptor of cuDNN's backend API, destroyed with this object. Every call that fails throws CudaError about its
/// subject. cuDNN keeps what one descriptor needs of another, so that the others may go.
class CudnnDescriptor {
 public:
  CudnnDescriptor() = default;
  CudnnDescriptor(cudnnBackendDescriptorType_t type, CudnnSubject about) : about_(std::move(about)) {
    check_cudnn(calls().descriptor_create(type, &raw_), "cudnnBackendCreateDescriptor", *about_);
  }
  CudnnDescriptor(CudnnDescriptor&& from) noexcept
      : about_(std::move(from.about_)), raw_(std::exchange(from.raw_, nullptr)) {}
  CudnnDescriptor& operator=(CudnnDescriptor&& from) noexcept {
    std::swap(about_, from.about_);
    std::swap(raw_, from.raw_);
    return *this;
  }
  ~CudnnDescriptor() {
    if (raw_) calls().descriptor_destroy(raw_);
  }

  template <class T>
  CudnnDescriptor& set(cudnnBackendAttributeName_t name, const T& value) {
    return put(name, cudnn_tag<T>, 1, &value);
  }
  template <class T>
  CudnnDescriptor& set(cudnnBackendAttributeName_t name, const std::vector<T>& values) {
    return put(name, cudnn_tag<T>, std::int64_t(values.size()), values.data());
  }
  CudnnDescriptor& set(cudnnBackendAttributeName_t name, std::initializer_list<std::int64_t> values) {
    return put(name, CUDNN_TYPE_INT64, std::int64_t(values.size()), values.begin());
  }
  CudnnDescriptor& set(cudnnBackendAttributeName_t name, const CudnnDescriptor& value) {
    return put(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &value.raw_);
  }
  CudnnDescriptor& set(cudnnBackendAttributeName_t name, const std::vector<CudnnDescriptor>& values) {
    return put(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, std::int64_t(values.size()), raw(values).data());
  }

  CudnnDescriptor& finalise() {
    check_cudnn(calls().descriptor_finalize(raw_), "cudnnBackendFinalize", *about_);
    return *this;
  }
  /// Whether cuDNN can finalise it: what it cannot do is an answer here, and no error.
  bool can_finalise() {
    if (calls().descriptor_finalize(raw_) == CUDNN_STATUS_SUCCESS) return true;
    cudnn_words();
    return false;
  }

  template <class T>
  T get(cudnnBackendAttributeName_t name) const {
    T value{};
    fetch(name, cudnn_tag<T>, 1, &value);
    return value;
  }
  /// All values of an attribute that has at most `most`.
  template <class T>
  std::vector<T> get_all(cudnnBackendAttributeName_t name, std::int64_t most) const {
    std::vector<T> values(std::size_t(most), T{});
    values.resize(std::size_t(fetch(name, cudnn_tag<T>, most, values.data())));
    return values;
  }
  /// A descriptor that this one holds.
  CudnnDescriptor get(cudnnBackendAttributeName_t name, cudnnBackendDescriptorType_t type) const {
    CudnnDescriptor value(type, about_);
    fetch(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &value.raw_);
    return value;
  }
  /// The descriptors that this one holds, at most `most`; by default as many as there are.
  std::vector<CudnnDescriptor> get_all(cudnnBackendAttributeName_t name, cudnnBackendDescriptorType_t type,
                                       std::int64_t most = -1) const {
    if (most < 0) most = fetch(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 0, nullptr);
    std::vector<CudnnDescriptor> values;
    for (std::int64_t i = 0; i < most; ++i) values.emplace_back(type, about_);
    auto pointers = raw(values);
    if (most > 0) most = fetch(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, most, pointers.data());
    values.resize(std::size_t(most));
    return values;
  }

  cudnnBackendDescriptor_t raw() const { return raw_; }
  const CudnnSubject& about() const { return about_; }

 private:
  static std::vector<cudnnBackendDescriptor_t> raw(const std::vector<CudnnDescriptor>& values) {
    std::vector<cudnnBackendDescriptor_t> pointers;
    for (const auto& value : values) pointers.push_back(value.raw_);
    return pointers;
  }
  CudnnDescriptor& put(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t count,
                       const void* values) {
    check_cudnn(calls().descriptor_set(raw_, name, type, count, values), "cudnnBackendSetAttribute",
                to_text(*about_, ", attribute ", int(name)));
    return *this;
  }
  std::int64_t fetch(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t most,
                     void* values) const {
    std::int64_t count = 0;
    check_cudnn(calls().descriptor_get(raw_, name, type, most, &count, values), "cudnnBackendGetAttribute",
                to_text(*about_, ", attribute ", int(name)));
    return most > 0 && count > most ? most : count;
  }

  CudnnSubject about_;
  cudnnBackendDescriptor_t raw_ = nullptr;
};

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
