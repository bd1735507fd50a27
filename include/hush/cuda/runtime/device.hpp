#pragma once
#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeindex>
#include <utility>

#include <hush/cuda/cuda.hpp>
#include <hush/cuda/runtime/require.hpp>
#include <hush/cuda/runtime/staging.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// Plain device memory (never managed), of the device that is current.
struct CudaMemory {
  int device = 0;
  static constexpr std::size_t grain = 512;

  /// Small blocks share a segment; large ones have their own. The sizes are those of PyTorch's allocator.
  static constexpr std::size_t segment(std::size_t bytes, std::size_t) {
    constexpr std::size_t unit = std::size_t(2) << 20;
    return bytes <= unit / 2 ? unit : bytes <= 5 * unit ? 10 * unit : (bytes + unit - 1) / unit * unit;
  }
  std::byte* take(std::size_t bytes) const {
    void* block = nullptr;
    const cudaError_t status = calls().allocate(&block, bytes);
    if (status == cudaErrorMemoryAllocation) {
      calls().last_error();
      return nullptr;
    }
    require(status, "cudaMalloc", bytes, " bytes on device ", device);
    return static_cast<std::byte*>(block);
  }
  void give(std::byte* block, std::size_t) const noexcept { calls().free(block); }
  std::string words() const {
    std::size_t free = 0, total = 0;
    if (calls().memory_info(&free, &total) != cudaSuccess) return {};
    return hush::to_text("; device ", device, " has ", free, " bytes free of ", total);
  }
};

/// A type as messages name it, taken from the compiler's name of this very function.
template <class Body>
constexpr auto name_of() {
  constexpr std::string_view text = __PRETTY_FUNCTION__, mark = "Body = ";
  constexpr auto from = text.find(mark) + mark.size();
  return text.substr(from, text.rfind(']') - from);
}

/// The code for the device that runs a body, and that which counts down a graph's loop; both in cuda/device.cuh, which
/// nvcc compiles.
template <class Body>
const void* kernel_of();
template <class Handle>
const void* countdown_kernel();

/// A GPU and one stream of it: what a Cuda handle stands for. Made when it is first asked for, and never destroyed.
class Device {
 public:
  /// Throws CudaError in words if there is no driver, one that is too old, no such device, or one older than the code.
  static Device& at(int device, int stream) {
    static auto* all = new std::map<std::pair<int, int>, std::unique_ptr<Device>>;
    static std::mutex mutex;
    thread_local std::pair<int, int> last{-1, -1};
    thread_local Device* found = nullptr;
    if (last == std::pair(device, stream)) [[likely]]
      return *found;
    const std::lock_guard lock(mutex);
    last = {-1, -1};  // a device that is refused may be the current one by then
    auto& one = (*all)[{device, stream}];
    if (!one) one = std::make_unique<Device>(device);
    require(calls().set_device(device), "cudaSetDevice", "device ", device);
    last = {device, stream};
    return *(found = one.get());
  }
  explicit Device(int device) : device_(device), memory_(CudaMemory{device}) {
    check_driver();
    int count = 0;
    const cudaError_t counted = calls().device_count(&count);
    if (counted == cudaErrorNoDevice || (counted == cudaSuccess && count == 0))
      throw CudaError(
          "cudaGetDeviceCount", int(cudaErrorNoDevice),
          "there is no NVIDIA GPU on this machine, or CUDA_VISIBLE_DEVICES hides it; hush runs on the CPU too");
    require(counted, "cudaGetDeviceCount", "the NVIDIA driver does not answer: see what nvidia-smi says");
    if (device < 0 || device >= count)
      throw CudaError(
          "Cuda", int(cudaErrorInvalidDevice),
          to_text("there is no device ", device, ": this machine has ", count == 1 ? "only device 0" : "devices 0 to ",
                  count == 1 ? std::string() : std::to_string(count - 1)));
    require(calls().set_device(device), "cudaSetDevice", "device ", device);
    const int major = attribute(cudaDevAttrComputeCapabilityMajor),
              minor = attribute(cudaDevAttrComputeCapabilityMinor);
    architecture_ = 10 * major + minor;
    if (architecture_ < 80)
      throw CudaError("Cuda", 0,
                      to_text("device ", device, " is too old: it has architecture sm_", architecture_,
                              ", hush wants sm_80 (Ampere) or newer"));
    require(calls().stream_create(&stream_, cudaStreamNonBlocking), "cudaStreamCreateWithFlags", "device ", device);
  }
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  ~Device() {
    parts_.clear();
    calls().stream_destroy(stream_);
  }

  CachingMemory<CudaMemory>& memory() { return memory_; }
  cudaStream_t stream() const { return stream_; }
  int device() const { return device_; }
  /// Compute capability times ten: 90 for an H200.
  int architecture() const { return architecture_; }

