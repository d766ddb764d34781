// From a graph to a program: which work is done once, which for each block, and where each result is kept.
#include <algorithm>
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

/// Makes an elementwise step one more row of the last one of that operator, if it goes on the same way.
bool goes_on(Step& last, const Step& step) {
  if (last.uniform != step.uniform || last.kind != step.kind || last.rows == UINT32_MAX) return false;
  const auto follows = [&](Slot first, std::int8_t& stride, Slot next) {
    if (last.rows == 1) stride = next == first ? 0 : 1;
    return first + std::int64_t{last.rows} * stride == std::int64_t{next};
  };
  Step merged = last;
  if (!follows(last.to, merged.to_stride, step.to)) return false;
  for (std::size_t i = 0; i < step.operand_count; ++i) {
    if (!follows(last.from[i], merged.from_stride[i], step.from[i])) return false;
  }
  ++merged.rows;
  last = merged;
  return true;
}

/// To be called after each elementwise step, with its operator: to read back what was just written takes long.
void merge_last(std::vector<Step>& steps, Operator op) {
  if (steps.size() > 1 && steps.end()[-2].op == op && goes_on(steps.end()[-2], steps.back())) steps.pop_back();
}

class Scheduler {
 public:
  explicit Scheduler(const graph::Counted& graph)
      : graph_(graph),
        slot_(graph.size(), no_slot),
        uses_{std::vector<Node>(graph.size()), graph.uses},
        reads_(uses_.count),
        adds_bias_(graph.size()),
        is_summed_(graph.size()),
        is_pending_(graph.size()) {}

  Program run() {
    program_.steps.reserve(graph_.size());
    find_uses();
    find_biases();
    find_matrices();
    place_inputs_and_uniform();
    for (Node i = 0; i < graph_.size(); ++i) {
      if (is_uniform(i) || !is_wanted(i)) continue;
      place(i);
      free_dead_operands(i);
    }
    flush_sums();
    take_epilogues(program_);
    program_.sum_count = graph_.sum_count;
    find_places_set(program_, graph_.sums);
    program_.outputs.reserve(graph_.outputs.size());
    for (const Node output : graph_.outputs) {
      program_.outputs.push_back(
          {is_uniform(output), slot_[output], static_cast<std::uint32_t>(program_.outputs.size()), false});
    }
    program_.slot_count = slots_.size();
    program_.uniform_slot_count = uniform_count_;
    return std::move(program_);
  }

 private:
  /// Of a matrix or outer product, before it is placed.
  struct Known {
    Node product;
    std::vector<Node> elements;                // that are needed
    std::optional<Coefficients> coefficients;  // which are in the shared array
    std::optional<Strided> biases;
  };

  Known& known(Node product) {
    return *std::lower_bound(products_.begin(), products_.end(), product,
                             [](const Known& known, Node node) { return known.product < node; });
  }

  Operator op(Node node) const { return graph_.op(node); }
  bool is_wanted(Node node) const { return uses_.count[node] != 0; }
  bool is_uniform(Node node) const { return graph_.is_uniform(node); }

  /// Coefficients that stand in the shared array already, or else are packed; and sides which are inputs side by side.
  void find_matrices() {
    for (Known& known : products_) {
      const Node product = known.product;
      if (op(product) == Operator::outer_product) {
        if (right_input_of(product)) read_in_place(right_of(product));
        continue;
      }
      known.coefficients = coefficients_in_shared(graph_, product);
      if (known.coefficients) {
        const graph::Operands operands = graph_.operands_of(product);
        read_in_place({operands.begin(), operands.size() - x_of(product).size()});
      }
      if (input_of(known)) read_in_place(x_of(product));
    }
  }

  /// These nodes are read from where the caller has them.
  void read_in_place(graph::Operands nodes) {
    for (const Node node : nodes) --reads_[node];
  }

  /// Where a wide product can be read from the caller's arrays: the first input.
  std::optional<std::uint32_t> input_of(const Known& known) const {
    if (known.coefficients && known.coefficients->column_stride != 1) return {};
    if (x_of(known.product).size() < least_wide) return {};
    return inputs_in_line(graph_, x_of(known.product));
  }

