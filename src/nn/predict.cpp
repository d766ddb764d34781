// MLP::predict: the model as a Function.
#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>

#include <smolgrad/function.hpp>
#include <smolgrad/mlp.hpp>

namespace smolgrad {

namespace {

void attach_head(Head head, std::vector<Value>& outputs) {
  switch (head) {
    case Head::none:
      break;
    case Head::sigmoid:
      for (Value& output : outputs) output = sigmoid(output);
      break;
    case Head::softmax:
      outputs = softmax(outputs);
      break;
  }
}

/// Compiled from a twin on a tape of its own: the network's tape stays as it is, whatever thread it belongs to.
Function compile(const MLP& mlp) {
  ModelOptions options = mlp.options();
  options.recording = Recording::dot;
  Tape tape;
  const MLP twin(tape, mlp.inputs(), mlp.layer_sizes(), options);
  const std::vector<Value> x = tape.values(std::vector<double>(mlp.inputs()));
  std::vector<Value> y = twin(x);
  attach_head(options.head, y);
  return Function(x, twin.parameters().values(), y, {options.dtype, {}});
}

}  // namespace

/// With the parameters as they were in some version, if they are not doubles.
struct MLP::Prediction {
  struct Ready {
    Function function;
    std::vector<float> parameters;
    std::uint64_t version;
  };
  std::mutex mutex;
  std::unique_ptr<const Ready> owned;
  std::atomic<const Ready*> ready{nullptr};  // what is owned, for those who need nothing made
};

std::shared_ptr<MLP::Prediction> MLP::no_prediction() { return std::make_shared<Prediction>(); }

template <class T>
void MLP::predict_any(const T* x, std::size_t rows, T* y) const {
  if (rows > 0 && (x == nullptr || y == nullptr)) throw Error(ErrorCode::invalid_argument, "predict: no array");
  const std::uint64_t version = parameters_.version();
  const bool converts = options_.dtype == Dtype::float32;
  const auto is_up_to_date = [&](const Prediction::Ready* ready) {
    return ready != nullptr && (!converts || ready->version == version);
  };
  const Prediction::Ready* ready = prediction_->ready.load(std::memory_order_acquire);
  if (!is_up_to_date(ready)) {
    // Nobody uses an old one any more: parameters do not change while others predict.
    const std::lock_guard<std::mutex> lock(prediction_->mutex);
    ready = prediction_->owned.get();
    if (!is_up_to_date(ready)) {
      std::vector<float> parameters;
      if (converts) parameters.assign(parameters_.data(), parameters_.data() + parameters_.size());
      Function function = ready != nullptr ? ready->function : compile(*this);
      auto made = std::make_unique<const Prediction::Ready>(
          Prediction::Ready{std::move(function), std::move(parameters), version});
      ready = made.get();
      prediction_->ready.store(ready, std::memory_order_release);
      prediction_->owned = std::move(made);
    }
  }
  const auto evaluate = [&](const auto* from, std::size_t count, auto* to) {
    if constexpr (std::is_same_v<std::remove_reference_t<decltype(*to)>, double>) {
      ready->function.evaluate(count, from, parameters_.data(), to);
    } else {
      ready->function.evaluate(count, from, ready->parameters.data(), to);
    }
  };
  constexpr Dtype given = std::is_same_v<T, double> ? Dtype::float64 : Dtype::float32;
  if (given == options_.dtype) return evaluate(x, rows, y);
  using Other = std::conditional_t<std::is_same_v<T, double>, float, double>;
  constexpr std::size_t together = 1024;
  std::vector<Other> from(std::min(rows, together) * inputs());
  std::vector<Other> to(std::min(rows, together) * outputs());
  for (std::size_t row = 0; row < rows; row += together) {
    const std::size_t count = std::min(rows - row, together);
    std::transform(x + row * inputs(), x + (row + count) * inputs(), from.begin(),
                   [](T number) { return static_cast<Other>(number); });
    evaluate(from.data(), count, to.data());
    std::transform(to.data(), to.data() + count * outputs(), y + row * outputs(),
                   [](Other number) { return static_cast<T>(number); });
  }
}

void MLP::predict(const double* x, std::size_t rows, double* y) const { predict_any(x, rows, y); }
void MLP::predict(const float* x, std::size_t rows, float* y) const { predict_any(x, rows, y); }

}  // namespace smolgrad
