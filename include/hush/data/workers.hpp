#pragma once
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include <hush/check.hpp>

namespace hush::data {

/// Background threads that process numbered pieces, one task after the other. The result of a piece must not depend on
/// its thread, nor on the order.
class Workers {
 public:
  /// Processes a piece; `worker`, from 0, is the index of the calling thread, for buffers of its own.
  using Work = std::function<void(std::int64_t piece, int worker)>;

  /// A task: the pieces 0 to `pieces` - 1.
  struct Task {
    Work work;
    std::int64_t pieces = 0;
    std::atomic<std::int64_t> next = 0;
    int working = 0;  // this and what follows: guarded by the mutex
    std::int64_t failed_at = std::numeric_limits<std::int64_t>::max();
    std::exception_ptr failed = nullptr;
  };

  /// Throws std::invalid_argument unless 1 <= count <= 256.
  explicit Workers(int count) {
    check(count >= 1 && count <= 256, "workers", "there can be 1 to 256 threads, not ", count);
    for (int me = 0; me < count; ++me)
      threads_.emplace_back([this, me](const std::stop_token& stop) { serve(stop, me); });
  }
  Workers(const Workers&) = delete;
  ~Workers() {
    {
      const std::lock_guard lock(mutex_);
      for (const auto& task : queue_) abandon(*task);
    }
    for (auto& thread : threads_) thread.request_stop();
  }

  int count() const { return int(threads_.size()); }

  /// Starts a task and returns at once.
  std::shared_ptr<Task> begin(std::int64_t pieces, Work work) {
    auto task = std::make_shared<Task>();
    task->work = std::move(work);
    task->pieces = pieces;
    const std::lock_guard lock(mutex_);
    queue_.push_back(task);
    wake_.notify_all();
    return task;
  }
  /// Waits for the end of a task. After an exception later pieces are not started; rethrows that of the lowest-numbered
  /// piece.
  void finish(const Task& task) {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return task.next >= task.pieces && task.working == 0; });
    if (task.failed) std::rethrow_exception(task.failed);
  }
  /// Cancels the pieces of a task that have not started.
  static void abandon(Task& task) { task.next = task.pieces; }
  void run(std::int64_t pieces, Work work) { finish(*begin(pieces, std::move(work))); }

 private:
  void serve(const std::stop_token& stop, int me) {
    std::unique_lock lock(mutex_);
    while (wake_.wait(lock, stop, [&] { return !queue_.empty(); }) && !stop.stop_requested()) {
      const auto task = queue_.front();
      ++task->working;
      lock.unlock();
      work_off(*task, me);
      lock.lock();
      --task->working;
      if (!queue_.empty() && queue_.front() == task) queue_.pop_front();  // all its pieces are begun
      done_.notify_all();
    }
  }
  void work_off(Task& task, int me) {
    for (std::int64_t piece; (piece = task.next.fetch_add(1)) < task.pieces;) try {
        task.work(piece, me);
      } catch (...) {
        const std::lock_guard lock(mutex_);
        if (piece < task.failed_at) {
          task.failed_at = piece;
          task.failed = std::current_exception();
        }
        task.next = task.pieces;
      }
  }

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::condition_variable done_;
  std::deque<std::shared_ptr<Task>> queue_;
  std::vector<std::jthread> threads_;  // last: joined before the rest is destroyed
};

}  // namespace hush::data
