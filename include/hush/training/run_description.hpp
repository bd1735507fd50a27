#pragma once
#include <bit>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <hush/described.hpp>
#include <hush/tensor/tensor.hpp>

namespace hush::detail {

/// The fields of a data set that lists them, and those of the sets that it stands on.
template <class Data>
void describe_data(const Data& data, std::vector<Description::Field>& into) {
  if constexpr (Listed<Data>) {
    const Description about = describe(data);
    into.push_back({about.text, about});
  }
  if constexpr (requires { data.pictures().size(); }) describe_data(data.pictures(), into);
}

/// A training of two networks: `critic` is the trainer of the second.
template <class T>
concept HasCritic = requires(const T& training) {
  training.critic.net;
  training.critic_steps;
};

/// What a run is made of, by fields: process, network, optimizer, the options that change its result, and the data's
/// own.
template <class T>
Description describe_run(const T& training) {
  Description made{Description::Kind::object, ""};
  const auto add_all = [&](const Description& options) {
    for (const Description::Field& field : options.fields)
      if (field.name != "epochs" && !made.find(field.name)) made.fields.push_back(field);
  };
  if constexpr (requires { training.loss.process; })
    made.fields.push_back({"process", describe(training.loss.process)});
  made.fields.push_back({"network", describe_network(training.net)});
  made.fields.push_back({"optimizer", describe(training.optimizer)});
  add_all(describe(training.options));
  if constexpr (requires { training.loss.options; }) add_all(describe(training.loss.options));
  Description data{Description::Kind::object, ""};
  describe_data(training.data, data.fields);
  if (!data.fields.empty()) made.fields.push_back({"data", std::move(data)});
  if constexpr (HasCritic<T>) {
    made.fields.push_back({"critic_steps", describe(training.critic_steps)});
    made.fields.push_back({"critic", describe_run(training.critic)});
  }
  return made;
}

/// What ranks must have in common at the start: what the run is made of, the number of items, and the weights, as the
/// last 64 bits of an FNV-1a sum of their words (Fowler, Noll, Vo).
template <class T>
Description describe_start(const T& training) {
  using master = typename T::master;
  Description made = describe_run(training);
  made.fields.push_back({"epochs", describe(training.options.epochs)});
  made.fields.push_back({"items", describe(std::int64_t(training.data.size()))});
  std::uint64_t sum = 0xcbf29ce484222325;
  for (const master value : download<master>(training.weights.values()))
    sum = (sum ^ std::bit_cast<std::conditional_t<sizeof(master) == 8, std::uint64_t, std::uint32_t>>(value)) *
          0x100000001b3;
  made.fields.push_back({"sum of the weights", describe(sum)});
  return made;
}

}  // namespace hush::detail
