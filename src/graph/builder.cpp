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
}

Builder::Builder(const Graph& graph) : Builder(graph.input_count, graph.shared_count) {
  // What a graph grows by while it is differentiated and its products are fused fits too.
  constexpr std::size_t growth = 6;
  reserve(graph.size() * growth, graph.operands.size() * growth);
  graph_.nodes.insert(graph_.nodes.end(), graph.nodes.begin(), graph.nodes.end());
  graph_.operands.insert(graph_.operands.end(), graph.operands.begin(), graph.operands.end());
  graph_.numbers = graph.numbers;
  users_.resize(graph_.size());
  for (Node i = 0; i < graph_.size(); ++i) {
    const Operands operands = graph_.operands_of(i);
    // Of nodes that are equal, as in a graph from elsewhere, the first stands for all.
    const Search found = search({graph_.op(i), graph_.attribute(i), operands.first, operands.count});
    if (found.found == no_node) remember(i, found);
  }
}

void Builder::reserve(std::size_t nodes, std::size_t operands) {
  graph_.nodes.reserve(graph_.nodes.size() + nodes);
  graph_.operands.reserve(graph_.operands.size() + operands);
  users_.reserve(users_.size() + nodes);
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

bool Builder::is(Node node, const Candidate& candidate) const {
  const Graph::Entry& entry = graph_.nodes[node];
  if (entry.op != candidate.op || entry.operand_count != candidate.count) return false;
  // Mostly two, for which the standard library would call a function.
  const Node* const operands = graph_.operands.data() + entry.first_operand;
  for (std::size_t i = 0; i < candidate.count; ++i) {
    if (operands[i] != candidate.operands[i]) return false;
  }
  return distinction(candidate.op, candidate.attribute) == distinction(entry.op, entry.attribute);
}

std::uint32_t Builder::hash_of(const Candidate& candidate) const {
  Hash hash;
  hash.add(static_cast<std::uint64_t>(candidate.op));
  hash.add(distinction(candidate.op, candidate.attribute));
  for (std::size_t i = 0; i < candidate.count; ++i) hash.add(candidate.operands[i]);
  return hash();
}

Builder::Search Builder::search(const Candidate& candidate) const {
  Search result;
  if (candidate.count > 0) {
    const Node last = *std::max_element(candidate.operands, candidate.operands + candidate.count);
    constexpr std::size_t few = 8;
    std::size_t length = 0;
    for (Node user = users_[last].newest; user != no_node && length < few; user = users_[user].next, ++length) {
      if (is(user, candidate)) return {user};
    }
    if (length < few) return {no_node, last};
  }
  result.hash = hash_of(candidate);
  const std::size_t mask = table_.size() - 1;
  result.place = result.hash & mask;
  for (;; result.place = (result.place + 1) & mask) {
    const Place& place = table_[result.place];
    result.found = place.node;
    if (place.node == no_node || (place.hash == result.hash && is(place.node, candidate))) return result;
  }
}

void Builder::remember(Node node, const Search& search) {
  if (search.last != no_node) {
    users_[node].next = users_[search.last].newest;
    users_[search.last].newest = node;
    return;
  }
  table_[search.place] = {node, search.hash};
  ++table_count_;
  if (table_count_ * 2 > table_.size()) grow_table();
}

Node Builder::append(const Candidate& candidate) {
  // Indices are 32 bits.
  if (graph_.operands.size() + candidate.count >= UINT32_MAX || graph_.size() + 1 >= no_node) throw std::bad_alloc();
  const auto result = static_cast<Node>(graph_.size());
  graph_.nodes.push_back({candidate.op, candidate.attribute, static_cast<std::uint32_t>(graph_.operands.size()),
                          static_cast<std::uint32_t>(candidate.count)});
  for (std::size_t i = 0; i < candidate.count; ++i) graph_.operands.push_back(candidate.operands[i]);
  users_.emplace_back();
  return result;
}

Node Builder::intern(Operator op, std::uint32_t attribute, const Node* operands, std::size_t count) {
  const Candidate candidate{op, attribute, operands, count};
  const Search found = search(candidate);
  if (found.found != no_node) return found.found;
  const Node result = append(candidate);
  remember(result, found);
  return result;
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
