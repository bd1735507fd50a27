#pragma once
#include <algorithm>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <hush/autograd/value.hpp>
#include <hush/images.hpp>

namespace hush {

/// The sizes of a network's inputs besides the noisy image: channels of images that stand beside its own, the width of
/// a label vector, the number and width of tokens, and the number of channels that are the same at every pixel and come
/// as a vector; 0: none. They are the process's to say (`process.ports()`), and a network is built from them, so that
/// the two cannot disagree.
struct Ports {
  std::int64_t extra_channels = 0, label_dim = 0, tokens = 0, token_dim = 0, constant_channels = 0;
  static constexpr void fields(auto& self, auto&& f) {
    f("extra_channels", self.extra_channels), f("label_dim", self.label_dim);
    f("tokens", self.tokens), f("token_dim", self.token_dim), f("constant_channels", self.constant_channels);
  }
  constexpr bool operator==(const Ports&) const = default;
};

/// Prints those that are there: {.extra_channels = 3, .label_dim = 40}.
inline std::ostream& operator<<(std::ostream& out, const Ports& ports) {
  const char* before = "{.";
  Ports::fields(ports, [&](const char* name, std::int64_t size) {
    if (size == 0) return;
    out << before << name << " = " << size;
    before = ", .";
  });
  return out << (*before == '{' ? "{}" : "}");
}

/// Throws std::invalid_argument, naming both, unless a network has the ports that a process wants.
inline void check_ports(const char* where, const Ports& network, const Ports& process) {
  check(network == process, where, "the network was built for another process: its ports are ", network,
        ", those of the process are ", process, ". Build it with process.ports()");
}

/// The ports `wanted`. Throws std::invalid_argument, naming the port, unless the network `who`, which has the ports
/// named in `supported`, can be built for them: what it would not read is refused, not ignored.
inline Ports check_supported(const char* who, const Ports& wanted, std::initializer_list<std::string_view> supported) {
  std::string list;
  for (const std::string_view name : supported) list += (list.empty() ? "" : ", ") + std::string(name);
  Ports::fields(wanted, [&](const char* name, std::int64_t size) {
    check(size >= 0, who, "ports.", name, " must be at least 0, is ", size);
    check(size == 0 || std::count(supported.begin(), supported.end(), name) > 0, who, "has no port ", name,
          ", the process has one of ", size, "; it has ", list);
  });
  check((wanted.tokens == 0) == (wanted.token_dim == 0), who, "ports.tokens is ", wanted.tokens,
        " and ports.token_dim ", wanted.token_dim, ": give both or none");
  return wanted;
}

/// What a network is called with: the scaled noisy image beside images of the condition [N, H, W, extra + C];
/// the noise level of each image as the parameterization's `c_noise` says it, `noise_labels` [N] in masters (no half
/// precision tells 499 from 500); and of the condition, where the ports have them, `labels` [N, label_dim], `tokens`
/// [N, tokens, token_dim] with their `token_mask` [N, tokens], 1 where there is one, and `constants`
/// [N, constant_channels], channels behind the image that have one number each. `timed`: per-level modulations that the
/// network computed for all steps of a run beforehand (see TimedBackbone); else empty. `variant`: which of its
/// computations a network with several is to do (see variant_of); the others do not read it.
template <Value V>
struct Input {
  using B = typename V::backend;
  V image;
  Tensor<B, typename B::master> noise_labels;
  std::optional<V> labels{}, tokens{}, token_mask{}, constants{};
  std::vector<V> timed{};
  int variant = 0;