  /// The same of an outer product's right side.
  std::optional<std::uint32_t> right_input_of(Node product) const { return inputs_in_line(graph_, right_of(product)); }

  void find_uses() {
    for (const Graph::Sum& sum : graph_.sums) {
      is_summed_[sum.node] = true;
      sums_of_[sum.node].push_back(sum.to);
    }
    for (Node i = 0; i < graph_.size(); ++i) {
      if (!is_wanted(i)) continue;
      const graph::Operands operands = graph_.operands_of(i);
      uses_.last[i] = i;
      for (const Node operand : operands) uses_.last[operand] = i;
      if (graph::has_elements(op(i))) products_.push_back({i, {}, {}, {}});
      if (op(i) == Operator::element) known(operands[0]).elements.push_back(i);
    }
    for (const Node output : graph_.outputs) uses_.last[output] = never;
  }

  /// Products each element of which is used once, to add a leaf that stands in line with the others: those leaves are
  /// where the sums of the product begin.
  void find_biases() {
    for (Known& known : products_) {
      if (op(known.product) != Operator::matrix_product || is_uniform(known.product)) continue;
      known.biases = biases_in_shared(graph_, known.elements, uses_);
      if (!known.biases) continue;
      for (const Node element : known.elements) {
        const Node sum = uses_.last[element];
        adds_bias_[sum] = true;
        read_in_place(graph_.operands_of(sum));
      }
    }
  }

