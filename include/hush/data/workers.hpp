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
#include <stdexcept>
#include <stop_token>
#include <system_error>
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

  /// Starts `threads` threads, 0: one a core. Throws std::invalid_argument for a number below 0 or above 4096, as
  /// Cpu does, and std::runtime_error where the system starts fewer.
  explicit Workers(int threads) {
    check(threads >= 0 && threads <= most, "Workers", "threads is ", threads, ": give 1 to ", most,
          ", or 0 for as many as the machine has");
    const int wanted = threads > 0 ? threads : std::clamp(int(std::thread::hardware_concurrency()), 1, most);
    try {
      for (int me = 0; me < wanted; ++me)
        threads_.emplace_back([this, me](const std::stop_token& stop) { serve(stop, me); });
    } catch (const std::system_error&) {
      throw std::runtime_error(
          to_text("[Workers] the system starts ", count(), " of ", wanted, " threads: ask for fewer"));
    }
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
  static constexpr int most = 4096;

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