  /// Calls f(name, member) for each member; with other inputs, f(name, member, the same member of each other...).
  /// Whoever copies, records or checks inputs walks this list.
  static constexpr void visit(auto& self, auto&& f, auto&... others) {
    f("image", self.image, others.image...);
    f("noise_labels", self.noise_labels, others.noise_labels...);
    f("labels", self.labels, others.labels...);
    f("tokens", self.tokens, others.tokens...);
    f("token_mask", self.token_mask, others.token_mask...);
    f("constants", self.constants, others.constants...);
    f("timed", self.timed, others.timed...);
    f("variant", self.variant, others.variant...);
  }
};

namespace detail {

template <Backend B, class T>
void copy_member(const char* where, const char* name, const Tensor<B, T>& from, Tensor<B, T>& to) {
  check(from.shape() == to.shape(), where, "an input with ", name, " of ", to.shape(), " was recorded, this one has ",
        from.shape());
  copy(from.on(), from.size(), from.data(), to.data());
}
inline void copy_member(const char* where, const char* name, int from, int& to) {
  check(from == to, where, "an input of ", name, ' ', to, " was recorded, this one has ", from);
}
template <class T>
void copy_member(const char* where, const char* name, const std::optional<T>& from, std::optional<T>& to) {
  check(from.has_value() == to.has_value(), where, "an input ", to ? "with " : "without ", name,
        " was recorded, this one has ", from ? "them" : "none");
  if (from) copy_member(where, name, *from, *to);
}
template <class T>
void copy_member(const char* where, const char* name, const std::vector<T>& from, std::vector<T>& to) {
  check(from.size() == to.size(), where, "an input with ", to.size(), " tensors in ", name,
        " was recorded, this one has ", from.size());
  for (std::size_t i = 0; i < from.size(); ++i) copy_member(where, name, from[i], to[i]);
}

/// Writes the numbers of an input into the memory of another, which a recorded graph reads. Throws
/// std::invalid_argument, naming the member, unless both have the same members of the same shapes.
template <Backend B>
void copy_input(const char* where, const Input<Tensor<B>>& from, Input<Tensor<B>>& to) {
  Input<Tensor<B>>::visit(
      from, [&](const char* name, const auto& a, auto& b) { copy_member(where, name, a, b); }, to);
}

/// A member that the input has just where the port is there, and then of this shape.
template <Value V>
void check_member(const char* who, const char* name, const std::optional<V>& member, bool port, const Shape& wanted) {
  check(port || !member, who, "takes no ", name, ", got some");
  check(!port || member, who, "wants ", name, ' ', wanted, ", got none");
  check(!member || member->shape() == wanted, who, "wants ", name, ' ', wanted, ", got ",
        member ? member->shape() : Shape{});
}

struct AnyMember {
  void operator()(const char*, const auto&) const {}
};

}  // namespace detail

/// Throws std::invalid_argument, naming the member and both shapes, unless `input` is what a network of this image size
/// and these ports is called with. `who` is the network.
template <class Net, Value V>
void check_input(const char* who, const Net& net, const Input<V>& input) {
  const ImageSize size = net.image();
  const Ports ports = net.ports();
  const Shape& s = input.image.shape();
  const std::int64_t channels = size.channels + ports.extra_channels;
  check(s.rank() == 4 && s == Shape{s[0], size.height, size.width, channels}, who, "wants images [N, ", size.height,
        ", ", size.width, ", ", channels, "], got ", s);
  check(input.noise_labels.shape() == Shape{s[0]}, who, s[0], " images want noise_labels [", s[0], "], got ",
        input.noise_labels.shape());
  detail::check_member(who, "labels", input.labels, ports.label_dim > 0, {s[0], ports.label_dim});
  detail::check_member(who, "tokens", input.tokens, ports.tokens > 0, {s[0], ports.tokens, ports.token_dim});
  detail::check_member(who, "a token_mask", input.token_mask, ports.tokens > 0, {s[0], ports.tokens});
  detail::check_member(who, "constants", input.constants, ports.constant_channels > 0, {s[0], ports.constant_channels});
}

/// A network that maps an Input to [N, H, W, C], on the backend `on()`. Its forward pass is written once over Value;
/// `visit` lists its layers and parameters (see `walk`). Its constructor refuses ports that it has not
/// (`check_supported`), its forward pass inputs that are not of its ports (`check_input`).
template <class N>
concept Backbone = Backend<typename N::backend> &&
    requires(const N& net, const Input<Tensor<typename N::backend>>& input,
             const Input<Var<typename N::backend>>& recorded, detail::AnyMember f) {
  { net.image() } -> std::convertible_to<ImageSize>;
  { net.ports() } -> std::convertible_to<Ports>;
  { net.on() } -> std::convertible_to<typename N::backend>;
  { net(input) } -> std::same_as<Tensor<typename N::backend>>;
  { net(recorded) } -> std::same_as<Var<typename N::backend>>;
  N::visit(net, f);
};

/// A backbone that computes what depends on the noise level alone for all steps of a run before the first:
/// `timed(noise_labels)` gives tensors [n, width] for levels noise_labels [n], which come back row by row as
/// Input::timed.
template <class Net, class B>
concept TimedBackbone = requires(const Net& net, const Tensor<B, typename B::master>& noise_labels) {
  { net.timed(noise_labels) } -> std::same_as<std::vector<Tensor<B>>>;
};

/// Which of its computations a network does at a level, for Input::variant: what `net.variant(level)` says of one that
/// has several (guidance in an interval of noise levels), 0 of any other. A run asks before its first step.
template <class Net, class L>
int variant_of(const Net& net, const L& level) {
  if constexpr (requires { net.variant(level); })
    return net.variant(level);
  else
    return 0;
}

}  // namespace hush
