// From a graph to a program: which work is done once, which for each block, and where each result is kept.
#include <algorithm>
#include <numeric>
#include <optional>
#include <unordered_map>

#include "epilogues.hpp"
#include "layout.hpp"
#include "slots.hpp"
#include "sums.hpp"

namespace smolgrad::runtime {

namespace {

using graph::Graph;
using graph::Node;
using graph::Operator;

constexpr Slot no_slot = UINT32_MAX;

/// Appends a step, or makes it one more row of the last one where it goes on the same way.
void append(std::vector<Step>& steps, const Step& step) {
  const auto stride_of = [](Slot from, Slot to) -> std::int64_t {
    return static_cast<std::int64_t>(to) - static_cast<std::int64_t>(from);
  };
  if (!steps.empty() && step.kind == Step::Kind::elementwise) {
    Step& last = steps.back();
    bool goes_on = last.kind == step.kind && last.op == step.op && last.uniform == step.uniform;
    const auto follows = [&](Slot first, std::int8_t& stride, Slot next) {
      if (last.rows == 1) {
        const std::int64_t found = stride_of(first, next);
        if (found != 0 && found != 1) return false;
        stride = static_cast<std::int8_t>(found);
        return true;
      }
      return static_cast<std::int64_t>(first) + std::int64_t{last.rows} * stride == static_cast<std::int64_t>(next);
    };
    Step merged = last;
    goes_on = goes_on && follows(last.to, merged.to_stride, step.to);
    for (std::size_t i = 0; i < most_operands; ++i) {
      goes_on = goes_on && follows(last.from[i], merged.from_stride[i], step.from[i]);
    }
    if (goes_on && last.rows < UINT32_MAX) {
      ++merged.rows;
      last = merged;
      return;
    }
  }
  steps.push_back(step);
}

class Scheduler {
 public:
  explicit Scheduler(const Graph& graph)
      : graph_(graph),
        uniform_(graph::uniform(graph)),
        slot_(graph.size(), no_slot),
        uses_{std::vector<Node>(graph.size()), graph::use_counts(graph)} {}

  Program run() {
    program_.inputs.reserve(graph_.input_count);
    program_.steps.reserve(graph_.size());
    find_uses();
    find_biases();
    find_matrices();
    // Inputs are loaded before the first step, so their slots are theirs from the beginning.
    for (Node i = 0; i < graph_.size(); ++i) {
      if (op(i) == Operator::input && is_wanted(i)) place_input(i);
      if (uniform_[i] && needs_uniform_slot_[i]) place_uniform(i);
    }
    for (Node i = 0; i < graph_.size(); ++i) {
      if (uniform_[i] || !is_wanted(i)) continue;
      place(i);
      free_dead_operands(i);
    }
    flush_sums();
    take_epilogues(program_);
    program_.sum_count = graph_.sum_count;
    find_places_set(program_, graph_.sums);
    for (const Node output : graph_.outputs) {
      const bool is_uniform = uniform_[output];
      program_.outputs.push_back(
          {is_uniform, slot_[output], static_cast<std::uint32_t>(program_.outputs.size()), false});
    }
    std::sort(program_.inputs.begin(), program_.inputs.end(),
              [](const Column& a, const Column& b) { return a.column < b.column; });
    program_.slot_count = slots_.size();
    program_.uniform_slot_count = uniform_count_;
    return std::move(program_);
  }

 private:
  Operator op(Node node) const { return graph_.op(node); }
  bool is_wanted(Node node) const { return uses_.count[node] != 0; }

