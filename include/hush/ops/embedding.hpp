#pragma once
#include <cstdint>
#include <span>

#include <hush/autograd/apply.hpp>

namespace hush {
namespace ops {

/// Rows of a table. `like` only says where to run and whether to record.
struct Embedding {
  std::span<const std::int32_t> indices;

  template <Backend B>
  Tensor<B> forward(const Tensor<B>& like, const Tensor<B>& table) const {
    return record(like, table).y;
  }
  template <Backend B>
  auto record(const Tensor<B>& like, const Tensor<B>& table) const {
    const Shape& s = table.shape();
    check(s.rank() == 2, "embedding", "wants a table [entries, width], got ", s);
    for (std::size_t i = 0; i < indices.size(); ++i)
      check(indices[i] >= 0 && indices[i] < s[0], "embedding", "index ", i, " is ", indices[i],
            ", the table has rows 0 to ", s[0] - 1);
    const auto n = std::int64_t(indices.size());
    Tensor<B, std::int32_t> rows(like.on(), {n});
    copy_in(like.on(), n, indices.data(), rows.data());
    return taken(table, rows);
  }
  template <Backend B>
  static auto taken(const Tensor<B>& table, const Tensor<B, std::int32_t>& rows) {
    const Shape& s = table.shape();
    Tensor<B> y(table.on(), {rows.size(), s[1]});
    embedding(table.on(), rows.size(), s[1], table.data(), rows.data(), y.data());
    return Recorded{y, std::tuple{rows, s}};
  }
  template <Backend B>
  Grads<B, 2> backward(const Needs<2>& needs, const Tensor<B>& dy, const Tensor<B, std::int32_t>& rows,
                       const Shape& s) const {
    Grads<B, 2> grads;
    if (needs[1]) {
      grads[1] = Tensor<B>(dy.on(), s);
      embedding_backward(dy.on(), rows.size(), s[0], s[1], rows.data(), dy.data(), grads[1].data());
    }
    return grads;
  }
};

/// The rows nearest to numbers in the backend's memory.
template <Backend B>
struct NearestEmbedding {
  Tensor<B, typename B::master> t;

  Tensor<B> forward(const Tensor<B>& like, const Tensor<B>& table) const { return record(like, table).y; }
  auto record(const Tensor<B>&, const Tensor<B>& table) const {
    const Shape& s = table.shape();
    check(s.rank() == 2 && s[0] >= 1, "embedding", "wants a table [entries, width], got ", s);
    check(t.shape().rank() == 1, "embedding", "wants numbers [N], got ", t.shape());
    Tensor<B, std::int32_t> rows(table.on(), {t.size()});
    nearest_rows(rows.on(), t.size(), s[0], t.data(), rows.data());
    return Embedding::taken(table, rows);
  }
  Grads<B, 2> backward(const Needs<2>& needs, const Tensor<B>& dy, const Tensor<B, std::int32_t>& rows,
                       const Shape& s) const {
    return Embedding{}.backward(needs, dy, rows, s);
  }
};

}  // namespace ops

/// Rows `indices` of `table` [entries, width], as [indices.size(), width]. `like` is any value of the pass: the result
/// is recorded on its tape if it has one. Throws std::invalid_argument for an index outside of the table.
template <Value V>
V embedding(const V& like, const Parameter<typename V::backend>& table, std::span<const std::int32_t> indices) {
  return apply(ops::Embedding{indices}, like, in_scalars(table));
}

/// Rows of `table` [entries, width] nearest to the numbers t [N] (times), as [N, width]; a number beyond the table
/// takes its end. For numbers that the host does not know.
template <Value V>
V embedding(const V& like, const Parameter<typename V::backend>& table,
            const Tensor<typename V::backend, typename V::backend::master>& t) {
  return apply(ops::NearestEmbedding<typename V::backend>{t}, like, in_scalars(table));
}

}  // namespace hush
