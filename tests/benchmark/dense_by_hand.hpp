// The hand-written program of T3 and T5: dense layers with relu between them, softmax and cross-entropy at the end, in
// single precision, over a batch. Its matrix products are OpenBLAS's where it is installed, or else plain loops.
#pragma once

#include <cstddef>
#include <vector>

namespace bench {

/// Of layers of these sizes, from the inputs on.
std::size_t parameter_count(const std::vector<std::size_t>& sizes);

/// Some of the rows of a batch, or of a layer's neurons.
struct Range {
  std::size_t begin;
  std::size_t end;

  std::size_t size() const { return end - begin; }
};

/// Parameters are in the order of an MLP's, x is rows x inputs, and there is a class, 0, 1, ..., for each row.
class DenseByHand {
 public:
  /// Sizes from the inputs to the classes; `most_rows` in a batch.
  DenseByHand(std::vector<std::size_t> sizes, std::size_t most_rows);

  /// The scores of each row, rows x classes, valid until the next call.
  const float* forward(const float* parameters, const float* x, std::size_t rows);

  /// result = keep * result + scale * the gradient, summed over the batch; `result` may be the parameters themselves,
  /// for then this is a step of gradient descent without another pass over memory. Returns the sum of the losses.
  double gradient(const float* parameters, const float* x, const float* classes, std::size_t rows, float scale,
                  float keep, float* result);

  // The parts that these are made of; threads may share the work of each.

  /// A layer's outputs from those of the one before.
  void forward_layer(std::size_t layer, const float* parameters, const float* x, Range rows, Range neurons);
  /// From the scores to their adjoints; returns the sum of the losses.
  double by_scores(const float* classes, Range rows);
  /// The adjoints of a layer's sums from those of the next one's.
  void by_sums(std::size_t layer, const float* parameters, Range rows);
  /// As `gradient`, of a layer's neurons, over all rows.
  void by_parameters(std::size_t layer, const float* x, std::size_t rows, Range neurons, float scale, float keep,
                     float* result) const;

  std::size_t layers() const { return out_.size(); }
  Range all_neurons(std::size_t layer) const { return {0, sizes_[layer + 1]}; }

 private:
  std::vector<std::size_t> sizes_;
  std::vector<std::size_t> places_;          // of a layer's parameters among all
  std::vector<std::vector<float>> out_;      // each layer's; of the last one the adjoints in the end
  std::vector<std::vector<float>> by_sums_;  // of all but the last
};

/// A step of Adam, as published, with the usual constants; `step` counts from 1.
void adam_by_hand(std::size_t count, float rate, std::size_t step, const float* gradient, float* first_moment,
                  float* second_moment, float* parameters);

}  // namespace bench