  /// Coefficients that stand in the shared array already, or else are packed.
  void find_matrices() {
    needs_uniform_slot_.assign(graph_.size(), false);
    read_by_sample_.assign(graph_.size(), false);
    for (Node i = 0; i < graph_.size(); ++i) {
      if (!is_wanted(i)) continue;
      const graph::Operands operands = graph_.operands_of(i);
      const Node* first = operands.begin();
      if (op(i) == Operator::matrix_product) {
        const std::size_t rows = graph_.attribute(i);
        const std::size_t columns = graph::columns_of(graph_, i);
        const auto found = coefficients_in_shared(graph_, i);
        if (found) {
          coefficients_.emplace(i, *found);
          first += rows * columns;
        }
      }
      if (adds_bias_[i]) continue;
      // What is read from where the caller has it.
      const Node* from_inputs = operands.end();
      if (op(i) == Operator::matrix_product && input_of(i)) from_inputs = first;
      if (op(i) == Operator::outer_product && right_input_of(i)) from_inputs = first + graph_.attribute(i);
      for (; first != operands.end(); ++first) {
        need(*first);
        if (first < from_inputs) read_by_sample_[*first] = true;
      }
    }
    for (const Node output : graph_.outputs) {
      need(output);
      read_by_sample_[output] = true;
    }
    for (const Graph::Sum& sum : graph_.sums) {
      need(sum.node);
      read_by_sample_[sum.node] = true;
    }
  }

  /// Where a wide product can be read from the caller's arrays: the first input.
  std::optional<std::uint32_t> input_of(Node product) const {
    const auto coefficients = coefficients_.find(product);
    if (coefficients != coefficients_.end() && coefficients->second.column_stride != 1) return {};
    if (x_of(product).size() < least_wide) return {};
    return inputs_in_line(graph_, x_of(product));
  }

  /// The same of an outer product's right side.
  std::optional<std::uint32_t> right_input_of(Node product) const {
    const graph::Operands operands = graph_.operands_of(product);
    const std::size_t rows = graph_.attribute(product);
    return inputs_in_line(graph_, {operands.begin() + rows, operands.size() - rows});
  }

  void need(Node node) {
    if (uniform_[node]) needs_uniform_slot_[node] = true;
  }

  void find_uses() {
    is_summed_.resize(graph_.size());
    is_pending_.resize(graph_.size());
    for (const Graph::Sum& sum : graph_.sums) is_summed_[sum.node] = true;
    for (const Graph::Sum& sum : graph_.sums) sums_of_[sum.node].push_back(sum.to);
    for (Node i = 0; i < graph_.size(); ++i) {
      if (!is_wanted(i)) continue;
      uses_.last[i] = i;
      for (const Node operand : graph_.operands_of(i)) uses_.last[operand] = i;
      // Where a row of a product stands, if anywhere.
      if (op(i) == Operator::element) element_of_[graph_.operands_of(i)[0]].push_back(i);
    }
    for (const Node output : graph_.outputs) uses_.last[output] = never;
  }

  /// Products each element of which is used once, to add a leaf that stands in line with the others: those leaves are
  /// where the sums of the product begin.
  void find_biases() {
    adds_bias_.assign(graph_.size(), false);
    for (const auto& [product, elements] : element_of_) {
      if (op(product) != Operator::matrix_product || uniform_[product]) continue;
      const std::optional<Strided> biases = biases_in_shared(graph_, elements, uses_);
      if (!biases) continue;
      biases_.emplace(product, *biases);
      for (const Node element : elements) adds_bias_[uses_.last[element]] = true;
    }
  }

  void place_uniform(Node node) {
    switch (op(node)) {
      case Operator::constant:
        program_.fills.push_back({slot_[node] = take_uniform(1), not_shared, graph_.number(node)});
        break;
      case Operator::shared:
        program_.fills.push_back({slot_[node] = take_uniform(1), graph_.attribute(node), 0.0});
        break;
      case Operator::matrix_product: {
        Product product = product_of(node);
        product.uniform = true;
        for (const Node x : x_of(node)) product.x.push_back(slot_[x]);
        product.y = take_uniform(product.rows);
        for (const Node element : element_of_[node]) slot_[element] = product.y + graph_.attribute(element);
        program_.uniform_steps.push_back(product_step(std::move(product)));
        break;
      }
      case Operator::element:
        break;
      default: {
        Step step = elementwise(node);
        step.uniform = 0;  // all are: no slot here is of the other kind
        step.to = slot_[node] = take_uniform(1);
        append(program_.uniform_steps, step);
      }
    }
    add_sums(node);
  }

  void place_input(Node node) {
    slot_[node] = slots_.take(1);
    program_.inputs.push_back({false, slot_[node], graph_.attribute(node), !read_by_sample_[node]});
  }

