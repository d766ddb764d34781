#include "objective.hpp"

namespace smolgrad::train {

namespace {

std::size_t target_count(const MLP& model, const FitOptions& options) {
  if (options.targets != 0) return options.targets;
  const Loss* const loss = std::get_if<Loss>(&options.loss);
  return loss != nullptr && *loss == Loss::cross_entropy ? 1 : model.outputs();
}

Judgement judgement_of(const FitOptions& options) {
  const Loss* const loss = std::get_if<Loss>(&options.loss);
  if (loss == nullptr) return Judgement::none;
  switch (*loss) {
    case Loss::cross_entropy:
      return Judgement::classes;
    case Loss::binary_cross_entropy:
      return Judgement::above_half;
    case Loss::hinge:
      return Judgement::above_zero;
    default:
      return Judgement::none;
  }
}

LossFunction function_of(const FitOptions& options) {
  if (const Loss* const loss = std::get_if<Loss>(&options.loss)) return loss_function(*loss);
  const LossFunction& function = std::get<LossFunction>(options.loss);
  if (function == nullptr) throw Error(ErrorCode::invalid_argument, "there is no loss function");
  return function;
}

}  // namespace

Objective make_objective(const MLP& model, const FitOptions& options, Dtype dtype) {
  const LossFunction loss_of = function_of(options);
  const std::size_t targets = target_count(model, options);
  ModelOptions model_options = model.options();
  model_options.recording = Recording::dot;
  Tape tape;
  const TapeScope scope(tape);
  const MLP twin(tape, model.inputs(), model.layer_sizes(), model_options);
  const std::vector<Value> x = tape.values(std::vector<double>(model.inputs()));
  const std::vector<Value> t = tape.values(std::vector<double>(targets));
  const std::vector<Value> y = twin(x);
  const Value loss = loss_of(y, t);
  std::vector<Value> sample = x;
  sample.insert(sample.end(), t.begin(), t.end());
  std::vector<Value> loss_and_outputs{loss};
  loss_and_outputs.insert(loss_and_outputs.end(), y.begin(), y.end());
  const std::vector<Value>& parameters = twin.parameters().values();
  return {x.size(),
          targets,
          y.size(),
          judgement_of(options),
          Function(sample, parameters, {loss}, {dtype, {}}),
          Function(sample, parameters, loss_and_outputs, {dtype, {}})};
}

}  // namespace smolgrad::train
