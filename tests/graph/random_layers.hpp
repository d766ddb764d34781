// Graphs of layers at random.
#pragma once

#include <algorithm>
#include <random>

#include "interpret.hpp"

namespace smolgrad::test {

/// Graphs of rows of alike operators whose operands go along, stay, overlap or jump, of matrix products in all
/// arrangements, and of sums of outer products.
class RandomLayers {
 public:
  /// `plain`: of operators that have derivatives, and without sums.
  explicit RandomLayers(std::uint64_t seed, bool plain = false)
      : random_(seed), plain_(plain), inputs_(1 + below(24)), shared_(1 + below(160)), builder_(inputs_, shared_) {
    for (std::size_t i = 0; i < inputs_; ++i) varying_.push_back(builder_.input(i));
    for (std::size_t i = 0; i < shared_; ++i) uniform_.push_back(builder_.shared(i));
    uniform_.push_back(builder_.constant(0.75));
    uniform_.push_back(builder_.constant(-0.5));
    const std::size_t layers = 3 + below(12);
    for (std::size_t i = 0; i < layers; ++i) {
      switch (below(6)) {
        case 0:
          product();
          break;
        case 1:
          plain_ ? product() : outer();
          break;
        case 2:
          uniform_chain();
          break;
        default:
          elementwise();
      }
    }
    Graph& graph = builder_.result();
    const std::size_t outputs = 1 + below(12), first = below(varying_.size());
    for (std::size_t i = 0; i < outputs; ++i) {
      const std::size_t at = below(3) == 0 ? below(varying_.size()) : (first + i) % varying_.size();
      graph.outputs.push_back(below(12) == 0 ? uniform_[below(uniform_.size())] : varying_[at]);
    }
    if (plain_) return;
    const std::size_t sums = below(12), start = below(varying_.size());
    for (std::size_t i = 0; i < sums; ++i) {
      const Node node = below(10) == 0 ? uniform_[below(uniform_.size())] : varying_[(start + i) % varying_.size()];
      graph.sums.push_back({node, place(below(4) == 0 ? below(places_ + 1) : places_)});
    }
    graph.sum_count = places_ + below(2);  // the last one maybe nobody's
  }

  const Graph& graph() const { return builder_.graph(); }

 private:
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }
  Node any(const std::vector<Node>& of) { return of[below(of.size())]; }
  std::uint32_t place(std::size_t at) {
    places_ = std::max(places_, at + 1);
    return static_cast<std::uint32_t>(at);
  }
  void keep(Node node) { (builder_.graph().is_uniform(node) ? uniform_ : varying_).push_back(node); }

  /// A row of nodes: side by side, one over and over, or anyhow.
  std::vector<Node> row(std::size_t count, std::size_t uniform_in = 6) {
    std::vector<Node> nodes;
    const std::vector<Node>& from = below(uniform_in) == 0 ? uniform_ : varying_;
    const std::size_t first = below(from.size()), kind = below(6);
    for (std::size_t i = 0; i < count; ++i) {
      nodes.push_back(kind == 0 ? from[first] : kind == 1 ? any(from) : from[(first + i) % from.size()]);
    }
    if (kind == 2) std::reverse(nodes.begin(), nodes.end());
    return nodes;
  }

  void elementwise() {
    constexpr Operator ops[] = {Operator::add,  Operator::sub, Operator::mul,          Operator::sin,
                                Operator::tanh, Operator::max, Operator::multiply_add, Operator::select};
    constexpr std::size_t arities[] = {2, 2, 2, 1, 1, 2, 3, 4};
    const bool feeds_back = below(4) == 0;
    const std::size_t which = below(plain_ ? 6 : 8), count = 1 + below(feeds_back ? 6 : 20);
    std::vector<std::vector<Node>> operands;
    for (std::size_t i = 0; i < arities[which]; ++i) operands.push_back(row(count));
    Node last = operands[0][0];
    for (std::size_t i = 0; i < count; ++i) {
      std::vector<Node> of;
      for (const std::vector<Node>& each : operands) of.push_back(each[i]);
      if (feeds_back) of[0] = last;
      // Bounded, so that rounding stays so too.
      last = builder_.node(ops[which], of.data(), of.size());
      if (which == 2 || which == 6 || below(8) == 0) last = builder_.node(Operator::sin, {last});
      keep(last);
    }
  }

