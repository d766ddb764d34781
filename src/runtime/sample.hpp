// Runs a program on a batch of one sample. Slots are single numbers side by side, so vectors lie along the rows of a
// step, along the neurons of a layer, instead of along samples.
#pragma once

#include <cstdint>
#include <vector>

#include "../processor/aligned.hpp"
#include "executor.hpp"

namespace smolgrad::runtime {

using processor::Aligned;
using processor::make_aligned;

/// The steps laid out over memory of its own: for one run at a time.
template <class Float>
class Sample {
 public:
  /// Both outlive it. Throws std::bad_alloc.
  Sample(const Program& program, const Kernels<Float>& kernels);

  /// Of one row.
  void run(const Batch<Float>& batch);

 private:
  /// A step whose operands and results are each side by side, or one number for all.
  struct Call {
    Step::Kind kind;
    std::uint8_t to_repeat = 0;  // bit i: operand i is one number for all, of which a vector is made first
    std::uint32_t which = 0;     // of a product, outer product or sum
    typename ElementwiseKernels<Float>::Kernel kernel = nullptr;
    Elementwise<Float> whole{};  // what fills vectors
    Elementwise<Float> rest{};   // and what does not, which goes by a vector of results
    std::uint32_t rest_count = 0;
    Float* rest_to = nullptr;
    const Float* repeated[most_operands] = {};
  };
  /// Numbers that come from slots: where they stand if side by side, or else the slots, to be put there first.
  struct Numbers {
    const Float* first = nullptr;
    std::vector<std::uint32_t> scattered;
  };
  /// Columns of the caller's arrays side by side, in slots side by side.
  struct Move {
    std::uint32_t column;
    std::uint32_t slot;
    std::uint32_t count;
  };

  Float* number(bool is_uniform, Slot slot) { return numbers_.get() + (is_uniform ? program_.slot_count : 0) + slot; }
  void lay_out(const Step& step, bool in_uniform);
  void lay_out_elementwise(const Step& step, bool in_uniform);
  Numbers numbers_of(const std::vector<Slot>& slots, bool is_uniform);
  const Float* constant_vector(const Float* number);
  void add_moves(std::vector<Move>& moves, const Column& column);

  const Float* gathered(const Numbers& numbers, Float* room) const;
  void elementwise(const Call& call);
  void product(std::uint32_t which, const Batch<Float>& batch);
  void outer_product(const Outer& outer, std::uint32_t which, const Batch<Float>& batch);
  void sum(const Sum& sum, Float* sums);

  const Program& program_;
  const Kernels<Float>& kernels_;
  Aligned<Float> numbers_;  // slots, then uniform slots
  Aligned<Float> packed_;   // coefficients that are not the caller's
  Aligned<Float> room_;     // for numbers that are not side by side: two of the longest
  Aligned<Float> vectors_;  // an operand each, and a result
  Aligned<Float> constants_;
  std::size_t longest_ = 0;
  std::vector<Call> calls_;
  std::vector<Numbers> product_x_;
  std::vector<Numbers> left_;
  std::vector<Numbers> right_;
  std::vector<Program::Fill> shared_;
  std::vector<Move> inputs_;
  std::vector<Move> outputs_;
};

extern template class Sample<double>;
extern template class Sample<float>;

}  // namespace smolgrad::runtime
