#pragma once
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include <hush/host_device.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

/// The one pool of worker threads of a process. It grows to the number of threads asked for. Waiting threads spin for a
/// moment, as the next job or the end of this one mostly comes within it, and then sleep.
class ThreadPool {
 public:
  static ThreadPool& shared() {
    static ThreadPool pool;
    return pool;
  }

  /// Calls task(i) once for every i in [0, tasks), on at most `threads` threads of which the caller is one. The order
  /// is free: a task must not depend on its thread. Each thread starts with a range of its own, the same in every job
  /// of as many tasks, so that its cache is warm, and then steals from the others. Inside a task, or while another
  /// thread uses the pool, all tasks run in the caller. The first exception is rethrown when all have stopped.
  template <class Task>
  void run(int threads, std::int64_t tasks, const Task& task) {
    if (tasks <= 0) return;
    const int helpers = int(std::min<std::int64_t>(threads, tasks)) - 1;
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
    finish(job);
    if (job.error) std::rethrow_exception(job.error);
  }

 private:
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
    const std::lock_guard lock(mutex_);
    while (int(workers_.size()) < helpers)
      workers_.emplace_back([this, me = int(workers_.size())](const std::stop_token& stop) { serve(stop, me); });
    job_ = &job;
    helpers_ = helpers;
    posted_.fetch_add(1, std::memory_order_release);
    wake_.notify_all();
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
  void finish(Job&) {
    std::unique_lock lock(mutex_);
    helpers_ = 0;  // a worker that has not started yet need not
    lock.unlock();
    await([&] { return working_.load(std::memory_order_acquire) == 0; });
    lock.lock();
    done_.wait(lock, [&] { return working_ == 0; });
    job_ = nullptr;
  }
  void serve(const std::stop_token& stop, int me) {
    inside() = true;
    for (unsigned seen = 0;;) {
      await([&] { return posted_.load(std::memory_order_acquire) != seen; });
      std::unique_lock lock(mutex_);
      if (!wake_.wait(lock, stop, [&] { return posted_.load(std::memory_order_relaxed) != seen; })) return;
      seen = posted_.load(std::memory_order_relaxed);
      if (me >= helpers_) continue;
      ++working_;
      Job& job = *job_;
      lock.unlock();
      work(job, me + 1);
      lock.lock();
      if (--working_ == 0) done_.notify_all();
    }
  }
  /// Spins on `ready()` for twenty microseconds.
  template <class Ready>
  static void await(const Ready& ready) {
    const auto begin = std::chrono::steady_clock::now();
    while (!ready()) {
      for (int i = 0; i < 8; ++i) HUSH_CPU_PAUSE();
      if (std::chrono::steady_clock::now() - begin > std::chrono::microseconds(20)) return;
    }
  }

  std::mutex turn_, mutex_;
  std::condition_variable_any wake_;
  std::condition_variable done_;
  std::atomic<unsigned> posted_ = 0;
  Job* job_ = nullptr;
  int helpers_ = 0;  // number of workers of the job, the first ones
  std::atomic<int> working_ = 0;
  std::vector<std::jthread> workers_;  // last: joined before the rest is destroyed
};

}  // namespace HUSH_CPU_ABI
}  // namespace hush
