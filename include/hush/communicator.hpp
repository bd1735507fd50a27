#pragma once
#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace hush {

/// The ranks of a run: processes (or threads) that work on one training, numbered from 0. A copyable handle, whose
/// calls every rank makes in the same order:
///   exchange(partner, out, in): sends `out` to a rank and receives `in` from it, which sends as many bytes as that
///     holds (none, or other than `out` has, are allowed);
///   broadcast(root, bytes): the bytes of rank `root`, everywhere;
///   barrier(): waits until all ranks are there.
/// A call that fails on this rank throws; the others find out by a time limit of the communicator's own.
template <class C>
concept Communicator = std::copyable<C> &&
    requires(const C& ranks, int rank, std::span<const std::byte> out, std::span<std::byte> in) {
  { ranks.rank() } -> std::same_as<int>;
  { ranks.size() } -> std::same_as<int>;
  ranks.exchange(rank, out, in);
  ranks.broadcast(rank, in);
  ranks.barrier();
};

/// Any Communicator behind one type; copies share it. It changes no result of a training, so that descriptions do not
/// say what it was made of.
class AnyCommunicator {
 public:
  template <class C>
  requires(!std::same_as<C, AnyCommunicator> && Communicator<C>) AnyCommunicator(C of)
      : rank_(of.rank()),
        size_(of.size()),
        exchange_([](const void* it, int partner, std::span<const std::byte> out, std::span<std::byte> in) {
          static_cast<const C*>(it)->exchange(partner, out, in);
        }),
        broadcast_([](const void* it, int root, std::span<std::byte> bytes) {
          static_cast<const C*>(it)->broadcast(root, bytes);
        }),
        barrier_([](const void* it) { static_cast<const C*>(it)->barrier(); }) {
    it_ = std::make_shared<const C>(std::move(of));
  }

  int rank() const { return rank_; }
  int size() const { return size_; }
  void exchange(int partner, std::span<const std::byte> out, std::span<std::byte> in) const {
    exchange_(it_.get(), partner, out, in);
  }
  void broadcast(int root, std::span<std::byte> bytes) const { broadcast_(it_.get(), root, bytes); }
  void barrier() const { barrier_(it_.get()); }

 private:
  int rank_, size_;
  std::shared_ptr<const void> it_;
  void (*exchange_)(const void*, int, std::span<const std::byte>, std::span<std::byte>);
  void (*broadcast_)(const void*, int, std::span<std::byte>);
  void (*barrier_)(const void*);
};
static_assert(Communicator<AnyCommunicator>);

}  // namespace hush
