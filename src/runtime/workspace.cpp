#include "workspace.hpp"

#include <algorithm>
#include <numeric>

namespace smolgrad::runtime {

template <class Float>
Executor<Float>::Workspace::Workspace(const Program& program, std::size_t lane_count, std::size_t samples)
    : lanes(lane_count), block(samples) {
  uniform = make_aligned<Float>(program.uniform_slot_count * lanes);
  packed = make_aligned<Float>(program.packed.size());
  slots = make_aligned<Float>(program.slot_count * block);
  for (const Program::Fill& fill : program.fills) {
    if (fill.shared == not_shared) std::fill_n(uniform_slot(fill.slot), lanes, static_cast<Float>(fill.number));
  }
  std::size_t widest_product = 0;
  for (const Product& product : program.products) {
    ProductPointers pointers;
    const auto at = [&](Slot slot) { return product.uniform ? uniform_slot(slot) : this->slot(slot); };
    pointers.c.resize(product.rows);
    for (const Slot slot : product.x) pointers.x.push_back(at(slot));
    for (std::size_t i = 0; i < product.rows; ++i) pointers.y.push_back(at(product.y + static_cast<Slot>(i)));
    products.push_back(std::move(pointers));
    widest_product = std::max(widest_product, product.columns);
  }
  contiguous_step = padded(widest_product, lanes);
  contiguous = make_aligned<Float>(contiguous_step * few_samples);
  std::size_t widest_outer = 0;
  std::size_t largest_outer = 0;
  for (const Outer& outer : program.outers) {
    widest_outer = std::max(widest_outer, padded(outer.right.size(), lanes));
    if (!outer.matrix) largest_outer = std::max(largest_outer, outer.left.size() * outer.right.size());
  }
  matrix = make_aligned<Float>(largest_outer);
  chunk_sums = make_aligned<Float>(program.sum_count);
  chunk_sums_count = program.sum_count;
  transposed = make_aligned<Float>(widest_outer * block);
  for (const Outer& outer : program.outers) {
    OuterPointers pointers;
    const std::size_t width = padded(outer.right.size(), lanes);
    for (const Slot left : outer.left) pointers.left.push_back(slot(left));
    for (const Slot right : outer.right) pointers.right.push_back(slot(right));
    for (std::size_t s = 0; s < block; ++s) pointers.samples.push_back(transposed.get() + s * width);
    pointers.to.resize(outer.left.size());
    outers.push_back(std::move(pointers));
  }
  const auto is_among = [](std::size_t column, std::optional<std::uint32_t> first, std::size_t count) {
    return first && column >= *first && column - *first < count;
  };
  for (const Column& input : program.inputs) {
    const bool is_column =
        !input.only_products || std::any_of(program.outers.begin(), program.outers.end(), [&](const Outer& outer) {
          return outer.right.size() < lanes && is_among(input.column, outer.input, outer.right.size());
        });
    const auto keep = [&](Inputs& list) {
      list.slots.push_back(slot(input.slot));
      list.columns.push_back(input.column);
    };
    if (is_column) keep(inputs_of_few);
    if (is_column || std::any_of(program.products.begin(), program.products.end(), [&](const Product& product) {
          return !reads_rows(product) && is_among(input.column, product.input, product.columns);
        })) {
      keep(inputs);
    }
  }
  if (!program.products.empty() || !program.outers.empty()) rows.resize(block);
  if (std::any_of(program.products.begin(), program.products.end(), reads_rows)) {
    input_columns = make_aligned<Float>(inputs_at_once * 2 * lanes);
    input_pointers.resize(inputs_at_once);
    expected.resize(inputs_at_once);
  }
  for (const Column& output : program.outputs) {
    output_slots.push_back(output.uniform ? nullptr : slot(output.slot));
    output_columns.push_back(output.column);
  }
  row_major = make_aligned<Float>(block * most_streamed_width);
  columns.resize(std::max({widest_outer, 2 * lanes, std::size_t{1}}));
  std::iota(columns.begin(), columns.end(), 0U);
}

template <class Float>
Executor<Float>::Workspace::~Workspace() = default;

template class Executor<double>::Workspace;
template class Executor<float>::Workspace;

}  // namespace smolgrad::runtime
