#include "session.hpp"

namespace smolgrad::train {

namespace {

/// Below so many parameters, one thread updates them sooner than two.
constexpr std::size_t worth_sharing = 32768;
/// Rows evaluated at once.
constexpr std::size_t together = 1024;

template <class T>
constexpr Dtype dtype_of = std::is_same_v<T, double> ? Dtype::float64 : Dtype::float32;

/// Turns running out of memory into what users are promised.
template <class Action>
auto reporting(Action action) {
  try {
    return action();
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::out_of_memory, "out of memory for training");
  }
}

/// Before the trainer's own parameters change, since the model's tape may have no memory to note it.
void note_change(MLP& model) {
  model.parameters().update([](double*, double*, std::size_t) {});
}

void require_options(const FitOptions& options) {
  if (options.validation_fraction >= 0.0 && options.validation_fraction < 1.0) return;
  throw Error(ErrorCode::invalid_argument, "validation_fraction is from 0 to below 1");
}

}  // namespace

template <class T>
Session<T>::Session(MLP& model, const FitOptions& options)
    : model_(model),
      options_(options),
      objective_(make_objective(model, options, dtype_of<T>)),
      optimizer_(options.optimizer, model.parameters().size(), options.schedule, options.clipping) {
  require_options(options);
  const double* const data = model.parameters().data();
  parameters_.assign(data, data + model.parameters().size());
  gradients_.resize(parameters_.size());
}

template <class T>
void Session<T>::reserve(std::size_t rows) {
  if (losses_.size() >= rows) return;
  reporting([&] {
    samples_.resize(rows * objective_.width());
    losses_.resize(rows);
  });
}

template <class T>
double Session<T>::step(const T* samples, std::size_t rows, const RunOptions& run) {
  objective_.loss.gradient(rows, samples, parameters_.data(), losses_.data(), static_cast<T*>(nullptr),
                           gradients_.data(), run);
  const double loss = std::accumulate(losses_.data(), losses_.data() + rows, 0.0);
  if (std::isfinite(loss)) {
    note_change(model_);
    update(T(1) / static_cast<T>(rows), run);
  }
  return loss;
}

template <class T>
void Session<T>::update(T scale, const RunOptions& run) {
  if (run.runner == nullptr || parameters_.size() < worth_sharing) {
    return optimizer_.step(parameters_.data(), gradients_.data(), scale);
  }
  optimizer_.begin_step(gradients_.data(), scale);
  struct Shares {
    Session& session;
    std::size_t count;
  } shares{*this, run.threads};
  const auto update_share = [](void* context, std::size_t i) {
    auto& [session, count] = *static_cast<Shares*>(context);
    const std::size_t size = session.parameters_.size();
    session.optimizer_.update(session.parameters_.data(), session.gradients_.data(), size * i / count,
                              size * (i + 1) / count);
  };
  run.runner(update_share, &shares, shares.count, run.user_data);
}

template <class T>
template <class From>
double Session<T>::step(const Data<From>& data) {
  require_rows(data, objective_);
  reserve(data.rows);
  for (std::size_t row = 0; row < data.rows; ++row) {
    take_sample(data, row, objective_, samples_.data() + row * objective_.width());
  }
  const double loss = step(samples_.data(), data.rows, options_.run);
  if (!std::isfinite(loss)) {
    require_samples(data, objective_);
    throw Error(ErrorCode::invalid_argument, fmt::format("the loss is {}", loss));
  }
  hand_over(parameters_);
  return loss / static_cast<double>(data.rows);
}

template <class T>
template <class From>
double Session<T>::train(const Data<From>& data, std::vector<std::size_t>& order, const RunOptions& run) {
  const std::size_t rows = order.size();
  const std::size_t batch = options_.batch_size == 0 ? rows : std::min(options_.batch_size, rows);
  double total = 0.0;
  for (std::size_t first = 0; first < rows; first += batch) {
    const std::size_t count = std::min(batch, rows - first);
    take_samples(data, order.data() + first, count, objective_, samples_.data());
    total += step(samples_.data(), count, run);
    if (!std::isfinite(total)) return total;
  }
  return total / static_cast<double>(rows);
}

template <class T>
template <class From>
FitReport Session<T>::fit(const Data<From>& data) {
  const auto start = std::chrono::steady_clock::now();
  require_samples(data, objective_);
  std::vector<std::size_t> order(data.rows);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<std::size_t> validation;
  if (options_.validation_fraction > 0.0) {
    const double share = static_cast<double>(data.rows) * options_.validation_fraction;
    const std::size_t count = std::max(static_cast<std::size_t>(std::lround(share)), std::size_t{1});
    if (count >= data.rows) throw Error(ErrorCode::invalid_argument, "there are no rows left to train on");
    permute(order, options_.seed, split_stream);
    validation.assign(order.end() - static_cast<std::ptrdiff_t>(count), order.end());
    order.resize(data.rows - count);
  }
  const std::vector<std::size_t> in_order = order;
  const bool whole = options_.batch_size == 0 || options_.batch_size >= order.size();
  reserve(whole ? order.size() : options_.batch_size);

  std::optional<ThreadPool> pool;
  RunOptions run = options_.run;
  if (run.runner == nullptr && run.threads > 1) run = pool.emplace(run.threads).options();

  FitReport report;
  while (epoch_ < options_.epochs) {
    if (options_.shuffle && !whole) {
      order = in_order;
      permute(order, options_.seed, epoch_ + 1);
    }
    const double rate = optimizer_.learning_rate();
    Epoch now{static_cast<std::size_t>(epoch_ + 1),
              options_.epochs,
              {train(data, order, run), unknown},
              {unknown, unknown},
              rate,
              0.0};
    if (!std::isfinite(now.training.loss)) {
      // The model has what there was before.
      const double* const before = model_.parameters().data();
      parameters_.assign(before, before + parameters_.size());
      report.outcome = FitOutcome::diverged;
      break;
    }
    ++epoch_;
    if (options_.training_metrics) now.training = metrics(data, in_order, run);
    if (!validation.empty()) now.validation = metrics(data, validation, run);
    const double loss = validation.empty() ? now.training.loss : now.validation.loss;
    if (loss < best_loss_) {
      best_loss_ = loss;
      best_epoch_ = epoch_;
      if (options_.patience > 0) best_parameters_ = parameters_;
    }
    hand_over(parameters_);
    now.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    report.epochs.push_back(now);
    if (options_.progress != nullptr && !options_.progress(now)) {
      report.outcome = FitOutcome::cancelled;
      break;
    }
    if (options_.patience > 0 && epoch_ - best_epoch_ >= options_.patience) {
      report.outcome = FitOutcome::stopped_early;
      break;
    }
  }
  if (!best_parameters_.empty()) hand_over(best_parameters_);
  report.best_epoch = static_cast<std::size_t>(best_epoch_);
  report.best_loss = best_loss_;
  return report;
}

