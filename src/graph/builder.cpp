#include "builder.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace smolgrad::graph {

namespace {

constexpr std::size_t first_table_size = 64;

/// By Fowler, Noll and Vo, a word at a time. Products carry upwards only, and numbers often differ in their upper bits
/// alone: so those are brought down in the end, as in MurmurHash3.
class Hash {
 public:
  void add(std::uint64_t word) { state_ = (state_ ^ word) * 0x100000001B3; }
  std::uint32_t operator()() const {
    std::uint64_t mixed = (state_ ^ (state_ >> 33)) * 0xFF51AFD7ED558CCD;
    mixed = (mixed ^ (mixed >> 33)) * 0xC4CEB9FE1A85EC53;
    return static_cast<std::uint32_t>(mixed ^ (mixed >> 33));
  }

 private:
  std::uint64_t state_ = 0xCBF29CE484222325;
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
  grow_table();
  for (Node i = 0; i < graph_.size(); ++i) {
    const Graph::Entry& entry = graph_.nodes[i];
    const Node* const operands = graph_.operands.data() + entry.first_operand;
    const std::uint64_t distinction = distinction_of(entry.op, entry.attribute);
    const std::uint32_t hash = hash_of(entry.op, distinction, operands, entry.operand_count);
    Place& place = table_[place_of(hash, entry.op, distinction, operands, entry.operand_count)];
    // Of nodes that are equal, as in a graph from elsewhere, the first stands for all.
    if (place.node == no_node) place = {i, hash};
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

/// Besides operator and operands, what tells a node from another.
std::uint64_t Builder::distinction_of(Operator op, std::uint32_t attribute) const {
  return op == Operator::constant ? bits_of(graph_.numbers[attribute]) : attribute;
}

std::uint32_t Builder::hash_of(Operator op, std::uint64_t distinction, const Node* operands, std::size_t count) {
  Hash hash;
  hash.add(static_cast<std::uint64_t>(op));
  hash.add(distinction);
  for (std::size_t i = 0; i < count; ++i) hash.add(operands[i]);
  return hash();
}

std::size_t Builder::place_of(std::uint32_t hash, Operator op, std::uint64_t distinction, const Node* operands,
                              std::size_t count) const {
  const std::size_t mask = table_.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    const Place& place = table_[at];
    if (place.node == no_node) return at;
    if (place.hash != hash) continue;
    const Graph::Entry& entry = graph_.nodes[place.node];
    if (entry.op != op || entry.operand_count != count) continue;
    if (distinction != distinction_of(op, entry.attribute)) continue;
    if (std::equal(operands, operands + count, graph_.operands.begin() + entry.first_operand)) return at;
  }
}

Node Builder::intern(Operator op, std::uint32_t attribute, const Node* operands, std::size_t count) {
  const std::uint64_t distinction = distinction_of(op, attribute);
  const std::uint32_t hash = hash_of(op, distinction, operands, count);
  Place& place = table_[place_of(hash, op, distinction, operands, count)];
  if (place.node != no_node) return place.node;
  // Indices are 32 bits.
  if (graph_.operands.size() + count >= UINT32_MAX || graph_.size() + 1 >= no_node) throw std::bad_alloc();
  const auto result = static_cast<Node>(graph_.size());
  graph_.nodes.push_back(
      {op, attribute, static_cast<std::uint32_t>(graph_.operands.size()), static_cast<std::uint32_t>(count)});
  graph_.operands.insert(graph_.operands.end(), operands, operands + count);
  place = {result, hash};
  if (graph_.size() * 2 > table_.size()) grow_table();
  return result;
}

/// Sparse enough for what there is, and as much again.
void Builder::grow_table() {
  std::size_t size = table_.size();
  while (size < graph_.size() * 4) size *= 2;
  std::vector<Place> larger(size);
  for (const Place& place : table_) {
    if (place.node == no_node) continue;
    std::size_t at = place.hash & (size - 1);
    while (larger[at].node != no_node) at = (at + 1) & (size - 1);
    larger[at] = place;
  }
  table_ = std::move(larger);
}

}  // namespace smolgrad::graph
