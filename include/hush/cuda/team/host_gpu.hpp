#pragma once
#include <algorithm>
#include <barrier>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <hush/cuda/cuda.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// One member of a team of host threads.
class ThreadTeam {
 public:
  static constexpr std::size_t widest = 16;  // bytes of a number that is summed
  struct Meeting {
    std::barrier<> barrier;
    std::vector<std::byte> values;
    explicit Meeting(int members) : barrier(members), values(widest * std::size_t(members)) {}
  };
  ThreadTeam(int rank, int size, Meeting& meeting, const SerialTeam& place)
      : rank_(rank), size_(size), meeting_(meeting), place_(place) {}

  std::int64_t block() const { return place_.block(); }
  std::int64_t blocks() const { return place_.blocks(); }
  int rank() const { return rank_; }
  int size() const { return size_; }
  void sync() const { meeting_.barrier.arrive_and_wait(); }
  template <class T>
  T sum(T value) const {
    return exchange(value, [](T a, T b) { return a + b; });
  }
  template <class T>
  T max(T value) const {
    return exchange(value, [](T a, T b) { return a < b ? b : a; });
  }
  template <class T>
  T* shared() const {
    return place_.shared<T>();
  }

 private:
  template <class T, class F>
  T exchange(T value, const F& f) const {
    static_assert(sizeof(T) <= widest);
    T* all = reinterpret_cast<T*>(meeting_.values.data());
    all[rank_] = value;
    sync();
    T result = all[0];
    for (int i = 1; i < size_; ++i) result = f(result, all[i]);
    sync();
    return result;
  }
  int rank_, size_;
  Meeting& meeting_;
  SerialTeam place_;
};

/// Host memory in place of a GPU's, of a size that tests may choose. Fresh blocks are filled with 0xFF, which is NaN to
/// every kernel that reads what nobody wrote.
struct HostGpuMemory {
  std::shared_ptr<std::size_t> free = std::make_shared<std::size_t>(std::size_t(1) << 34);
  std::byte* take(std::size_t bytes) const {
    if (bytes > *free) return nullptr;
    void* block = nullptr;
    if (posix_memalign(&block, 64, bytes) != 0) return nullptr;
    std::memset(block, 0xff, bytes);
    *free -= bytes;
    return static_cast<std::byte*>(block);
  }
  void give(std::byte* block, std::size_t bytes) const noexcept {
    *free += bytes;
    std::free(block);
  }
  std::string words() const { return hush::to_text("; ", *free, " are free"); }
};

/// A GPU played by the host: the same host logic, the same kernel bodies, run by teams of one (or of more threads, see
/// `members`) in the order of the queue. It is for tests and has no speed. Like a GPU's stream it can record what is
/// queued instead of doing it; while it records, nothing may be waited for.
class HostGpu {
 public:
  /// Members of every team from now on: 1, or as many threads.
  static inline int members = 1;

  static HostGpu& at(int device, int stream) {
    static auto* all = new std::map<std::pair<int, int>, std::unique_ptr<HostGpu>>;
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    check(device >= 0 && device < 2 && stream >= 0, "HostGpu", "there is no device ", device, ", stream ", stream);
    auto& one = (*all)[{device, stream}];
    if (!one) one = std::make_unique<HostGpu>();
    return *one;
  }

  CachingMemory<HostGpuMemory>& memory() { return memory_; }

  template <class Body>
  void launch(const Body& body, const TeamGrid& grid) {
    enqueue([body, grid] { run(body, grid); });
  }
  void copy_in(void* to, const void* from, std::size_t bytes) {
    refuse_while_recording("a copy from the host");
    if (bytes) std::memcpy(to, from, bytes);
  }
  void copy_out(void* to, const void* from, std::size_t bytes) {
    refuse_while_recording("a copy to the host");
    ++waits;
    if (bytes) std::memcpy(to, from, bytes);
  }
  void copy_ahead(void* to, const void* from, std::size_t bytes) { copy_in(to, from, bytes); }
  void await_ahead() {}
  void synchronise() {
    refuse_while_recording("waiting");
    ++waits;
  }
  /// How often the host has waited for this stream.
  std::int64_t waits = 0;
  /// How often work was recorded instead of done.
  std::int64_t recordings = 0;

  /// What a Graph records here: closures, to be called in order.
  class Program {
   public:
    explicit Program(HostGpu& machine) : machine_(machine) {}
    void add(const std::function<void()>& work) {
      for (auto& item : machine_.record(work)) steps_.push_back(std::move(item));
    }
    void repeat(std::int32_t* left, const std::function<void()>& work) {
      steps_.push_back([left, body = machine_.record(work)] {
        do
          for (const auto& item : body) item();
        while (--*left > 0);
      });
    }
    void launch() const {
      for (const auto& step : steps_) machine_.enqueue(step);
    }

   private:
    HostGpu& machine_;
    std::vector<std::function<void()>> steps_;
  };

 private:
  using Recording = std::vector<std::function<void()>>;
  Recording record(const std::function<void()>& work) {
    check(!recording_, "HostGpu", "is recording already");
    ++recordings;
    recording_ = std::make_unique<Recording>();
    try {
      work();
    } catch (...) {
      recording_.reset();
      throw;
    }
    return std::move(*std::exchange(recording_, nullptr));
  }
  void enqueue(std::function<void()> work) {
    if (recording_)
      recording_->push_back(std::move(work));
    else
      work();
  }
  void refuse_while_recording(const char* what) const { check(!recording_, "HostGpu", what, " cannot be recorded"); }
  template <class Body>
  static void run(const Body& body, const TeamGrid& grid) {
    const std::unique_ptr<std::byte, decltype(&std::free)> scratch(
        static_cast<std::byte*>(grid.shared ? std::aligned_alloc(16, (grid.shared + 15) / 16 * 16) : nullptr),
        &std::free);
    if (scratch) std::memset(scratch.get(), 0xff, grid.shared);
    if (members == 1) {
      for (std::int64_t b = 0; b < grid.teams; ++b) body(SerialTeam(b, grid.teams, scratch.get()));
      return;
    }
    ThreadTeam::Meeting meeting(members);
    std::vector<std::jthread> threads;
    for (int rank = 0; rank < members; ++rank)
      threads.emplace_back([&, rank] {
        for (std::int64_t b = 0; b < grid.teams; ++b) {
          body(ThreadTeam(rank, members, meeting, SerialTeam(b, grid.teams, scratch.get())));
          meeting.barrier.arrive_and_wait();
        }
      });
  }

  CachingMemory<HostGpuMemory> memory_;
  std::unique_ptr<Recording> recording_;
};

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