  void place(Node node) {
    switch (op(node)) {
      case Operator::input:
        break;
      case Operator::matrix_product:
        return place_product(node);
      case Operator::outer_product:
        return place_outer(node);
      case Operator::element:
        if (op(graph_.operands_of(node)[0]) == Operator::outer_product) return;
        break;
      case Operator::add:
        if (adds_bias_[node]) {
          take_slot_over(
              node, uniform_[graph_.operands_of(node)[0]] ? graph_.operands_of(node)[1] : graph_.operands_of(node)[0]);
          break;
        }
        [[fallthrough]];
      default:
        place_elementwise(node);
    }
    add_sums(node);
  }

  void take_slot_over(Node node, Node operand) {
    if (is_pending_[operand]) flush_sums();
    slot_[node] = slot_[operand];
    slot_[operand] = no_slot;
  }

  /// Sums wait until one of their slots is needed, so that those of a layer come to be one step.
  void add_sums(Node node) {
    if (!is_summed_[node]) return;
    pending_.push_back(node);
    is_pending_[node] = true;
  }

  void flush_sums() {
    for (const Node node : pending_) {
      is_pending_[node] = false;
      for (const std::uint32_t to : sums_of_[node]) append_sum(program_, uniform_[node] != 0, slot_[node], to);
    }
    pending_.clear();
  }

  Step elementwise(Node node) const {
    const graph::Operands operands = graph_.operands_of(node);
    Step step;
    step.op = op(node);
    step.operand_count = static_cast<std::uint8_t>(operands.size());
    for (std::size_t i = 0; i < operands.size(); ++i) {
      const bool is_uniform = uniform_[operands[i]];
      step.from[i] = slot_[operands[i]];
      step.uniform = static_cast<std::uint8_t>(step.uniform | (is_uniform ? 1U << i : 0U));
    }
    return step;
  }

  /// In place of an operand that dies here, if there is one; rather of the last, which is what a choice chooses.
  void place_elementwise(Node node) {
    Step step = elementwise(node);
    const graph::Operands operands = graph_.operands_of(node);
    for (std::size_t i = operands.size(); i-- > 0;) {
      const Node operand = operands[i];
      if (slot_[node] != no_slot || uniform_[operand] || uses_.last[operand] != node) continue;
      take_slot_over(node, operand);
    }
    if (slot_[node] == no_slot) slot_[node] = take_in_line(node);
    step.to = slot_[node];
    append(program_.steps, step);
  }

  /// A slot; beside that of the node before if they are alike, so that they become rows of one step.
  Slot take_in_line(Node node) {
    if (line_.empty() || line_op_ != op(node)) {
      for (const Slot slot : line_) slots_.free(slot);
      line_op_ = op(node);
      Node end = node + 1;
      while (end < graph_.size() && op(end) == line_op_ && !uniform_[end] && is_wanted(end)) ++end;
      const Slot first = slots_.take(end - node);
      line_.resize(end - node);
      std::iota(line_.rbegin(), line_.rend(), first);
    }
    const Slot slot = line_.back();
    line_.pop_back();
    return slot;
  }

  graph::Operands x_of(Node product) const {
    const graph::Operands operands = graph_.operands_of(product);
    const std::size_t columns = graph::columns_of(graph_, product);
    return {operands.end() - columns, columns};
  }

  Product product_of(Node node) {
    Product product;
    product.rows = graph_.attribute(node);
    product.columns = graph::columns_of(graph_, node);
    const auto coefficients = coefficients_.find(node);
    if (coefficients != coefficients_.end()) {
      product.coefficients = coefficients->second;
    } else {
      product.coefficients = {false, program_.packed.size(), static_cast<std::ptrdiff_t>(product.columns), 1};
      const Node* const w = graph_.operands_of(node).begin();
      for (std::size_t i = 0; i < product.rows * product.columns; ++i) program_.packed.push_back(slot_[w[i]]);
    }
    return product;
  }

  Step product_step(Product product) {
    Step step;
    step.kind = Step::Kind::product;
    step.to = static_cast<Slot>(program_.products.size());
    program_.products.push_back(std::move(product));
    return step;
  }

