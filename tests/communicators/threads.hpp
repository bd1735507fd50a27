#pragma once
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <hush/communicator.hpp>

// Threads of one process as the ranks of a run.
namespace ranks_of_threads {

/// What the threads share: letters from one to another, in their order.
struct Post {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::pair<int, int>, std::deque<std::vector<std::byte>>> letters;  // from, to
  std::vector<std::uint64_t> sent;                                            // bytes, by rank
};

/// A rank that is a thread.
struct Threads {
  Post* post;
  int me, all;

  int rank() const { return me; }
  int size() const { return all; }
  void send(int to, std::span<const std::byte> bytes) const {
    const std::lock_guard lock(post->mutex);
    post->letters[{me, to}].emplace_back(bytes.begin(), bytes.end());
    post->sent[std::size_t(me)] += bytes.size();
    post->changed.notify_all();
  }
  void receive(int from, std::span<std::byte> bytes) const {
    std::unique_lock lock(post->mutex);
    auto& box = post->letters[{from, me}];
    post->changed.wait(lock, [&] { return !box.empty(); });
    if (box.front().size() != bytes.size()) throw std::logic_error("a letter of another size was expected");
    std::ranges::copy(box.front(), bytes.begin());
    box.pop_front();
  }
  void exchange(int partner, std::span<const std::byte> out, std::span<std::byte> in) const {
    send(partner, out);
    receive(partner, in);
  }
  void broadcast(int root, std::span<std::byte> bytes) const {
    if (me != root) return receive(root, bytes);
    for (int to = 0; to < all; ++to)
      if (to != me) send(to, bytes);
  }
  void barrier() const {
    std::byte none{};
    for (int root = 0; root < all; ++root) broadcast(root, {&none, 1});
  }
};
static_assert(hush::Communicator<Threads>);

/// Runs f(communicator) on so many ranks; gives what each threw ("" for nothing) and the bytes that it sent.
struct Ended {
  std::vector<std::string> words;
  std::vector<std::uint64_t> sent;
};
template <class F>
Ended run(int ranks, const F& f) {
  Post post;
  post.sent.resize(std::size_t(ranks));
  Ended ended{std::vector<std::string>(std::size_t(ranks)), {}};
  std::vector<std::thread> threads;
  for (int rank = 0; rank < ranks; ++rank)
    threads.emplace_back([&, rank] {
      try {
        f(hush::AnyCommunicator(Threads{&post, rank, ranks}));
      } catch (const std::exception& error) { ended.words[std::size_t(rank)] = error.what(); }
    });
  for (std::thread& thread : threads) thread.join();
  ended.sent = post.sent;
  return ended;
}

}  // namespace ranks_of_threads
