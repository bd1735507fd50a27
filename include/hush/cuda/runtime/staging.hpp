#pragma once
#include <cstddef>
#include <cstring>
#include <memory>
#include <utility>

#include <hush/cuda/runtime/require.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// Pinned host memory.
class Pinned {
 public:
  explicit Pinned(std::size_t bytes) : size_(bytes) {
    const cudaError_t status = calls().allocate_pinned(&data_, bytes);
    if (status == cudaErrorMemoryAllocation) {
      calls().last_error();
      throw OutOfMemory(to_text("[memory] wanted ", bytes, " bytes of pinned host memory, which the system has not"));
    }
    require(status, "cudaMallocHost", bytes, " bytes");
  }
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;
  ~Pinned() { calls().free_pinned(data_); }
  std::byte* data() const { return static_cast<std::byte*>(data_); }
  std::size_t size() const { return size_; }

 private:
  void* data_ = nullptr;
  std::size_t size_;
};

/// A ring of pinned memory for small copies to the device, which so need not be waited for: once round, it waits.
class Staging {
 public:
  static constexpr std::size_t size = 1 << 20, most = size / 8;

  /// Where `bytes` (at most `most`) may be put until the copy from there, to be queued on `stream` next, is done.
  std::byte* place(std::size_t bytes, cudaStream_t stream) {
    if (!ring_) ring_ = std::make_unique<Pinned>(size);
    bytes = (bytes + 63) / 64 * 64;
    if (at_ + bytes > size) {
      require(calls().stream_synchronise(stream), "cudaStreamSynchronize", "before pinned memory is used again");
      at_ = 0;
    }
    return ring_->data() + std::exchange(at_, at_ + bytes);
  }

 private:
  std::unique_ptr<Pinned> ring_;
  std::size_t at_ = 0;
};

/// Copies to the device that go on beside the work of the stream: for the next batch while this one is computed with.
class CopiesAhead {
 public:
  CopiesAhead() {
    require(calls().stream_create(&stream_, cudaStreamNonBlocking), "cudaStreamCreateWithFlags", "for copies");
    const cudaError_t made = calls().event_create(&done_, cudaEventDisableTiming);
    if (made != cudaSuccess) calls().stream_destroy(stream_);
    require(made, "cudaEventCreateWithFlags", "for copies");
  }
  CopiesAhead(const CopiesAhead&) = delete;
  CopiesAhead& operator=(const CopiesAhead&) = delete;
  ~CopiesAhead() {
    calls().event_destroy(done_);
    calls().stream_destroy(stream_);
  }

  /// Begins a copy; `from` may be changed when this returns. What is at `to` must not be in use by then.
  void copy(void* to, const void* from, std::size_t bytes) {
    require(calls().event_synchronise(done_), "cudaEventSynchronize", "the copy before this one");
    if (!pinned_ || pinned_->size() < bytes) pinned_ = std::make_unique<Pinned>(bytes);
    std::memcpy(pinned_->data(), from, bytes);
    require(calls().copy(to, pinned_->data(), bytes, cudaMemcpyHostToDevice, stream_), "cudaMemcpyAsync", bytes,
            " bytes ahead");
    require(calls().event_record(done_, stream_), "cudaEventRecord", "after a copy ahead");
  }
  /// What is queued on `stream` from now on waits for the copy.
  void await(cudaStream_t stream) {
    require(calls().stream_wait(stream, done_, 0), "cudaStreamWaitEvent", "a copy ahead");
  }

 private:
  cudaStream_t stream_ = nullptr;
  cudaEvent_t done_ = nullptr;
  std::unique_ptr<Pinned> pinned_;
};

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