  /// The slot of a varying operand; one of a uniform operand, which is copied to every sample.
  Slot varying_slot(Node node, std::vector<Slot>& copies) {
    if (!uniform_[node]) return slot_[node];
    Step copy;
    copy.op = Operator::input;
    copy.operand_count = 1;
    copy.uniform = 1;
    copy.from[0] = slot_[node];
    copy.to = slots_.take(1);
    copies.push_back(copy.to);
    append(program_.steps, copy);
    return copy.to;
  }

  void place_product(Node node) {
    Product product = product_of(node);
    std::vector<Slot> copies;
    for (const Node x : x_of(node)) product.x.push_back(varying_slot(x, copies));
    product.input = input_of(node);
    const auto biases = biases_.find(node);
    if (biases != biases_.end()) product.biases = biases->second;
    product.y = slots_.take(product.rows);
    graph::Marks used(product.rows);
    for (const Node element : element_of_[node]) {
      slot_[element] = product.y + graph_.attribute(element);
      used[graph_.attribute(element)] = true;
    }
    for (std::size_t i = 0; i < used.size(); ++i) {
      if (!used[i]) slots_.free(product.y + static_cast<Slot>(i));
    }
    program_.steps.push_back(product_step(std::move(product)));
    for (const Slot copy : copies) slots_.free(copy);
  }

  void place_outer(Node node) {
    const graph::Operands operands = graph_.operands_of(node);
    const std::size_t rows = graph_.attribute(node);
    const std::size_t columns = operands.size() - rows;
    Outer outer;
    std::vector<Slot> copies;
    for (std::size_t i = 0; i < rows; ++i) outer.left.push_back(varying_slot(operands[i], copies));
    for (std::size_t k = 0; k < columns; ++k) outer.right.push_back(varying_slot(operands[rows + k], copies));
    outer.input = right_input_of(node);
    // Mostly an element goes to one place; where one goes to several, the product is made for each.
    for (std::size_t round = 0, rounds = 1; round < rounds; ++round) {
      outer.to.assign(rows * columns, no_sum);
      for (const Node element : element_of_[node]) {
        const std::vector<std::uint32_t>& places = sums_of_[element];
        rounds = std::max(rounds, places.size());
        if (round < places.size()) outer.to[graph_.attribute(element)] = places[round];
      }
      outer.matrix = matrix_in_sums(outer.to, columns);
      if (outer.matrix) outer.to.clear();
      Step step;
      step.kind = Step::Kind::outer_product;
      step.to = static_cast<Slot>(program_.outers.size());
      program_.outers.push_back(outer);
      program_.steps.push_back(step);
    }
    for (const Slot copy : copies) slots_.free(copy);
  }

  void free_dead_operands(Node node) {
    const auto free = [&](Node dead) {
      if (uniform_[dead] || slot_[dead] == no_slot || uses_.last[dead] != node) return;
      if (is_pending_[dead]) flush_sums();
      slots_.free(slot_[dead]);
      slot_[dead] = no_slot;
    };
    for (const Node operand : graph_.operands_of(node)) free(operand);
    free(node);
  }

  Slot take_uniform(std::size_t count) {
    const std::size_t first = uniform_count_;
    uniform_count_ += count;
    if (uniform_count_ >= UINT32_MAX) throw std::bad_alloc();
    return static_cast<Slot>(first);
  }

  const Graph& graph_;
  const graph::Marks uniform_;
  std::vector<Slot> slot_;  // uniform or not, by what the node is
  Uses uses_;
  graph::Marks adds_bias_;                    // which the product before it has done already
  std::unordered_map<Node, Strided> biases_;  // of products
  graph::Marks needs_uniform_slot_;
  graph::Marks read_by_sample_;
  std::unordered_map<Node, Coefficients> coefficients_;  // of the products whose are in the shared array
  graph::Marks is_summed_;
  graph::Marks is_pending_;
  std::vector<Node> pending_;  // whose sums are not among the steps yet
  std::unordered_map<Node, std::vector<std::uint32_t>> sums_of_;
  std::unordered_map<Node, std::vector<Node>> element_of_;
  Slots slots_;
  std::vector<Slot> line_;  // taken for nodes that are yet to come, the next one last
  Operator line_op_ = Operator::input;
  std::size_t uniform_count_ = 0;
  Program program_;
};

}  // namespace

Program schedule(const Graph& graph) { return Scheduler(graph).run(); }

}  // namespace smolgrad::runtime
