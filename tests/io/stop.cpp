#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <limits>

#include <hush/io/stop.hpp>

#include "thrown.hpp"

using namespace hush;

namespace {

volatile std::sig_atomic_t old_handler = 0;
void remember(int signal) { old_handler = signal; }

}  // namespace

TEST_CASE("stop: a signal asks, is told by its number, and the handlers of before come back") {
  std::signal(SIGINT, remember);
  std::signal(SIGTERM, remember);
  {
    const io::Stop stop;
    CHECK(!stop());
    CHECK(stop.exit_code() == 0);
    {
      const io::Stop inner;  // another one in between changes nothing
      std::raise(SIGTERM);
      CHECK(inner());
    }
    CHECK(stop());
    CHECK(stop.signal() == SIGTERM);
    CHECK(stop.exit_code() == 143);
    CHECK(old_handler == 0);
    const std::function<bool()> asked = std::ref(stop);
    CHECK(asked());
  }
  std::raise(SIGINT);
  CHECK(old_handler == SIGINT);
  {
    const io::Stop anew;  // of the signals of before it knows nothing
    CHECK(!anew());
  }
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

TEST_CASE("stop: a second signal does what it did before, and one that was ignored stays ignored") {
  std::signal(SIGINT, remember);
  old_handler = 0;
  {
    const io::Stop stop;
    std::raise(SIGINT);
    CHECK(old_handler == 0);
    std::raise(SIGINT);
    CHECK(old_handler == SIGINT);
  }
  std::signal(SIGINT, SIG_IGN);
  {
    const io::Stop stop;
    std::raise(SIGINT);
    CHECK(!stop());
  }
  std::signal(SIGINT, SIG_DFL);

  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGTERM, SIG_DFL);
    const io::Stop stop;
    std::raise(SIGTERM);
    std::raise(SIGTERM);
    ::_exit(7);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGTERM);
}

TEST_CASE("stop: a limit of minutes") {
  double now = 1000;
  const auto clock = [&] { return now; };
  const io::Stop stop({.minutes = 1.5, .clock = clock}), never({.clock = clock});
  now += 89;
  CHECK(!stop());
  now += 1;
  CHECK(stop());
  CHECK(!stop.step(0));  // as an observer of sample and of train: the run does not go on
  CHECK(!stop.step(0, 0));
  CHECK(never.step(0, 0));
  CHECK(!never());
  CHECK(stop.exit_code() == 0);
  for (const double minutes : {-1., std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    CHECK(thrown::message([&] { io::Stop({.minutes = minutes}); }).find("[Stop] minutes must be") == 0);
}