  template <class Body>
  void launch(const Body& body, const TeamGrid& grid) {
    void* arguments[]{const_cast<Body*>(&body)};
    launch_kernel(kernel_of<Body>(), arguments, grid, name_of<Body>());
  }
  /// The bytes may be changed when this returns. Small copies are queued, large ones waited for.
  void copy_in(void* to, const void* from, std::size_t bytes) {
    refuse_while_recording("a copy from the host");
    if (bytes == 0) return;
    const bool small = bytes <= Staging::most;
    if (small) from = std::memcpy(staging_.place(bytes, stream_), from, bytes);
    require(calls().copy(to, from, bytes, cudaMemcpyHostToDevice, stream_), "cudaMemcpyAsync", bytes,
            " bytes to device ", device_);
    if (!small) synchronise();
  }
  /// The same beside what is queued; `await_ahead` makes later work wait for it.
  void copy_ahead(void* to, const void* from, std::size_t bytes) { part<CopiesAhead>().copy(to, from, bytes); }
  void await_ahead() { part<CopiesAhead>().await(stream_); }
  void copy_out(void* to, const void* from, std::size_t bytes) {
    refuse_while_recording("a copy to the host");
    if (bytes > 0)
      require(calls().copy(to, from, bytes, cudaMemcpyDeviceToHost, stream_), "cudaMemcpyAsync", bytes,
              " bytes from device ", device_);
    synchronise();
  }
  void synchronise() {
    refuse_while_recording("waiting");
    require(calls().stream_synchronise(stream_), "cudaStreamSynchronize", "device ", device_,
            "; what failed was queued earlier, and compute-sanitizer names it");
  }

  /// What belongs to this stream besides (a library's handle): made as Part(*this) or Part() when first asked for.
  template <class Part>
  Part& part() {
    auto& one = parts_[typeid(Part)];
    if (!one) {
      if constexpr (std::is_constructible_v<Part, Device&>)
        one = std::make_shared<Part>(*this);
      else
        one = std::make_shared<Part>();
    }
    return *static_cast<Part*>(one.get());
  }
  class Program;

  void launch_kernel(const void* kernel, void** arguments, const TeamGrid& grid, std::string_view name) {
    // What a kernel has without asking, 48 KiB, holds the numbers of BlockTeam::sum too. It always asks for the same: a
    // graph that is put together later wants its largest launch allowed still.
    constexpr std::size_t without_asking = 40 * 1024, most = 96 * 1024;
    if (grid.shared > without_asking)
      require_kernel(calls().function_attribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                                int(std::max(grid.shared, most))),
                     "cudaFuncSetAttribute", grid, name);
    require_kernel(calls().launch(kernel, dim3(unsigned(grid.teams)), dim3(unsigned(grid.threads)), arguments,
                                  grid.shared, stream_),
                   "cudaLaunchKernel", grid, name);
  }

 private:
  void check_driver() const {
    int driver = 0, runtime = 0;
    calls().driver_version(&driver);
    calls().runtime_version(&runtime);
    if (driver == 0)
      throw CudaError("cudaDriverGetVersion", int(cudaErrorInsufficientDriver),
                      "there is no NVIDIA driver on this machine, so no GPU can be used; hush runs on the CPU too");
    if (driver / 1000 < runtime / 1000)
      throw CudaError("cudaDriverGetVersion", int(cudaErrorInsufficientDriver),
                      to_text("the NVIDIA driver is too old: it knows CUDA ", driver / 1000, ".", driver % 100 / 10,
                              ", this program was built with CUDA ", runtime / 1000, ".", runtime % 100 / 10,
                              "; update the driver"));
  }
  void require_kernel(cudaError_t status, const char* call, const TeamGrid& grid, std::string_view name) const {
    if (status == cudaErrorNoKernelImageForDevice || status == cudaErrorInvalidDeviceFunction) {
      calls().last_error();
      throw CudaError(call, int(status),
                      to_text("this program holds no code for sm_", architecture_, ", which is what device ", device_,
                              " wants: build it with CMAKE_CUDA_ARCHITECTURES=", architecture_, ", or nvcc -arch=sm_",
                              architecture_));
    }
    require(status, call, "the kernel is ", name, ", for ", grid.teams, grid.teams == 1 ? " team of " : " teams of ",
            grid.threads, " with ", grid.shared, " bytes of scratch, on device ", device_);
  }
  int attribute(cudaDeviceAttr which) const {
    int value = 0;
    require(calls().device_attribute(&value, which, device_), "cudaDeviceGetAttribute", "device ", device_);
    return value;
  }
  void refuse_while_recording(const char* what) const { check(!recording_, "Device", what, " cannot be recorded"); }

  int device_, architecture_ = 0;
  bool recording_ = false;  // what is queued is recorded, not done
  cudaStream_t stream_ = nullptr;
  CachingMemory<CudaMemory> memory_;
  Staging staging_;
  std::map<std::type_index, std::shared_ptr<void>> parts_;
};

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
