// A graph made ready to run: a list of steps over numbered slots. A slot holds one number for each sample of a block,
// or, for what is uniform, one number for the whole batch. Slots are reused as soon as what they hold is dead.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "../graph/graph.hpp"

namespace smolgrad::runtime {

using Slot = std::uint32_t;
constexpr Slot no_slot = UINT32_MAX;

constexpr std::size_t most_operands = 4;
constexpr std::uint32_t no_sum = UINT32_MAX;
constexpr std::uint32_t not_shared = UINT32_MAX;  // a number of the program's own

/// One operator over the samples of a block; or, with rows > 1, that operator over rows of slots one after the other.
struct Step {
  enum class Kind : std::uint8_t { elementwise, product, outer_product, sum };
  Kind kind = Kind::elementwise;
  graph::Operator op = graph::Operator::constant;  // of an elementwise step
  std::uint8_t operand_count = 0;
  std::uint8_t uniform = 0;  // bit i: operand i is a uniform slot
  std::uint32_t rows = 1;
  Slot to = 0;  // of a product, outer product or sum: which
  Slot from[most_operands] = {};
  // From one row to the next.
  std::int8_t to_stride = 0;
  std::int8_t from_stride[most_operands] = {};
};

/// Where the coefficients of a matrix product stand: in the shared array, or packed, row by row, from uniform slots.
struct Coefficients {
  bool is_shared = false;
  std::size_t first = 0;  // in the shared array, or in the packed one
  std::ptrdiff_t row_stride = 0;
  std::ptrdiff_t column_stride = 0;
};

/// Numbers at even distances in the shared array.
struct Strided {
  std::size_t first;
  std::ptrdiff_t stride;
};

/// Products with fewer columns than this gain nothing from vectors along the columns.
constexpr std::size_t least_wide = 8;

struct Product {
  bool uniform = false;
  std::size_t rows = 0;
  std::size_t columns = 0;
  Coefficients coefficients;
  std::optional<Strided> biases;  // one added to each row
  std::vector<Slot> x;
  /// Where x is inputs side by side, and the coefficients of a row are too: the first input.
  std::optional<std::uint32_t> input;
  Slot y = 0;                    // the first of `rows`
  std::optional<Step> epilogue;  // done to them in place: relu, or select(0, gate, y, 0)
};

/// What is summed over the batch. The first block sets the places that one sum alone goes to; all else is added.
struct Outer {
  std::vector<Slot> left;
  std::vector<Slot> right;
  std::optional<std::uint32_t> input;  // where the right side is inputs side by side: the first
  bool alone = false;
  /// Where the places of a row are side by side, and rows at even distances.
  std::optional<Strided> matrix;
  std::vector<std::uint32_t> to;  // else: the place of each element, or no_sum, row by row
};

/// Of `rows` slots side by side, into places side by side.
struct Sum {
  bool uniform;
  Slot slot;
  std::uint32_t to;
  std::uint32_t rows;
  bool alone;
};

struct Range {
  std::size_t first;
  std::size_t count;
};

/// Moves between a slot and a column of the caller's arrays.
struct Column {
  bool uniform = false;
  Slot slot = 0;
  std::uint32_t column = 0;
  /// Of an input: nothing but matrix products read it, from where inputs are side by side.
  bool only_products = false;
};

struct Program {
  // Once for a batch, over uniform slots.
  struct Fill {
    Slot slot;
    std::uint32_t shared;  // position, or not_shared
    double number;
  };
  std::vector<Fill> fills;
  std::vector<Step> uniform_steps;
  std::vector<Slot> packed;  // uniform slots of the packed coefficients
  std::size_t uniform_slot_count = 0;

  // For each block.
  std::vector<Column> inputs;  // by column
  std::vector<Step> steps;
  std::vector<Column> outputs;  // by column
  std::size_t slot_count = 0;

  // For both: slots are uniform ones where an uniform step refers to them.
  std::vector<Product> products;
  std::vector<Outer> outers;
  std::vector<Sum> sums;
  std::vector<Range> zeros;  // places that no sum sets
  std::size_t sum_count = 0;
};

/// Throws std::bad_alloc.
Program schedule(const graph::Counted& graph);

}  // namespace smolgrad::runtime
