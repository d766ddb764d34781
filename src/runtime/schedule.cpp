// From a graph to a program: which work is done once, which for each block, and where each result is kept.
#include <algorithm>
#include <optional>
#include <unordered_map>

#include "../graph/passes.hpp"
#include "slots.hpp"

namespace smolgrad::runtime {

namespace {

using graph::Graph;
using graph::Node;
using graph::Operator;

constexpr Slot no_slot = UINT32_MAX;
constexpr std::uint32_t never = UINT32_MAX;

/// The coefficients as a matrix within the shared array, if that is where they stand.
std::optional<Coefficients> within_shared(const Graph& graph, const Node* w, std::size_t rows, std::size_t columns) {
  const auto position = [&](std::size_t i, std::size_t k) {
    return static_cast<std::ptrdiff_t>(graph.attribute(w[i * columns + k]));
  };
  if (!std::all_of(w, w + rows * columns, [&](Node node) { return graph.op(node) == Operator::shared; })) return {};
  Coefficients result;
  result.is_shared = true;
  result.first = static_cast<std::size_t>(position(0, 0));
  result.row_stride = rows > 1 ? position(1, 0) - position(0, 0) : static_cast<std::ptrdiff_t>(columns);
  result.column_stride = columns > 1 ? position(0, 1) - position(0, 0) : 1;
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t k = 0; k < columns; ++k) {
      const std::ptrdiff_t expected = position(0, 0) + static_cast<std::ptrdiff_t>(i) * result.row_stride +
                                      static_cast<std::ptrdiff_t>(k) * result.column_stride;
      if (position(i, k) != expected) return {};
    }
  }
  return result;
}

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
        wanted_(graph::needed(graph)),
        uniform_(graph::uniform(graph)),
        slot_(graph.size(), no_slot),
        uniform_slot_(graph.size(), no_slot),
        last_use_(graph.size(), 0),
        use_count_(graph.size(), 0) {}

  Program run() {
    program_.inputs.reserve(graph_.input_count);
    find_last_uses();
    find_biases();
    find_matrices();
    // Inputs are loaded before the first step, so their slots are theirs from the beginning.
    for (Node i = 0; i < graph_.size(); ++i) {
      if (wanted_[i] && op(i) == Operator::input) place_input(i);
    }
    for (Node i = 0; i < graph_.size(); ++i) {
      if (uniform_[i] && needs_uniform_slot_[i]) place_uniform(i);
    }
    for (Node i = 0; i < graph_.size(); ++i) {
      if (uniform_[i] || !wanted_[i]) continue;
      place(i);
      free_dead_operands(i);
    }
    for (const Node output : graph_.outputs) {
      const bool is_uniform = uniform_[output];
      program_.outputs.push_back({is_uniform, is_uniform ? uniform_slot_[output] : slot_[output],
                                  static_cast<std::uint32_t>(program_.outputs.size()), false});
    }
    std::sort(program_.inputs.begin(), program_.inputs.end(),
              [](const Column& a, const Column& b) { return a.column < b.column; });
    program_.slot_count = slots_.size();
    program_.uniform_slot_count = uniform_count_;
    program_.sum_count = graph_.sum_count;
    return std::move(program_);
  }

 private:
  Operator op(Node node) const { return graph_.op(node); }

  /// Coefficients that stand in the shared array already, or else are packed.
  void find_matrices() {
    needs_uniform_slot_.assign(graph_.size(), false);
    read_by_sample_.assign(graph_.size(), false);
    for (Node i = 0; i < graph_.size(); ++i) {
      if (!wanted_[i]) continue;
      const graph::Operands operands = graph_.operands_of(i);
      const Node* first = operands.begin();
      if (op(i) == Operator::matrix_product) {
        const std::size_t rows = graph_.attribute(i);
        const std::size_t columns = graph::columns_of(graph_, i);
        const auto found = within_shared(graph_, operands.begin(), rows, columns);
        if (found) {
          coefficients_.emplace(i, *found);
          first += rows * columns;
        }
      }
      const bool from_inputs = op(i) == Operator::matrix_product && first_input(i).has_value();
      for (; first != operands.end(); ++first) {
        if (adds_bias_[i]) continue;
        need(*first);
        if (!from_inputs) read_by_sample_[*first] = true;
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

  /// Where a wide product's x is inputs side by side, and its rows are too: the first input.
  std::optional<std::uint32_t> first_input(Node product) const {
    const graph::Operands x = x_of(product);
    if (x.size() < least_wide) return {};
    const auto coefficients = coefficients_.find(product);
    if (coefficients != coefficients_.end() && coefficients->second.column_stride != 1) return {};
    for (std::size_t k = 0; k < x.size(); ++k) {
      if (op(x[k]) != Operator::input || graph_.attribute(x[k]) != graph_.attribute(x[0]) + k) return {};
    }
    return graph_.attribute(x[0]);
  }

  void need(Node node) {
    if (uniform_[node]) needs_uniform_slot_[node] = true;
  }

  void find_last_uses() {
    is_summed_.resize(graph_.size());
    for (const Graph::Sum& sum : graph_.sums) is_summed_[sum.node] = true;
    for (const Graph::Sum& sum : graph_.sums) sums_of_[sum.node].push_back(sum.to);
    for (Node i = 0; i < graph_.size(); ++i) {
      if (!wanted_[i]) continue;
      last_use_[i] = i;
      for (const Node operand : graph_.operands_of(i)) {
        last_use_[operand] = i;
        ++use_count_[operand];
      }
    }
    for (const Node output : graph_.outputs) {
      last_use_[output] = never;
      ++use_count_[output];
    }
    for (const Graph::Sum& sum : graph_.sums) ++use_count_[sum.node];
    // Where a row of a product stands, if anywhere.
    for (Node i = 0; i < graph_.size(); ++i) {
      if (wanted_[i] && op(i) == Operator::element) element_of_[graph_.operands_of(i)[0]].push_back(i);
    }
  }

  /// Products each element of which is used once, to add a leaf that stands in line with the others: those leaves are
  /// where the sums of the product begin.
  void find_biases() {
    adds_bias_.assign(graph_.size(), false);
    for (const auto& [product, elements] : element_of_) {
      if (op(product) != Operator::matrix_product || uniform_[product]) continue;
      const std::optional<Strided> biases = biases_of(product, elements);
      if (!biases) continue;
      biases_.emplace(product, *biases);
      for (const Node element : elements) adds_bias_[last_use_[element]] = true;
    }
  }

  std::optional<Strided> biases_of(Node product, const std::vector<Node>& elements) const {
    const std::size_t rows = graph_.attribute(product);
    if (elements.size() != rows) return {};
    std::vector<std::ptrdiff_t> positions(rows);
    for (const Node element : elements) {
      const Node sum = last_use_[element];
      if (use_count_[element] != 1 || sum == never || op(sum) != Operator::add) return {};
      const graph::Operands operands = graph_.operands_of(sum);
      const Node other = operands[0] == element ? operands[1] : operands[0];
      if (op(other) != Operator::shared) return {};
      positions[graph_.attribute(element)] = graph_.attribute(other);
    }
    const std::ptrdiff_t stride = rows > 1 ? positions[1] - positions[0] : 0;
    for (std::size_t i = 0; i < rows; ++i) {
      if (positions[i] != positions[0] + static_cast<std::ptrdiff_t>(i) * stride) return {};
    }
    return Strided{static_cast<std::size_t>(positions[0]), stride};
  }

  void place_uniform(Node node) {
    switch (op(node)) {
      case Operator::constant:
        program_.fills.push_back({uniform_slot_[node] = take_uniform(1), UINT32_MAX, graph_.number(node)});
        break;
      case Operator::shared:
        program_.fills.push_back({uniform_slot_[node] = take_uniform(1), graph_.attribute(node), 0.0});
        break;
      case Operator::matrix_product: {
        Product product = product_of(node);
        product.uniform = true;
        for (const Node x : x_of(node)) product.x.push_back(uniform_slot_[x]);
        product.y = take_uniform(product.rows);
        for (const Node element : element_of_[node]) uniform_slot_[element] = product.y + graph_.attribute(element);
        program_.uniform_steps.push_back(product_step(std::move(product)));
        break;
      }
      case Operator::element:
        break;
      default: {
        Step step = elementwise(node);
        step.uniform = 0;  // all are: no slot here is of the other kind
        step.to = uniform_slot_[node] = take_uniform(1);
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
    slot_[node] = slot_[operand];
    slot_[operand] = no_slot;
  }

  void add_sums(Node node) {
    if (!is_summed_[node]) return;
    for (const std::uint32_t to : sums_of_[node]) {
      program_.sums.push_back({uniform_[node], uniform_[node] ? uniform_slot_[node] : slot_[node], to});
      Step step;
      step.kind = Step::Kind::sum;
      step.to = static_cast<Slot>(program_.sums.size() - 1);
      program_.steps.push_back(step);
    }
  }

  Step elementwise(Node node) const {
    const graph::Operands operands = graph_.operands_of(node);
    Step step;
    step.op = op(node);
    step.operand_count = static_cast<std::uint8_t>(operands.size());
    for (std::size_t i = 0; i < operands.size(); ++i) {
      const bool is_uniform = uniform_[operands[i]];
      step.from[i] = is_uniform ? uniform_slot_[operands[i]] : slot_[operands[i]];
      step.uniform = static_cast<std::uint8_t>(step.uniform | (is_uniform ? 1U << i : 0U));
    }
    return step;
  }

  /// In place of an operand that dies here, if there is one.
  void place_elementwise(Node node) {
    Step step = elementwise(node);
    for (const Node operand : graph_.operands_of(node)) {
      if (slot_[node] != no_slot || uniform_[operand] || last_use_[operand] != node) continue;
      take_slot_over(node, operand);
    }
    if (slot_[node] == no_slot) slot_[node] = slots_.take(1);
    step.to = slot_[node];
    append(program_.steps, step);
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
      for (std::size_t i = 0; i < product.rows * product.columns; ++i) program_.packed.push_back(uniform_slot_[w[i]]);
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
    copy.from[0] = uniform_slot_[node];
    copy.to = slots_.take(1);
    copies.push_back(copy.to);
    append(program_.steps, copy);
    return copy.to;
  }

  void place_product(Node node) {
    Product product = product_of(node);
    std::vector<Slot> copies;
    for (const Node x : x_of(node)) product.x.push_back(varying_slot(x, copies));
    product.input = first_input(node);
    const auto biases = biases_.find(node);
    if (biases != biases_.end()) product.biases = biases->second;
    product.y = slots_.take(product.rows);
    std::vector<bool> used(product.rows);
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
    // Mostly an element goes to one place; where one goes to several, the product is made for each.
    for (std::size_t round = 0, rounds = 1; round < rounds; ++round) {
      outer.to.assign(rows * columns, UINT32_MAX);
      for (const Node element : element_of_[node]) {
        const std::vector<std::uint32_t>& places = sums_of_[element];
        rounds = std::max(rounds, places.size());
        if (round < places.size()) outer.to[graph_.attribute(element)] = places[round];
      }
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
      if (uniform_[dead] || slot_[dead] == no_slot || last_use_[dead] != node) return;
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
  const std::vector<bool> wanted_;
  const std::vector<bool> uniform_;
  std::vector<Slot> slot_;
  std::vector<Slot> uniform_slot_;
  std::vector<std::uint32_t> last_use_;
  std::vector<std::uint32_t> use_count_;
  std::vector<bool> adds_bias_;               // which the product before it has done already
  std::unordered_map<Node, Strided> biases_;  // of products
  std::vector<bool> needs_uniform_slot_;
  std::vector<bool> read_by_sample_;
  std::unordered_map<Node, Coefficients> coefficients_;  // of the products whose are in the shared array
  std::vector<bool> is_summed_;
  std::unordered_map<Node, std::vector<std::uint32_t>> sums_of_;
  std::unordered_map<Node, std::vector<Node>> element_of_;
  Slots slots_;
  std::size_t uniform_count_ = 0;
  Program program_;
};

}  // namespace

Program schedule(const Graph& graph) { return Scheduler(graph).run(); }

}  // namespace smolgrad::runtime
