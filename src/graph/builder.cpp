#include "builder.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace smolgrad::graph {

namespace {

constexpr std::size_t first_table_size = 64;

/// Multiplies by 2⁶⁴ over the golden ratio (Knuth's multiplicative hashing). Products carry upwards only, and
/// numbers often differ in their upper bits alone: so those are brought down after each.
class Hash {
 public:
  void add(std::uint64_t word) {
    state_ = (state_ ^ word) * 0x9E3779B97F4A7C15;
    state_ ^= state_ >> 32;
  }
  std::uint32_t operator()() const { return static_cast<std::uint32_t>(state_); }

 private:
  std::uint64_t state_ = 0;
};

std::uint64_t bits_of(double number) {
  std::uint64_t bits;
  std::memcpy(&bits, &number, sizeof bits);
  return bits;
}

}  // namespace

Builder::Builder(std::size_t input_count, std::size_t shared_count) : table_(first_table_size) {
  graph_.input_count = input_count;
  graph_.shared_count = shared_count;
  reserve(input_count + shared_count + 1, 0);
  users_.resize(1);
}

Builder::Builder(const Graph& graph) : table_(first_table_size) {
  graph_.input_count = graph.input_count;
  graph_.shared_count = graph.shared_count;
  // What a graph grows by while it is differentiated and its products are fused fits too.
  constexpr std::size_t growth = 6;
  reserve(graph.size() * growth + 1, graph.operands.size() * growth);
  graph_.nodes.insert(graph_.nodes.end(), graph.nodes.begin(), graph.nodes.end());
  graph_.operands.insert(graph_.operands.end(), graph.operands.begin(), graph.operands.end());
  graph_.numbers.insert(graph_.numbers.end(), graph.numbers.begin(), graph.numbers.end());
  users_.resize(graph_.size() + 1);
  // Of nodes that are equal, as in a graph from elsewhere, the first stands for all.
  for (Node i = 0; i < graph_.size(); ++i) {
    const Operands operands = graph_.operands_of(i);
    find_or_enter({graph_.op(i), distinction(graph_.op(i), graph_.attribute(i)), operands.first, operands.count}, i);
  }
}

void Builder::reserve(std::size_t nodes, std::size_t operands) {
  graph_.nodes.reserve(graph_.nodes.size() + nodes);
  graph_.operands.reserve(graph_.operands.size() + operands);
  graph_.numbers.reserve(graph_.numbers.size() + nodes / 8);
  users_.reserve(users_.size() + nodes);
}

Node Builder::constant(double number) {
  // Numbers are told apart by their bits.
  const auto next = static_cast<Node>(graph_.size());
  const Node found = find_or_enter_in_table({Operator::constant, bits_of(number), nullptr, 0}, next);
  if (found == next) {
    graph_.numbers.push_back(number);
    append(Operator::constant, static_cast<std::uint32_t>(graph_.numbers.size() - 1), nullptr, 0);
  }
  return found;
}

Node Builder::node(Operator op, const Node* operands, std::size_t count, std::uint32_t attribute) {
  if (!has_elements(op)) {
    bool all_constant = true;
    bool none_special = op == Operator::add || op == Operator::sub || op == Operator::mul || op == Operator::div;
    for (std::size_t i = 0; i < count; ++i) {
      const bool is_constant = graph_.is_constant(operands[i]);
      all_constant = all_constant && is_constant;
      none_special = none_special && !is_constant && graph_.op(operands[i]) != Operator::neg;
    }
    const Node found = all_constant   ? fold(op, operands, count)
                       : none_special ? no_node
                                      : simpler(*this, op, operands, count);
    if (found != no_node) return found;
  }
  return intern(op, attribute, operands, count);
}

