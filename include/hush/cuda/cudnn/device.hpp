#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <hush/cuda/cudnn/descriptor.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// The version of cuDNN that runs, 91900 for 9.19.0. Throws CudaError if its major number differs from that of the
/// headers this program was compiled with: their structures do not fit each other.
inline int cudnn_version() {
  const int runs = int(calls().cudnn_version());
  const auto dotted = [](int version) {
    return to_text(version / 10000, ".", version / 100 % 100, ".", version % 100);
  };
  if (runs / 10000 != CUDNN_MAJOR || runs < 90800)
    throw CudaError("cudnnGetVersion", 0,
                    to_text("this program was compiled with cuDNN ", dotted(CUDNN_VERSION), " and finds version ",
                            runs / 10000 ? dotted(runs) : to_text(runs / 1000, ".", runs / 100 % 10, ".", runs % 100),
                            " when it runs; it wants ", CUDNN_MAJOR,
                            ".x, from 9.8 on: install that one, or put it first in "
                            "LD_LIBRARY_PATH"));
  return runs;
}

/// What cuDNN plans for: the GPU of a handle, or a GPU that is only described, so that plans can be made and looked at
/// where there is none.
class CudnnDevice {
 public:
  /// A GPU of this machine. `name` and the handle stay the caller's; the handle outlives this object.
  CudnnDevice(cudnnHandle_t handle, std::string name)
      : name_(std::move(name)), version_(cudnn_version()), handle_(handle) {}
  /// A GPU by its properties as cuDNN writes them (CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, since 9.8). From 9.27 on
  /// memoryBusWidth (bits) must be among them, and the driver's library must be there to be loaded: docs/support.md.
  static CudnnDevice described(std::string name, const std::string& json) {
    CudnnDevice device(nullptr, std::move(name));
    const bool whole = json.find("\"memoryBusWidth\"") != json.npos;
    const auto about = std::make_shared<const std::string>(to_text(
        "a described ", device.name_, whole ? "" : ", without the memoryBusWidth that cuDNN wants from 9.27 on"));
    device.properties_ = CudnnDescriptor(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR, about);
    device.properties_.set(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, std::vector<char>(json.begin(), json.end()));
    device.properties_.finalise();
    return device;
  }

  const std::string& name() const { return name_; }
  int version() const { return version_; }
  cudnnHandle_t handle() const { return handle_; }

  /// Tells a descriptor which GPU it is for. Some descriptors have an attribute for the handle of a real one, some for
  /// the properties of a described one, some for both; those without learn it from the others.
  void tell_handle(CudnnDescriptor& descriptor, cudnnBackendAttributeName_t name) const {
    if (handle_) descriptor.set(name, handle_);
  }
  void tell_properties(CudnnDescriptor& descriptor, cudnnBackendAttributeName_t name) const {
    if (!handle_) descriptor.set(name, properties_);
  }

 private:
  std::string name_;
  int version_;
  cudnnHandle_t handle_;
  CudnnDescriptor properties_;
};

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
