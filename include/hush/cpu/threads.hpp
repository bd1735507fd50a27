#pragma once
#include <algorithm>
#include <atomic>
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

/// The one pool of worker threads of a process. It grows to what is asked and its workers sleep between jobs.
class ThreadPool {
 public:
  static ThreadPool& shared() {
    static ThreadPool pool;
    return pool;
  }

  /// Calls task(i) once for every i in [0, tasks), on at most `threads` threads of which the caller is one. The order
  /// is free: a task must not depend on who runs it. Inside a task, or while another thread uses the pool, it runs in
  /// place. The first exception is rethrown when all have stopped.
  template <class Task>
  void run(int threads, std::int64_t tasks, const Task& task) {
    if (tasks <= 0) return;
    const int helpers = int(std::min<std::int64_t>(threads, tasks)) - 1;
    std::unique_lock busy(turn_, std::defer_lock);
    if (helpers <= 0 || inside() || !busy.try_lock()) {
      for (std::int64_t i = 0; i < tasks; ++i) task(i);
      return;
    }
    Job job{.call = [](const void* f, std::int64_t i) { (*static_cast<const Task*>(f))(i); },
            .task = &task,
            .tasks = tasks};
    start(job, helpers);
    inside() = true;
    work(job);
    inside() = false;
    finish(job);
    if (job.error) std::rethrow_exception(job.error);
  }

 private:
  struct Job {
    void (*call)(const void*, std::int64_t);
    const void* task;
    std::int64_t tasks;
    std::atomic<std::int64_t> next = 0;
    std::exception_ptr error = nullptr;  // guarded by mutex_
  };

  static bool& inside() {
    thread_local bool flag = false;
    return flag;
  }
  void start(Job& job, int helpers) {
    const std::lock_guard lock(mutex_);
    while (int(workers_.size()) < helpers) workers_.emplace_back([this](const std::stop_token& stop) { serve(stop); });
    job_ = &job;
    seats_ = helpers;
    posted_.fetch_add(1, std::memory_order_release);
    wake_.notify_all();
  }
  void work(Job& job) {
    try {
      for (std::int64_t i; (i = job.next.fetch_add(1, std::memory_order_relaxed)) < job.tasks;) job.call(job.task, i);
    } catch (...) {
      job.next = job.tasks;
      const std::lock_guard lock(mutex_);
      if (!job.error) job.error = std::current_exception();
    }
  }
  void finish(Job&) {
    std::unique_lock lock(mutex_);
    seats_ = 0;  // who has not come yet need not
    done_.wait(lock, [&] { return working_ == 0; });
    job_ = nullptr;
  }
  void serve(const std::stop_token& stop) {
    inside() = true;
    for (unsigned seen = 0;;) {
      for (int spin = 0; spin < 2000 && posted_.load(std::memory_order_acquire) == seen; ++spin) pause();
      std::unique_lock lock(mutex_);
      if (!wake_.wait(lock, stop, [&] { return posted_.load(std::memory_order_relaxed) != seen; })) return;
      seen = posted_.load(std::memory_order_relaxed);
      if (seats_ <= 0) continue;
      --seats_, ++working_;
      Job& job = *job_;
      lock.unlock();
      work(job);
      lock.lock();
      if (--working_ == 0) done_.notify_all();
    }
  }
  static void pause() { std::atomic_signal_fence(std::memory_order_seq_cst); }

  std::mutex turn_, mutex_;
  std::condition_variable_any wake_;
  std::condition_variable done_;
  std::atomic<unsigned> posted_ = 0;
  Job* job_ = nullptr;
  int seats_ = 0, working_ = 0;
  std::vector<std::jthread> workers_;  // last: joined before the rest is destroyed
};

}  // namespace HUSH_CPU_ABI
}  // namespace hush
