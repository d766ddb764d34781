#include "builder.hpp"

#include <algorithm>
#include <cstring>
#include <new>

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
}

Builder::Builder(Graph graph) : graph_(std::move(graph)), table_(first_table_size) {
  graph_.outputs.clear();
  graph_.sums.clear();
  graph_.sum_count = 0;
  // What a graph grows by while it is differentiated fits too.
  constexpr std::size_t growth = 4;
  graph_.nodes.reserve(graph_.size() * growth);
  graph_.operands.reserve(graph_.operands.size() * growth);
  std::size_t size = first_table_size;
  while (size < graph_.size() * 5) size *= 2;
  table_.resize(size);
  for (Node i = 0; i < graph_.size(); ++i) {
    const Graph::Entry& entry = graph_.nodes[i];
    const Node* const operands = graph_.operands.data() + entry.first_operand;
    const std::uint32_t hash = hash_of(entry.op, entry.attribute, operands, entry.operand_count);
    const std::size_t place = place_of(hash, entry.op, entry.attribute, operands, entry.operand_count);
    // Of nodes that are equal, as in a graph from elsewhere, the first stands for all.
    if (table_[place].node == no_node) table_[place] = {i, hash};
  }
}

Node Builder::constant(double number) {
  // Numbers are told apart by their bits. A constant looks up as a node whose one operand is where its number stands.
  graph_.numbers.push_back(number);
  const auto attribute = static_cast<std::uint32_t>(graph_.numbers.size() - 1);
  const std::size_t before = graph_.size();
  const Node node = intern(Operator::constant, attribute, nullptr, 0);
  if (graph_.size() == before) graph_.numbers.pop_back();
  return node;
}

Node Builder::node(Operator op, const Node* operands, std::size_t count, std::uint32_t attribute) {
  if (!has_elements(op)) {
    const bool all_constant =
        std::all_of(operands, operands + count, [&](Node operand) { return graph_.is_constant(operand); });
    if (all_constant) {
      constexpr std::size_t few = 8;
      double in_place[few] = {};
      std::vector<double> listed(count > few ? count : 0);
      double* const numbers = count > few ? listed.data() : in_place;
      for (std::size_t i = 0; i < count; ++i) numbers[i] = graph_.number(operands[i]);
      return constant(evaluate(op, numbers, count));
    }
    const Node found = simpler(*this, op, operands, count);
    if (found != no_node) return found;
  }
  return intern(op, attribute, operands, count);
}

std::uint64_t Builder::distinction(Operator op, std::uint32_t attribute) const {
  return op == Operator::constant ? bits_of(graph_.numbers[attribute]) : attribute;
}

std::uint32_t Builder::hash_of(Operator op, std::uint32_t attribute, const Node* operands, std::size_t count) const {
  Hash hash;
  hash.add(static_cast<std::uint64_t>(op));
  hash.add(distinction(op, attribute));
  for (std::size_t i = 0; i < count; ++i) hash.add(operands[i]);
  return hash();
}

/// Nodes are mostly made of nodes made just before, so a node stands near where its last operand points: what is looked
/// up soon after each other is near each other in memory. Where many share their last operand, the others stand where
/// their hash says. `is_it` says whether a place holds the node.
template <class IsIt>
std::size_t Builder::search(std::uint32_t hash, const Node* operands, std::size_t count, IsIt is_it) const {
  constexpr std::size_t near = 8;
  constexpr std::uint32_t spread = 63;
  const std::size_t mask = table_.size() - 1;
  const Node last = count == 0 ? 0 : *std::max_element(operands, operands + count);
  const std::size_t first = std::size_t{last} * 4 + (hash & spread);
  for (std::size_t i = 0; i < near; ++i) {
    const std::size_t at = (first + i) & mask;
    if (table_[at].node == no_node || is_it(table_[at])) return at;
  }
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    if (table_[at].node == no_node || is_it(table_[at])) return at;
  }
}

std::size_t Builder::place_of(std::uint32_t hash, Operator op, std::uint32_t attribute, const Node* operands,
                              std::size_t count) const {
  return search(hash, operands, count, [&](const Place& candidate) {
    if (candidate.hash != hash) return false;
    const Graph::Entry& entry = graph_.nodes[candidate.node];
    return entry.op == op && entry.operand_count == count &&
           distinction(op, attribute) == distinction(op, entry.attribute) &&
           std::equal(operands, operands + count, graph_.operands.begin() + entry.first_operand);
  });
}

Node Builder::append(Operator op, std::uint32_t attribute, const Node* operands, std::size_t count) {
  // Indices are 32 bits.
  if (graph_.operands.size() + count >= UINT32_MAX || graph_.size() + 1 >= no_node) throw std::bad_alloc();
  const auto result = static_cast<Node>(graph_.size());
  graph_.nodes.push_back(
      {op, attribute, static_cast<std::uint32_t>(graph_.operands.size()), static_cast<std::uint32_t>(count)});
  graph_.operands.insert(graph_.operands.end(), operands, operands + count);
  return result;
}

Node Builder::intern(Operator op, std::uint32_t attribute, const Node* operands, std::size_t count) {
  const std::uint32_t hash = hash_of(op, attribute, operands, count);
  const std::size_t place = place_of(hash, op, attribute, operands, count);
  if (table_[place].node != no_node) return table_[place].node;
  const Node result = append(op, attribute, operands, count);
  table_[place] = {result, hash};
  if (graph_.size() * 4 > table_.size() * 3) grow_table();
  return result;
}

void Builder::grow_table() {
  table_.assign(table_.size() * 4, Place());
  const auto is_it = [](const Place&) { return false; };
  for (Node i = 0; i < graph_.size(); ++i) {
    const Operands operands = graph_.operands_of(i);
    const std::uint32_t hash = hash_of(graph_.op(i), graph_.attribute(i), operands.first, operands.count);
    table_[search(hash, operands.first, operands.count, is_it)] = {i, hash};
  }
}

}  // namespace smolgrad::graph
