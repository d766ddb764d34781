// Trainer: a session in the model's precision.
#include <memory>
#include <new>
#include <optional>

#include "session.hpp"

namespace smolgrad {

namespace {

Error out_of_memory() { return Error(ErrorCode::out_of_memory, "out of memory for training"); }

}  // namespace

struct Trainer::Implementation {
  Implementation(MLP& trained, const FitOptions& chosen) : model(trained), options(chosen) {
    if (model.options().dtype == Dtype::float64) {
      float64.emplace(model, options);
    } else {
      float32.emplace(model, options);
    }
  }

  template <class Action>
  auto with_session(Action action) {
    return float64 ? action(*float64) : action(*float32);
  }

  /// Memory that runs out is reported as users are promised.
  template <class Action>
  auto reporting(Action action) {
    try {
      return with_session(action);
    } catch (const std::bad_alloc&) {
      throw out_of_memory();
    }
  }

  LbfgsResult minimize(const train::Data& data, const LbfgsOptions& chosen) {
    return reporting([&](auto& session) {
      const train::Objective objective = train::make_objective(model, options, Dtype::float64);
      train::require_samples<double>(data, objective, options.run);
      std::vector<double> samples(data.rows * objective.width());
      train::take_samples(data, nullptr, data.rows, objective, samples.data());
      std::vector<double> losses(data.rows);
      std::vector<double> parameters(session.shown(), session.shown() + session.count());
      const auto mean_loss = [&](const double* at, double* gradient) {
        objective.loss.gradient(data.rows, samples.data(), at, losses.data(), static_cast<double*>(nullptr), gradient,
                                options.run);
        const double scale = 1.0 / static_cast<double>(data.rows);
        for (std::size_t i = 0; i < parameters.size(); ++i) gradient[i] *= scale;
        return std::accumulate(losses.begin(), losses.end(), 0.0) * scale;
      };
      const LbfgsResult result = smolgrad::minimize(mean_loss, parameters.data(), parameters.size(), chosen);
      session.set_parameters(parameters.data());
      return result;
    });
  }

  MLP& model;
  const FitOptions options;
  std::optional<train::Session<double>> float64;
  std::optional<train::Session<float>> float32;
};

Trainer::Trainer(MLP& model, const FitOptions& options) try
    : implementation_(std::make_unique<Implementation>(model, options)) {
} catch (const std::bad_alloc&) {
  throw out_of_memory();
}
Trainer::Trainer(Trainer&&) noexcept = default;
Trainer& Trainer::operator=(Trainer&&) noexcept = default;
Trainer::~Trainer() = default;

template <class T>
double Trainer::step(const T* x, const T* y, std::size_t rows) {
  return implementation_->reporting([&](auto& session) { return session.step(train::Data(x, y, rows)); });
}

template <class T>
FitReport Trainer::fit(const T* x, const T* y, std::size_t rows) {
  return implementation_->reporting([&](auto& session) { return session.fit(train::Data(x, y, rows)); });
}

template <class T>
Metrics Trainer::evaluate(const T* x, const T* y, std::size_t rows) const {
  return implementation_->reporting([&](auto& session) { return session.evaluate(train::Data(x, y, rows)); });
}

template <class T>
LbfgsResult Trainer::minimize(const T* x, const T* y, std::size_t rows, const LbfgsOptions& options) {
  return implementation_->minimize(train::Data(x, y, rows), options);
}

MLP& Trainer::model() const noexcept { return implementation_->model; }
const FitOptions& Trainer::options() const noexcept { return implementation_->options; }
std::uint64_t Trainer::epoch() const noexcept {
  return implementation_->with_session([](auto& session) { return session.epoch(); });
}
std::uint64_t Trainer::steps() const noexcept {
  return implementation_->with_session([](auto& session) { return session.steps(); });
}
TrainingState Trainer::state() const {
  return implementation_->reporting([](auto& session) { return session.state(); });
}
void Trainer::restore(const TrainingState& state) {
  implementation_->reporting([&](auto& session) { session.restore(state); });
}

#define SMOLGRAD_INSTANTIATE(T)                                                           \
  template SMOLGRAD_API double Trainer::step(const T*, const T*, std::size_t);            \
  template SMOLGRAD_API FitReport Trainer::fit(const T*, const T*, std::size_t);          \
  template SMOLGRAD_API Metrics Trainer::evaluate(const T*, const T*, std::size_t) const; \
  template SMOLGRAD_API LbfgsResult Trainer::minimize(const T*, const T*, std::size_t, const LbfgsOptions&);
SMOLGRAD_INSTANTIATE(double)
SMOLGRAD_INSTANTIATE(float)
#undef SMOLGRAD_INSTANTIATE

}  // namespace smolgrad