  /// Inputs are loaded before the first step, so their slots are theirs from the beginning.
  void place_inputs_and_uniform() {
    program_.inputs.resize(graph_.input_count, {false, no_slot, 0, false});
    for (Node i = 0; i < graph_.size(); ++i) {
      if (is_uniform(i)) {
        uses_.last[i] = never;
        if (reads_[i] != 0) place_uniform(i);
      } else if (op(i) == Operator::input && is_wanted(i)) {
        slot_[i] = slots_.take(1);
        program_.inputs[graph_.attribute(i)] = {false, slot_[i], graph_.attribute(i), reads_[i] == 0};
      }
    }
    const auto is_unused = [](const Column& input) { return input.slot == no_slot; };
    program_.inputs.erase(std::remove_if(program_.inputs.begin(), program_.inputs.end(), is_unused),
                          program_.inputs.end());
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
        for (const Node element : known(node).elements) slot_[element] = product.y + graph_.attribute(element);
        program_.uniform_steps.push_back(product_step(std::move(product)));
        break;
      }
      case Operator::element:
        break;
      default: {
        Step& step = add_elementwise(node, program_.uniform_steps);
        step.uniform = 0;  // all are: no slot here is of the other kind
        step.to = slot_[node] = take_uniform(1);
        merge_last(program_.uniform_steps, op(node));
      }
    }
    add_sums(node);
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
          const graph::Operands operands = graph_.operands_of(node);
          take_slot_over(node, operands[is_uniform(operands[0]) ? 1 : 0]);
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
      for (const std::uint32_t to : sums_of_[node]) append_sum(program_, is_uniform(node), slot_[node], to);
    }
    pending_.clear();
  }

  Step& add_elementwise(Node node, std::vector<Step>& steps) const {
    const graph::Operands operands = graph_.operands_of(node);
    Step& step = steps.emplace_back();
    step.op = op(node);
    step.operand_count = static_cast<std::uint8_t>(operands.size());
    for (std::size_t i = 0; i < operands.size(); ++i) {
      step.from[i] = slot_[operands[i]];
      step.uniform = static_cast<std::uint8_t>(step.uniform | (is_uniform(operands[i]) ? 1U << i : 0U));
    }
    return step;
  }

  /// In place of an operand that dies here, if there is one; rather of the last, which is what a choice chooses.
  void place_elementwise(Node node) {
    const graph::Operands operands = graph_.operands_of(node);
    const Node* dying = operands.end();
    while (dying != operands.begin() && !dies(dying[-1], node)) --dying;
    const bool takes_over = dying != operands.begin();
    if (takes_over) --dying;
    if (takes_over && is_pending_[*dying]) flush_sums();  // before the step that overwrites it
    Step& step = add_elementwise(node, program_.steps);
    if (takes_over) {
      take_slot_over(node, *dying);
    } else {
      slot_[node] = take_in_line(node);
    }
    step.to = slot_[node];
    merge_last(program_.steps, op(node));
  }

  /// A slot; beside that of the node before if they are alike, so that they become rows of one step.
  Slot take_in_line(Node node) {
    if (line_ == line_end_ || line_op_ != op(node)) {
      while (line_ != line_end_) slots_.free(line_++);
      line_op_ = op(node);
      Node end = node + 1;
      while (end < graph_.size() && op(end) == line_op_ && !is_uniform(end) && is_wanted(end)) ++end;
      line_ = slots_.take(end - node);
      line_end_ = line_ + (end - node);
    }
    return line_++;
  }

  graph::Operands x_of(Node product) const {
    const graph::Operands operands = graph_.operands_of(product);
    const std::size_t columns = graph::columns_of(graph_, product);
    return {operands.end() - columns, columns};
  }

  graph::Operands right_of(Node product) const {
    const graph::Operands operands = graph_.operands_of(product);
    const std::size_t rows = graph_.attribute(product);
    return {operands.begin() + rows, operands.size() - rows};
  }

  Product product_of(Node node) {
    Product product;
    product.rows = graph_.attribute(node);
    product.columns = graph::columns_of(graph_, node);
    if (known(node).coefficients) {
      product.coefficients = *known(node).coefficients;
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
    if (!is_uniform(node)) return slot_[node];
    copies.push_back(slots_.take(1));
    Step& copy = program_.steps.emplace_back();
    copy.op = Operator::input;
    copy.operand_count = 1;
    copy.uniform = 1;
    copy.from[0] = slot_[node];
    copy.to = copies.back();
    merge_last(program_.steps, Operator::input);
    return copies.back();
  }

  void place_product(Node node) {
    Product product = product_of(node);
    std::vector<Slot> copies;
    for (const Node x : x_of(node)) product.x.push_back(varying_slot(x, copies));
    product.input = input_of(known(node));
    product.biases = known(node).biases;
    product.y = slots_.take(product.rows);
    graph::Marks used(product.rows);
    for (const Node element : known(node).elements) {
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
      for (const Node element : known(node).elements) {
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
      if (is_pending_[dead]) flush_sums();
      slots_.free(slot_[dead]);
      slot_[dead] = no_slot;
    };
    for (const Node operand : graph_.operands_of(node)) {
      if (dies(operand, node)) free(operand);
    }
    if (dies(node, node)) free(node);
  }

  /// Whether a slot is free behind its node's last user, unless that has taken it over.
  bool dies(Node node, Node user) const { return uses_.last[node] == user && slot_[node] != no_slot; }

  Slot take_uniform(std::size_t count) {
    const std::size_t first = uniform_count_;
    uniform_count_ += count;
    if (uniform_count_ >= UINT32_MAX) throw std::bad_alloc();
    return static_cast<Slot>(first);
  }

  const Graph& graph_;
  std::vector<Slot> slot_;  // uniform or not, by what the node is
  Uses uses_;
  std::vector<std::uint32_t> reads_;  // how many uses read a node's slot
  std::vector<Known> products_;
  graph::Marks adds_bias_;  // which the product before it has done already
  graph::Marks is_summed_;
  graph::Marks is_pending_;
  std::vector<Node> pending_;  // whose sums are not among the steps yet
  std::unordered_map<Node, std::vector<std::uint32_t>> sums_of_;
  Slots slots_;
  Slot line_ = 0;  // taken for nodes that are yet to come: from here
  Slot line_end_ = 0;
  Operator line_op_ = Operator::input;
  std::size_t uniform_count_ = 0;
  Program program_;
};

}  // namespace

Program schedule(const graph::Counted& graph) { return Scheduler(graph).run(); }

}  // namespace smolgrad::runtime