  void uniform_chain() {
    for (std::size_t i = 0, count = 1 + below(6); i < count; ++i) {
      keep(builder_.node(Operator::sin, {builder_.node(Operator::add, {any(uniform_), any(uniform_)})}));
    }
  }

  void product() {
    const std::size_t rows = 1 + below(9), columns = 1 + below(14);
    std::vector<Node> operands(rows * columns);
    const bool in_line = rows * columns <= shared_;
    const std::size_t kind = below(4), first = in_line ? below(shared_ - rows * columns + 1) : 0;
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t k = 0; k < columns; ++k) {
        const std::size_t at = kind == 0 ? i * columns + k : k * rows + i;
        operands[i * columns + k] = kind < 2 && in_line ? builder_.shared(first + at) : any(uniform_);
      }
    }
    const std::size_t start = below(inputs_);
    const bool of_inputs = below(2) == 0 && start + columns <= inputs_;
    const std::vector<Node> x = row(columns, 12);
    for (std::size_t k = 0; k < columns; ++k) operands.push_back(of_inputs ? builder_.input(start + k) : x[k]);
    const Node made =
        builder_.node(Operator::matrix_product, operands.data(), operands.size(), static_cast<std::uint32_t>(rows));
    const std::size_t all = below(4), bias = below(shared_);
    const bool has_bias = below(2) == 0 && bias + rows <= shared_;
    std::vector<Node> sums;
    for (std::size_t i = 0; i < rows; ++i) {
      if (all == 0 && below(3) == 0 && i > 0) continue;  // an element that nobody wants
      const Node element = builder_.element(made, i);
      sums.push_back(has_bias ? builder_.node(Operator::add, {element, builder_.shared(bias + i)}) : element);
    }
    activate(sums);
  }

  /// As layers do, and as their adjoints do: by a gate for each, other nodes in between.
  void activate(const std::vector<Node>& sums) {
    const std::size_t kind = below(plain_ ? 3 : 4);
    const std::vector<Node> gates = row(sums.size(), 12);
    if (kind == 0 || below(5) == 0) {
      for (const Node sum : sums) keep(sum);
    }
    if (!plain_ && below(3) == 0) outer();
    const Node zero = builder_.constant(0.0);
    for (std::size_t i = 0; i < sums.size() && kind > 0; ++i) {
      keep(kind == 1   ? builder_.node(Operator::tanh, {sums[i]})
           : kind == 2 ? builder_.node(Operator::relu, {sums[i]})
                       : builder_.node(Operator::select, {zero, gates[i], sums[i], zero}));
    }
  }

  void outer() {
    const std::size_t rows = 1 + below(7), columns = 1 + below(9);
    std::vector<Node> operands = row(rows), right = row(columns);
    operands[0] = any(varying_);
    const std::size_t start = below(inputs_);
    if (below(2) == 0 && start + columns <= inputs_) {
      for (std::size_t k = 0; k < columns; ++k) right[k] = builder_.input(start + k);
    }
    operands.insert(operands.end(), right.begin(), right.end());
    const Node made =
        builder_.node(Operator::outer_product, operands.data(), operands.size(), static_cast<std::uint32_t>(rows));
    Graph& graph = builder_.result();
    const std::size_t kind = below(4), first = places_, gap = below(3);
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t k = 0; k < columns; ++k) {
        if (kind == 0 && below(4) == 0) continue;
        // A matrix among the sums, its transpose, or places that others use as well.
        std::size_t to = first + i * (columns + gap) + k;
        if (kind == 2) to = first + k * rows + i;
        if (kind == 3) to = below(first + 6);
        graph.sums.push_back({builder_.element(made, i * columns + k), place(to)});
        if (kind == 1 && below(5) == 0)
          graph.sums.push_back({builder_.element(made, i * columns + k), place(below(first + 6))});
      }
    }
  }

  std::mt19937_64 random_;
  bool plain_;
  std::size_t inputs_, shared_;
  Builder builder_;
  std::vector<Node> varying_, uniform_;
  std::size_t places_ = 0;
};

}  // namespace smolgrad::test
