#pragma once
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include <hush/check.hpp>
#include <hush/host_device.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

namespace cpu_detail {

/// How many threads a handle's number means: 0 is as many as the machine has. Throws std::invalid_argument for a number
/// below 0, or above 4096, more than any machine has.
inline int threads_of(int wanted) {
  static const int machine = std::max(1, int(std::thread::hardware_concurrency()));
  check(wanted >= 0 && wanted <= 4096, "Cpu", ".threads is ", wanted,
        ": give 1 to 4096, or 0 for as many as the machine has");
  return wanted > 0 ? wanted : machine;
}

}  // namespace cpu_detail

/// The one pool of worker threads of a process. It grows to the number of threads asked for. Waiting threads spin, then
/// give way to other programs for half a millisecond, as the next job or the end of this one mostly comes within it,
/// and then sleep.
class ThreadPool {
 public:
  static ThreadPool& shared() {
    static ThreadPool pool;
    return pool;
  }
  ThreadPool() = default;
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  ~ThreadPool() { post({.stops = true}); }

  /// Calls task(i) once for every i in [0, tasks), on at most `threads` threads of which the caller is one. The order
  /// is free: a task must not depend on its thread. Each thread starts with a range of its own, the same in every job
  /// of as many tasks, so that its cache is warm, and then steals from the others. Inside a task, or while another
  /// thread uses the pool, all tasks run in the caller. The first exception is rethrown when all have stopped. Throws
  /// std::runtime_error where the system starts fewer threads.
  template <class Task>
  void run(int threads, std::int64_t tasks, const Task& task) {
    if (tasks <= 0) return;
    const int helpers = int(std::min<std::int64_t>({threads, tasks, most_workers + 1})) - 1;
    std::unique_lock busy(turn_, std::defer_lock);
    if (helpers <= 0 || inside() || !busy.try_lock()) {
      for (std::int64_t i = 0; i < tasks; ++i) task(i);
      return;
    }
    Job job{.call = [](const void* f, std::int64_t i) { (*static_cast<const Task*>(f))(i); }, .task = &task};
    start(job, tasks, helpers);
    inside() = true;
    work(job, 0);
    inside() = false;
    finish();
    if (job.error) std::rethrow_exception(job.error);
  }

 private:
  static constexpr int most_workers = 0xfff;

  struct alignas(64) Range {
    std::atomic<std::int64_t> next = 0;
    std::int64_t end = 0;
  };
  struct Job {
    static constexpr int most_ranges = 32;  // a job lies on its caller's stack: 2 KiB; more threads share ranges

    void (*call)(const void*, std::int64_t);
    const void* task;
    int ranges = 0;
    Range range[most_ranges] = {};
    std::exception_ptr error = nullptr;  // guarded by mutex_
  };
  /// What the workers are to do, in one word: the job's number, how many workers may join it and how many have. A job
  /// that has ended lets nobody join.
  struct Posted {
    std::uint32_t number = 0;
    unsigned helpers = 0, joined = 0;
    bool stops = false;

    static Posted of(std::uint64_t word) {
      return {std::uint32_t(word >> 32), unsigned(word >> 16 & 0xffff), unsigned(word & 0x7fff), (word & 0x8000) != 0};
    }
    std::uint64_t word() const {
      return std::uint64_t(number) << 32 | std::uint64_t(helpers) << 16 | joined | (stops ? 0x8000u : 0u);
    }
  };

  static bool& inside() {
    thread_local bool flag = false;
    return flag;
  }
  void start(Job& job, std::int64_t tasks, int helpers) {
    job.ranges = std::min(helpers + 1, Job::most_ranges);
    for (int i = 0; i < job.ranges; ++i) {
      job.range[i].next.store(tasks * i / job.ranges, std::memory_order_relaxed);
      job.range[i].end = tasks * (i + 1) / job.ranges;
    }
    grow(helpers);
    job_ = &job;
    ended_.store(0, std::memory_order_relaxed);
    post({.helpers = unsigned(helpers)});
  }
  void grow(int helpers) {
    try {
      while (int(workers_.size()) < helpers)
        workers_.emplace_back([this, me = unsigned(workers_.size()), seen = number_] { serve(me, seen); });
    } catch (const std::system_error&) {
      throw std::runtime_error(to_text("[Cpu] the system starts ", workers_.size() + 1, " of ", helpers + 1,
                                       " threads: give fewer .threads"));
    }
  }
  void post(Posted next) {
    next.number = ++number_;
    posted_.store(next.word());
    wake(wake_);
  }
  void wake(std::condition_variable& sleepers) {
    if (sleeping_.load() == 0) return;
    const std::lock_guard lock(mutex_);
    sleepers.notify_all();
  }
  void work(Job& job, int thread) {
    try {
      for (int i = 0; i < job.ranges; ++i) {
        Range& range = job.range[(thread + i) % job.ranges];
        for (std::int64_t n; (n = range.next.fetch_add(1, std::memory_order_relaxed)) < range.end;)
          job.call(job.task, n);
      }
    } catch (...) {
      for (int i = 0; i < job.ranges; ++i) job.range[i].next = job.range[i].end;
      const std::lock_guard lock(mutex_);
      if (!job.error) job.error = std::current_exception();
    }
  }
  /// Lets nobody join the job any more, and waits for those who have.
  void finish() {
    const unsigned joined = Posted::of(posted_.exchange(Posted{.number = number_}.word())).joined;
    await(done_, [&] { return ended_.load() == joined; });
  }
  void serve(unsigned me, std::uint32_t seen) {
    inside() = true;
    for (;;) {
      await(wake_, [&] { return Posted::of(posted_.load()).number != seen; });
      const Posted now = Posted::of(posted_.load());
      if (now.stops) return;
      seen = now.number;
      if (!join(me, seen)) continue;
      work(*job_, int(me) + 1);
      ended_.fetch_add(1);
      wake(done_);
    }
  }
  /// Whether a worker is one of those on the job of this number, which has not ended.
  bool join(unsigned me, std::uint32_t number) {
    std::uint64_t word = posted_.load();
    for (Posted now = Posted::of(word); now.number == number && me < now.helpers; now = Posted::of(word)) {
      ++now.joined;
      if (posted_.compare_exchange_weak(word, now.word())) return true;
    }
    return false;
  }
  /// Returns when `ready()`. Who makes it so notifies `slept` if somebody sleeps: both orders of the two are seen, as
  /// all that is read and written here is sequentially consistent.
  template <class Ready>
  void await(std::condition_variable& slept, const Ready& ready) {
    using std::chrono::microseconds;
    const auto begin = std::chrono::steady_clock::now();
    while (!ready()) {
      for (int i = 0; i < 8; ++i) HUSH_CPU_PAUSE();
      const auto waited = std::chrono::steady_clock::now() - begin;
      if (waited > microseconds(20)) std::this_thread::yield();
      if (waited < microseconds(500)) continue;
      std::unique_lock lock(mutex_);
      sleeping_.fetch_add(1);
      slept.wait(lock, ready);
      sleeping_.fetch_sub(1);
      return;
    }
  }

  std::mutex turn_, mutex_;
  std::condition_variable wake_, done_;
  alignas(64) std::atomic<std::uint64_t> posted_ = 0;
  alignas(64) std::atomic<unsigned> ended_ = 0;  // workers that have left the job
  alignas(64) std::atomic<int> sleeping_ = 0;
  Job* job_ = nullptr;
  std::uint32_t number_ = 0;
  std::vector<std::jthread> workers_;  // last: joined before the rest is destroyed
};

}  // namespace HUSH_CPU_ABI
}  // namespace hush
