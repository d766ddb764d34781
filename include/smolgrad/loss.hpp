// Losses: how far a model's outputs are from their targets, as one Value.
//
//   MLP mlp(3, {16, 1});
//   mse(mlp({2.0, 3.0, -1.0}), {target}).backward();
//
// A loss is an ordinary expression: record it and call backward(), or compile it with the model into a Function, with
// outputs and targets of each sample. A user's own is any function of the same shape (LossFunction).
//
// The formulas are those of PyTorch 1.13 for one sample with the reduction "mean", but for cross_entropy, which is a
// sum over the classes there too. y are outputs, t targets, n how many outputs there are; d = y - t. Means over a batch
// are the caller's.
//
// No outputs, or targets of another count, is ErrorCode::invalid_argument. NaN and infinities flow through; losses of
// finite outputs and targets do not overflow before their value does. Targets have derivatives too.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "export.hpp"
#include "value.hpp"

namespace smolgrad {

/// The numbers are those of SMOLGRAD_LOSS_... in C and never change.
enum class Loss : std::int32_t { mse, mae, huber, hinge, binary_cross_entropy, cross_entropy };

/// Mean squared error: Σ d² / n (MSELoss).
SMOLGRAD_API Value mse(const std::vector<Value>& outputs, const std::vector<Value>& targets);

/// Mean absolute error: Σ |d| / n (L1Loss). The derivative where d = 0 is 0.
SMOLGRAD_API Value mae(const std::vector<Value>& outputs, const std::vector<Value>& targets);

/// Mean of d² / 2 where |d| < delta, and of delta (|d| - delta / 2) beyond (HuberLoss; Huber 1964). delta is above 0,
/// else invalid_argument.
SMOLGRAD_API Value huber(const std::vector<Value>& outputs, const std::vector<Value>& targets, double delta = 1.0);

/// Mean of max(0, 1 - t y), for targets of -1 and 1 (Cortes and Vapnik 1995). The derivative where t y = 1 is 0.
SMOLGRAD_API Value hinge(const std::vector<Value>& outputs, const std::vector<Value>& targets);

/// Mean of -t log p - (1 - t) log(1 - p) with p = sigmoid(y), for targets from 0 to 1 (BCEWithLogitsLoss): outputs are
/// logits. Computed as t softplus(-y) + (1 - t) softplus(y), which cancels nowhere, nor does its derivative: for
/// targets of 0 and 1 both keep their relative accuracy, however sure the model is.
SMOLGRAD_API Value binary_cross_entropy(const std::vector<Value>& logits, const std::vector<Value>& targets);

/// -log p[k] with p = softmax(logits), for the class k that is the one target, from 0 to n - 1; or, with n targets, the
/// probability of each class, -Σ t log p (CrossEntropyLoss). The derivative by the logits is p Σ t - t. The value is
/// accurate to a rounding of the largest logit. A target that is none of the classes' numbers gives NaN, and no
/// derivative tells: check the data beforehand. At least 2 logits, else invalid_argument: of one class
/// binary_cross_entropy tells whether it is.
SMOLGRAD_API Value cross_entropy(const std::vector<Value>& logits, const std::vector<Value>& targets);

/// A loss of a sample.
using LossFunction = std::function<Value(const std::vector<Value>& outputs, const std::vector<Value>& targets)>;

/// The function of that name, huber with delta 1. A number that is none of them is invalid_argument.
SMOLGRAD_API LossFunction loss_function(Loss loss);

}  // namespace smolgrad
