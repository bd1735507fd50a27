#pragma once
#include <mpi.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include <hush/check.hpp>
#include <hush/communicator.hpp>
#include <hush/launch.hpp>

namespace hush {

/// How long a rank waits for the others, in seconds, before it ends all of them: longer than a batch, a validation or
/// a checkpoint of any rank takes.
struct MpiOptions {
  double time_limit = 600;
};

/// The processes that mpiexec, mpirun or srun started, as ranks over MPI. The first handle calls MPI_Init, unless the
/// program has, and the last one's end MPI_Finalize, unless an exception is on its way: then the others, which would
/// wait for ever, are ended by the launcher as the process ends without it. Make and use it on one thread, the main
/// one. A rank that waits longer than the time limit says so and ends all ranks (MPI_Abort). Throws
/// std::invalid_argument for a time limit that is not above 0, std::runtime_error where MPI fails, or sees other ranks
/// than the launcher's environment names: the program was then built with another MPI than the launcher's.
class Mpi {
 public:
  explicit Mpi(MpiOptions options = {}) {
    check(options.time_limit > 0, "Mpi", "time_limit must be above 0 seconds, is ", options.time_limit);
    session_ = std::make_shared<const Session>(options);
    rank_ = of(MPI_Comm_rank);
    size_ = of(MPI_Comm_size);
    const Launch launch = launch_of_environment();
    if (launch.ranks > size_)
      throw std::runtime_error(to_text("[Mpi] this is rank ", launch.rank, " of ", launch.ranks, " by ",
                                       launch.variable, ", but MPI knows ", size_, ": the program was built with ",
                                       library(), ", start it by that one's mpiexec"));
  }

  int rank() const { return rank_; }
  int size() const { return size_; }
  /// How many of the ranks run on this rank's machine.
  int local_size() const {
    MPI_Comm here;
    succeed(MPI_Comm_split_type(session_->ranks, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &here), "split");
    int size = 1;
    succeed(MPI_Comm_size(here, &size), "size");
    MPI_Comm_free(&here);
    return size;
  }

  void exchange(int partner, std::span<const std::byte> out, std::span<std::byte> in) const {
    for (std::size_t at = 0; at == 0 || at < std::max(out.size(), in.size()); at += largest) {
      const std::span<const std::byte> sent = out.subspan(std::min(at, out.size()));
      const std::span<std::byte> received = in.subspan(std::min(at, in.size()));
      MPI_Request both[2];
      succeed(MPI_Irecv(received.data(), count(received), MPI_BYTE, partner, 0, session_->ranks, &both[0]), "receive");
      succeed(MPI_Isend(sent.data(), count(sent), MPI_BYTE, partner, 0, session_->ranks, &both[1]), "send");
      wait(both, partner);
    }
  }
  void broadcast(int root, std::span<std::byte> bytes) const {
    for (std::size_t at = 0; at < bytes.size(); at += largest) {
      const auto part = bytes.subspan(at);
      MPI_Request request;
      succeed(MPI_Ibcast(part.data(), count(part), MPI_BYTE, root, session_->ranks, &request), "broadcast");
      wait({&request, 1}, root);
    }
  }
  void barrier() const {
    MPI_Request request;
    succeed(MPI_Ibarrier(session_->ranks, &request), "barrier");
    wait({&request, 1}, -1);
  }
  /// Says why on standard error, and ends all ranks, with exit status 1.
  [[noreturn]] void abort(std::string_view why) const {
    const std::string line = to_text(why, '\n');
    std::fputs(line.c_str(), stderr);
    std::fflush(stderr);
    MPI_Abort(MPI_COMM_WORLD, 1);  // of a copy of it MPICH 4.0 waits: findings/mpich-abort-of-a-copy-waits.sh
    std::terminate();
  }

 private:
  static constexpr std::size_t largest = std::size_t(1) << 30;  // MPI counts in int

  struct Session {
    explicit Session(const MpiOptions& of) : options(of) {
      int before = 0;
      MPI_Initialized(&before);
      if (!before) {
        int given = 0;
        succeed(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &given), "start");
        ours = true;
      }
      succeed(MPI_Comm_dup(MPI_COMM_WORLD, &ranks), "copy the communicator");
      MPI_Comm_set_errhandler(ranks, MPI_ERRORS_RETURN);
    }
    Session(const Session&) = delete;
    ~Session() {
      int after = 0;
      MPI_Finalized(&after);
      if (after || std::uncaught_exceptions() > exceptions) return;
      MPI_Comm_free(&ranks);
      if (ours) MPI_Finalize();
    }
    MpiOptions options;
    MPI_Comm ranks;
    bool ours = false;
    int exceptions = std::uncaught_exceptions();
  };

  static void succeed(int code, const char* what) {
    if (code == MPI_SUCCESS) return;
    char text[MPI_MAX_ERROR_STRING];
    int length = 0;
    MPI_Error_string(code, text, &length);
    throw std::runtime_error(to_text("[Mpi] cannot ", what, ": ", std::string_view(text, std::size_t(length))));
  }
  static int count(std::span<const std::byte> bytes) { return int(std::min(bytes.size(), largest)); }
  static std::string library() {
    char text[MPI_MAX_LIBRARY_VERSION_STRING];
    int length = 0;
    MPI_Get_library_version(text, &length);
    std::string name(text, std::size_t(length));
    name.resize(std::min(name.size(), name.find_first_of(",\n")));
    std::ranges::replace(name, '\t', ' ');
    return name;
  }
  int of(int (*ask)(MPI_Comm, int*)) const {
    int number = 0;
    succeed(ask(session_->ranks, &number), "count the ranks");
    return number;
  }
  /// Waits for a partner (-1: for all). At first it looks often, as the partner is mostly there soon, then it leaves
  /// the processor to others: waiting inside MPI would keep a core busy.
  void wait(std::span<MPI_Request> requests, int partner) const {
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    for (std::uint64_t looks = 0;; ++looks) {
      int done = 0;
      succeed(MPI_Testall(int(requests.size()), requests.data(), &done, MPI_STATUSES_IGNORE), "wait");
      if (done) return;
      const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
      if (seconds > session_->options.time_limit)
        abort(to_text("[Mpi] rank ", rank_, " of ", size_, " has waited ", session_->options.time_limit, " s for ",
                      partner < 0 ? std::string("the others") : to_text("rank ", partner),
                      ", which hangs or is slow: all ranks are ended (MpiOptions::time_limit)"));
      if (seconds > 5e-3)
        std::this_thread::sleep_for(std::chrono::microseconds(200));
      else if (looks % 16 == 15)
        std::this_thread::yield();
    }
  }

  std::shared_ptr<const Session> session_;
  int rank_ = 0, size_ = 1;
};
static_assert(Communicator<Mpi>);

}  // namespace hush
