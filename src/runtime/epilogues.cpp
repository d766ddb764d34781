#include "epilogues.hpp"

#include <algorithm>

namespace smolgrad::runtime {

namespace {

using graph::Operator;

bool is_zero(const Program& program, Slot uniform) {
  return std::any_of(program.fills.begin(), program.fills.end(), [&](const Program::Fill& fill) {
    return fill.slot == uniform && fill.shared == not_shared && fill.number == 0.0;
  });
}

/// Row after row of the product, and nothing else of it.
bool goes_along(const Product& product, const Step& step, std::size_t operand) {
  return step.from[operand] == product.y && (step.rows == 1 || step.from_stride[operand] == 1);
}

bool is_in_place(const Product& product, const Step& step) {
  return step.kind == Step::Kind::elementwise && step.rows == product.rows && step.to == product.y &&
         (step.rows == 1 || step.to_stride == 1);
}

bool is_relu(const Product& product, const Step& step) {
  return step.op == Operator::relu && step.uniform == 0 && goes_along(product, step, 0);
}

/// select(0, gate, product, 0), as relu's adjoint is.
bool is_gate(const Program& program, const Product& product, const Step& step) {
  const auto is_zero_throughout = [&](std::size_t operand) {
    return step.from_stride[operand] == 0 && is_zero(program, step.from[operand]);
  };
  constexpr std::uint8_t first_and_last = 0b1001;
  return step.op == Operator::select && step.uniform == first_and_last && goes_along(product, step, 2) &&
         !goes_along(product, step, 1) && (step.rows == 1 || step.from_stride[1] == 1) && is_zero_throughout(0) &&
         is_zero_throughout(3);
}

/// Whether it adds up, over the samples, what is none of the product's.
bool sums_other(const Program& program, const Product& product, const Step& step) {
  const auto is_other = [&](Slot slot) { return slot < product.y || slot >= product.y + product.rows; };
  const auto are_others = [&](const std::vector<Slot>& slots) {
    return std::all_of(slots.begin(), slots.end(), is_other);
  };
  if (step.kind == Step::Kind::outer_product) {
    return are_others(program.outers[step.to].left) && are_others(program.outers[step.to].right);
  }
  if (step.kind != Step::Kind::sum) return false;
  const Sum& sum = program.sums[step.to];
  return sum.uniform || sum.slot + sum.rows <= product.y || sum.slot >= product.y + product.rows;
}

}  // namespace

void take_epilogues(Program& program) {
  if (program.products.empty()) return;
  Product* last = nullptr;  // which nothing has read yet
  const auto end = std::remove_if(program.steps.begin(), program.steps.end(), [&](const Step& step) {
    if (step.kind == Step::Kind::product) {
      last = &program.products[step.to];
      return false;
    }
    if (last == nullptr || sums_other(program, *last, step)) return false;
    const bool is_known = is_in_place(*last, step) && (is_relu(*last, step) || is_gate(program, *last, step));
    if (is_known) last->epilogue = step;
    last = nullptr;
    return is_known;
  });
  program.steps.erase(end, program.steps.end());
}

}  // namespace smolgrad::runtime