Node Builder::fold(Operator op, const Node* operands, std::size_t count) {
  constexpr std::size_t few = 8;
  double in_place[few] = {};
  std::vector<double> listed(count > few ? count : 0);
  double* const numbers = count > few ? listed.data() : in_place;
  for (std::size_t i = 0; i < count; ++i) numbers[i] = graph_.number(operands[i]);
  return constant(evaluate(op, numbers, count));
}

inline std::uint64_t Builder::distinction(Operator op, std::uint32_t attribute) const {
  return op == Operator::constant ? bits_of(graph_.numbers[attribute]) : attribute;
}

inline bool Builder::is(Node node, const Candidate& candidate) const {
  const Graph::Entry& entry = graph_.nodes[node];
  if (entry.op != candidate.op || entry.operand_count != candidate.count) return false;
  // Mostly two, for which the standard library would call a function.
  const Node* const operands = graph_.operands.data() + entry.first_operand;
  for (std::size_t i = 0; i < candidate.count; ++i) {
    if (operands[i] != candidate.operands[i]) return false;
  }
  return candidate.distinction == distinction(entry.op, entry.attribute);
}

inline std::uint32_t Builder::hash_of(const Candidate& candidate) const {
  Hash hash;
  hash.add(static_cast<std::uint64_t>(candidate.op));
  hash.add(candidate.distinction);
  for (std::size_t i = 0; i < candidate.count; ++i) hash.add(candidate.operands[i]);
  return hash();
}

inline Node Builder::find_or_enter(const Candidate& candidate, Node node) {
  if (candidate.count == 0) return find_or_enter_in_table(candidate, node);
  Node last = candidate.operands[0];
  for (std::size_t i = 1; i < candidate.count; ++i) last = std::max(last, candidate.operands[i]);
  constexpr std::size_t few = 8;
  std::size_t length = 0;
  for (Node user = users_[last].newest; user != no_node; user = users_[user].next) {
    if (is(user, candidate)) return user;
    if (++length == few) return find_or_enter_in_table(candidate, node);
  }
  users_[node].next = users_[last].newest;
  users_[last].newest = node;
  return node;
}

Node Builder::find_or_enter_in_table(const Candidate& candidate, Node node) {
  const std::uint32_t hash = hash_of(candidate);
  const std::size_t mask = table_.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    Place& place = table_[at];
    if (place.node == no_node) {
      place = {node, hash};
      ++table_count_;
      if (table_count_ * 2 > table_.size()) grow_table();
      return node;
    }
    if (place.hash == hash && is(place.node, candidate)) return place.node;
  }
}

inline void Builder::append(Operator op, std::uint32_t attribute, const Node* operands, std::size_t count) {
  const std::size_t first = graph_.operands.size();
  // Indices are 32 bits.
  if (first + count >= UINT32_MAX || graph_.size() + 1 >= no_node) throw std::bad_alloc();
  bool uniform = op != Operator::input;
  for (std::size_t i = 0; i < count; ++i) {
    uniform = uniform && graph_.is_uniform(operands[i]);
    graph_.operands.push_back(operands[i]);
  }
  // In place: to copy what was just written part by part is to wait for it.
  graph_.nodes.emplace_back() = {op, uniform, attribute, static_cast<std::uint32_t>(first),
                                 static_cast<std::uint32_t>(count)};
  users_.emplace_back();
}

Node Builder::intern(Operator op, std::uint32_t attribute, const Node* operands, std::size_t count) {
  const auto next = static_cast<Node>(graph_.size());
  const Node found = find_or_enter({op, distinction(op, attribute), operands, count}, next);
  if (found == next) append(op, attribute, operands, count);
  return found;
}

void Builder::grow_table() {
  std::vector<Place> larger(table_.size() * 4);
  const std::size_t mask = larger.size() - 1;
  for (const Place& place : table_) {
    if (place.node == no_node) continue;
    std::size_t at = place.hash & mask;
    while (larger[at].node != no_node) at = (at + 1) & mask;
    larger[at] = place;
  }
  table_ = std::move(larger);
}

}  // namespace smolgrad::graph
