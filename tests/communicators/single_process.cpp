#include <hush/communicators/single_process.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <memory>
#include <span>

#include <hush/communicator.hpp>
#include <hush/fields.hpp>

#include "threads.hpp"

using namespace hush;

static_assert(Communicator<SingleProcess> && Communicator<AnyCommunicator> && !Communicator<int>);

TEST_CASE("communicator: one process is rank 0 of 1, and what it broadcasts stays as it is") {
  const AnyCommunicator alone = SingleProcess{};
  CHECK(alone.rank() == 0);
  CHECK(alone.size() == 1);
  std::byte text[2]{std::byte(1), std::byte(2)};
  alone.broadcast(0, text);
  alone.barrier();
  CHECK(text[1] == std::byte(2));
}

TEST_CASE("communicator: any of them behind one type is the same one, shared by copies") {
  const auto ended = ranks_of_threads::run(3, [](const AnyCommunicator& here) {
    const AnyCommunicator copy = here;
    std::byte out[1]{std::byte(here.rank())}, in[1]{};
    for (int partner = 0; partner < 3; ++partner) {
      if (partner == here.rank()) continue;
      copy.exchange(partner, out, in);
      CHECK(int(in[0]) == partner);
    }
    std::byte told[1]{std::byte(here.rank())};
    here.broadcast(2, told);
    CHECK(int(told[0]) == 2);
    copy.barrier();
  });
  for (const auto& words : ended.words) CHECK(words == "");
}

TEST_CASE("communicator: a description does not say which one it is") {
  ranks_of_threads::Post post;
  post.sent.resize(2);
  const AnyCommunicator alone = SingleProcess{}, two = ranks_of_threads::Threads{&post, 0, 2};
  CHECK(describe(alone) == describe(two));
}
