#include "sums.hpp"

namespace smolgrad::runtime {

void append_sum(Program& program, bool is_uniform, Slot slot, std::uint32_t to) {
  if (!program.steps.empty() && program.steps.back().kind == Step::Kind::sum) {
    Sum& last = program.sums.back();
    if (last.uniform == is_uniform && last.slot + last.rows == slot && last.to + last.rows == to) {
      ++last.rows;
      return;
    }
  }
  Step step;
  step.kind = Step::Kind::sum;
  step.to = static_cast<Slot>(program.sums.size());
  program.sums.push_back({is_uniform, slot, to, 1, false});
  program.steps.push_back(step);
}

namespace {

/// Places in rows of a matrix among the sums.
template <class Action>
void for_each_place(std::size_t rows, std::size_t columns, const Strided& matrix, Action action) {
  for (std::size_t i = 0; i < rows; ++i) {
    const std::size_t row = matrix.first + static_cast<std::size_t>(static_cast<std::ptrdiff_t>(i) * matrix.stride);
    for (std::size_t k = 0; k < columns; ++k) action(row + k);
  }
}

}  // namespace

void find_places_set(Program& program, const std::vector<graph::Graph::Sum>& sums) {
  std::vector<std::uint32_t> counts(program.sum_count);
  for (const graph::Graph::Sum& sum : sums) ++counts[sum.to];
  graph::Marks is_set(program.sum_count);
  const auto set_if_alone = [&](std::size_t rows, std::size_t columns, const Strided& matrix) {
    bool alone = true;
    for_each_place(rows, columns, matrix, [&](std::size_t place) { alone = alone && counts[place] == 1; });
    if (alone) for_each_place(rows, columns, matrix, [&](std::size_t place) { is_set[place] = true; });
    return alone;
  };
  for (Sum& sum : program.sums) sum.alone = set_if_alone(1, sum.rows, {sum.to, 0});
  for (Outer& outer : program.outers) {
    if (outer.matrix) outer.alone = set_if_alone(outer.left.size(), outer.right.size(), *outer.matrix);
  }
  for (std::size_t place = 0; place < is_set.size(); ++place) {
    if (is_set[place]) continue;
    if (program.zeros.empty() || program.zeros.back().first + program.zeros.back().count != place) {
      program.zeros.push_back({place, 0});
    }
    ++program.zeros.back().count;
  }
}

}  // namespace smolgrad::runtime