template <class T>
template <class From>
Metrics Session<T>::evaluate(const Data<From>& data) const {
  require_samples(data, objective_);
  std::vector<std::size_t> rows(data.rows);
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  return metrics(data, rows, options_.run);
}

template <class T>
template <class From>
Metrics Session<T>::metrics(const Data<From>& data, const std::vector<std::size_t>& rows, const RunOptions& run) const {
  const std::size_t width = 1 + objective_.outputs;
  const std::size_t most = std::min(rows.size(), together);
  std::vector<T> samples(most * objective_.width());
  std::vector<T> results(most * width);
  double loss = 0.0;
  double right = 0.0;
  for (std::size_t first = 0; first < rows.size(); first += together) {
    const std::size_t count = std::min(rows.size() - first, together);
    take_samples(data, rows.data() + first, count, objective_, samples.data());
    objective_.metrics.evaluate(count, samples.data(), parameters_.data(), results.data(), run);
    for (std::size_t i = 0; i < count; ++i) {
      const T* const result = results.data() + i * width;
      const T* const targets = samples.data() + i * objective_.width() + objective_.inputs;
      loss += static_cast<double>(result[0]);
      if (objective_.judgement != Judgement::none) right += judge(objective_, result + 1, targets);
    }
  }
  const auto count = static_cast<double>(rows.size());
  return {loss / count, objective_.judgement == Judgement::none ? unknown : right / count};
}

template <class T>
void Session<T>::hand_over(const std::vector<T>& parameters) {
  model_.parameters().update(
      [&](double* data, double*, std::size_t) { std::copy(parameters.begin(), parameters.end(), data); });
}

template <class T>
void Session<T>::set_parameters(const double* parameters) {
  note_change(model_);
  std::transform(parameters, parameters + parameters_.size(), parameters_.begin(),
                 [](double number) { return static_cast<T>(number); });
  hand_over(parameters_);
}

template <class T>
TrainingState Session<T>::state() const {
  TrainingState state{epoch_, steps(), best_epoch_, best_loss_, {}, {}, {}};
  state.parameters.assign(parameters_.begin(), parameters_.end());
  state.best_parameters.assign(best_parameters_.begin(), best_parameters_.end());
  for (std::size_t i = 0; i < optimizer_.state_count(); ++i) {
    const OptimizerState<const T> array = optimizer_.state(i);
    state.optimizer.emplace_back(array.name, std::vector<double>(array.data, array.data + parameters_.size()));
  }
  return state;
}

template <class T>
void Session<T>::restore(const TrainingState& state) {
  const auto fits = [&](const std::vector<double>& numbers) { return numbers.size() == parameters_.size(); };
  bool all_fit = fits(state.parameters) && (state.best_parameters.empty() || fits(state.best_parameters)) &&
                 state.optimizer.size() == optimizer_.state_count();
  for (std::size_t i = 0; all_fit && i < state.optimizer.size(); ++i) {
    all_fit = state.optimizer[i].first == optimizer_.state(i).name && fits(state.optimizer[i].second);
  }
  if (!all_fit) throw Error(ErrorCode::invalid_argument, "the state is that of another model or optimiser");
  std::vector<T> best(state.best_parameters.begin(), state.best_parameters.end());
  set_parameters(state.parameters.data());
  best_parameters_ = std::move(best);
  for (std::size_t i = 0; i < state.optimizer.size(); ++i) {
    const std::vector<double>& numbers = state.optimizer[i].second;
    std::transform(numbers.begin(), numbers.end(), optimizer_.state(i).data,
                   [](double number) { return static_cast<T>(number); });
  }
  optimizer_.set_steps(state.steps);
  epoch_ = state.epoch;
  best_epoch_ = state.best_epoch;
  best_loss_ = state.best_loss;
}

template class Session<double>;
template class Session<float>;

#define SMOLGRAD_INSTANTIATE(T, From)                    \
  template double Session<T>::step(const Data<From>&);   \
  template FitReport Session<T>::fit(const Data<From>&); \
  template Metrics Session<T>::evaluate(const Data<From>&) const;
SMOLGRAD_INSTANTIATE(double, double)
SMOLGRAD_INSTANTIATE(double, float)
SMOLGRAD_INSTANTIATE(float, double)
SMOLGRAD_INSTANTIATE(float, float)
#undef SMOLGRAD_INSTANTIATE

}  // namespace smolgrad::train
