#pragma once
#include <string>
#include <utility>
#include <vector>

#include <hush/backbone.hpp>

namespace hush {

/// The configs of a network and of the embedding in front of it, where both have one.
template <class Network, class Embedding>
struct EmbeddedConfig {
  Network network;
  Embedding embedding;
  static constexpr void fields(auto& self, auto&& f) { f("network", self.network), f("embedding", self.embedding); }
  friend bool operator==(const EmbeddedConfig&, const EmbeddedConfig&) = default;
};
template <class Network, class Embedding>
EmbeddedConfig(Network, Embedding) -> EmbeddedConfig<Network, Embedding>;

/// A network with weights of a condition in front of it: labels that become tokens, say, or a null token that is
/// learned. `embedding` is a layer that maps an Input of the process's ports to one of the network's,
///   template <Value V> Input<V> operator()(const Input<V>&) const,  Ports network_ports(const Ports& process) const,
/// and lists its parameters by `visit`; so they are trained, averaged, saved and loaded with the network's. Build it as
///   WithEmbedding unet{process.ports(), Adm<B>(config, embedding.network_ports(process.ports()), Seed{1}), embedding};
template <class Net, class Embedding>
class WithEmbedding {
 public:
  using backend = typename Net::backend;
  using B = backend;

  Net network;
  Embedding embedding;

  /// Throws std::invalid_argument, naming both, unless the network has the ports that the embedding gives.
  WithEmbedding(const Ports& process, Net network_, Embedding embedding_)
      : network(std::move(network_)), embedding(std::move(embedding_)), ports_(process) {
    const Ports wanted = embedding.network_ports(process);
    check(network.ports() == wanted, "WithEmbedding", "the network's ports are ", network.ports(),
          ", the embedding gives ", wanted, ". Build it with embedding.network_ports(process.ports())");
  }

  ImageSize image() const { return network.image(); }
  Ports ports() const { return ports_; }
  B on() const { return network.on(); }
  auto config() const requires requires {
    network.config();
    embedding.config();
  }
  { return EmbeddedConfig{network.config(), embedding.config()}; }
  auto timed(const auto& noise_labels) const requires requires { network.timed(noise_labels); }
  { return network.timed(noise_labels); }

  template <Value V>
  V operator()(const Input<V>& input) const {
    check_input("WithEmbedding", *this, input);
    return network(embedding(input));
  }
  static void visit(auto& self, auto&& f) { f("network", self.network), f("embedding", self.embedding); }

 private:
  Ports ports_;
};

}  // namespace hush
