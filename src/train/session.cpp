#include "session.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/compile.h>
#include <smolgrad/detail/shown.hpp>

#include "sharing.hpp"
#include "update_kernels.hpp"

namespace smolgrad::train {

namespace {

/// Rows evaluated at once.
constexpr std::size_t together = 1024;

template <class T>
const UpdateKernels<T>& update_kernels() {
  return (*update_targets().begin())->template kernels<T>();
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
      optimizer_(options.optimizer, model.parameters().size(), options.schedule, options.clipping),
      count_(model.parameters().size()),
      parameters_(processor::make_aligned<T>(count_)),
      gradients_(processor::make_aligned<T>(count_)) {
  require_options(options);
  run_ = options.run;
  if (run_.runner == nullptr && run_.threads > 1) {
    pool_ = std::make_unique<ThreadPool>(std::min(run_.threads, most_threads));
    run_ = pool_->options();
  }
  set(model.parameters().data());
}

template <class T>
void Session<T>::reserve(std::size_t rows) {
  if (losses_.size() >= rows) return;
  losses_.resize(rows);
}

template <class T>
double Session<T>::step(const detail::Samples<T>& samples, std::size_t rows, const RunOptions& run, bool hands_over) {
  detail::FunctionAccess::gradient(objective_.loss, rows, samples, shown(), losses_.data(), gradients_.get(), run);
  const double loss = sum_of(losses_.data(), rows);
  last_rate_ = optimizer_.learning_rate();
  if (!std::isfinite(loss)) return loss;
  // Nothing has changed if the model's tape has no memory to note that it does.
  model_.parameters().update([&](double* model, double*, std::size_t) {
    if (shows_best_) std::copy_n(shown(), count_, parameters_.get());
    shows_best_ = false;
    update(T(1) / static_cast<T>(rows), run, hands_over ? model : nullptr);
  });
  return loss;
}

template <class T>
void Session<T>::update(T scale, const RunOptions& run, double* model) {
  const auto update = [&](std::size_t first, std::size_t last) {
    optimizer_.update(parameters_.get(), gradients_.get(), first, last);
    if (model != nullptr) update_kernels<T>().widen(parameters_.get() + first, last - first, model + first);
  };
  optimizer_.begin_step(gradients_.get(), scale);
  // Layer by layer, since each one's gradient was divided too: most of a share is in the cache of whoever takes it.
  share_out(run, count_, [&](std::size_t share, std::size_t shares) {
    if (shares == 1) return update(0, count_);
    std::size_t first = 0;
    for (const Layer& layer : model_.layers()) {
      const std::size_t size = layer.neurons().size() * (layer.inputs() + (model_.options().bias ? 1 : 0));
      update(first + size * share / shares, first + size * (share + 1) / shares);
      first += size;
    }
  });
}

template <class T>
detail::Samples<T> Session<T>::take(const Data& data, const std::size_t* rows, std::size_t count,
                                    const RunOptions& run) {
  if (data.dtype == dtype_of<T>) {
    return {static_cast<const T*>(data.x), objective_.inputs, static_cast<const T*>(data.y), objective_.targets, rows};
  }
  samples_.resize(losses_.size() * objective_.width());
  if (rows == nullptr) {
    take_samples(data, rows, count, objective_, samples_.data());
  } else {
    share_out(run, count * objective_.width(), [&](std::size_t share, std::size_t shares) {
      const std::size_t first = count * share / shares;
      take_samples(data, rows + first, count * (share + 1) / shares - first, objective_,
                   samples_.data() + first * objective_.width());
    });
  }
  return {samples_.data(), objective_.width(), nullptr, 0, nullptr};
}

template <class T>
double Session<T>::step(const Data& data) {
  // Beforehand: where an activation is flat, the loss of an infinite input is finite, and the gradient is not.
  require_samples<T>(data, objective_, run_);
  reserve(data.rows);
  const double loss = step(take(data, nullptr, data.rows, run_), data.rows, run_, true);
  if (!std::isfinite(loss))
    throw Error(ErrorCode::invalid_argument, fmt::format(FMT_COMPILE("the loss is {}"), detail::shown(loss)));
  return loss / static_cast<double>(data.rows);
}

template <class T>
double Session<T>::train(const Data& data, std::vector<std::size_t>& order, const RunOptions& run) {
  const std::size_t rows = order.size();
  const std::size_t batch = options_.batch_size == 0 ? rows : std::min(options_.batch_size, rows);
  double total = 0.0;
  for (std::size_t first = 0; first < rows; first += batch) {
    const std::size_t count = std::min(batch, rows - first);
    total += step(take(data, order.data() + first, count, run), count, run, false);
    if (!std::isfinite(total)) return total;
  }
  return total / static_cast<double>(rows);
}

template <class T>
FitReport Session<T>::fit(const Data& data) {
  const auto start = std::chrono::steady_clock::now();
  require_samples<T>(data, objective_, run_);
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
    std::sort(order.begin(), order.end());
  }
  const std::vector<std::size_t> in_order = order;
  const bool whole = options_.batch_size == 0 || options_.batch_size >= order.size();
  reserve(whole ? order.size() : options_.batch_size);

  if (options_.patience > 0) best_parameters_.reserve(count_);
  const RunOptions& run = run_;

  FitReport report;
  for (;;) {
    // Looked at here, so that training that was over is over too where it goes on from a checkpoint.
    if (options_.patience > 0 && epoch_ - best_epoch_ >= options_.patience) {
      report.outcome = FitOutcome::stopped_early;
      break;
    }
    if (epoch_ >= options_.epochs) break;
    if (options_.shuffle && !whole) {
      order = in_order;
      permute(order, options_.seed, epoch_ + 1);
    }
    keep();
    shows_best_ = false;
    Epoch now{static_cast<std::size_t>(epoch_ + 1), options_.epochs, {unknown, unknown}, {unknown, unknown}, 0.0, 0.0};
    double loss = unknown;
    try {
      loss = now.training.loss = train(data, order, run);
      bool is_finite = std::isfinite(loss) && all_within(std::numeric_limits<T>::max(), parameters_.get(), count_, run);
      if (is_finite && options_.training_metrics) now.training = metrics(data, in_order, run);
      if (is_finite && !validation.empty()) now.validation = metrics(data, validation, run);
      loss = validation.empty() ? now.training.loss : now.validation.loss;
      if (!is_finite || !std::isfinite(now.training.loss) || !std::isfinite(loss)) {
        undo();
        report.outcome = FitOutcome::diverged;
        break;
      }
      now.learning_rate = last_rate_;
      now.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      report.epochs.push_back(now);
      hand_over(parameters_.get());
    } catch (...) {
      undo();
      throw;
    }
    ++epoch_;
    if (loss < best_loss_) {
      best_loss_ = loss;
      best_epoch_ = epoch_;
      if (options_.patience > 0) {
        best_parameters_.resize(count_);
        std::copy_n(parameters_.get(), count_, best_parameters_.begin());
      }
    }
    if (options_.progress != nullptr && !options_.progress(now)) {
      report.outcome = FitOutcome::cancelled;
      break;
    }
  }
  if (options_.patience > 0 && !best_parameters_.empty()) {
    hand_over(best_parameters_.data());
    shows_best_ = true;
  }
  report.best_epoch = static_cast<std::size_t>(best_epoch_);
  report.best_loss = best_loss_;
  return report;
}

template <class T>
void Session<T>::keep() {
  kept_steps_ = steps();
  kept_.resize((1 + optimizer_.state_count()) * count_);
  share_out_evenly(run_, count_, [&](std::size_t first, std::size_t last) {
    T* to = kept_.data();
    std::copy(parameters_.get() + first, parameters_.get() + last, to + first);
    for (std::size_t i = 0; i < optimizer_.state_count(); ++i) {
      to += count_;
      std::copy(optimizer_.state(i).data + first, optimizer_.state(i).data + last, to + first);
    }
  });
}

template <class T>
void Session<T>::undo() {
  optimizer_.set_steps(kept_steps_);
  auto from = kept_.begin();
  const auto restore = [&](T* to) {
    std::copy_n(from, count_, to);
    from += static_cast<std::ptrdiff_t>(count_);
  };
  restore(parameters_.get());
  for (std::size_t i = 0; i < optimizer_.state_count(); ++i) restore(optimizer_.state(i).data);
}

template <class T>
Metrics Session<T>::evaluate(const Data& data) const {
  require_samples<T>(data, objective_, run_);
  std::vector<std::size_t> rows(data.rows);
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  return metrics(data, rows, run_);
}

template <class T>
Metrics Session<T>::metrics(const Data& data, const std::vector<std::size_t>& rows, const RunOptions& run) const {
  const std::size_t width = 1 + objective_.outputs;
  const std::size_t most = std::min(rows.size(), together);
  std::vector<T> samples(most * objective_.width());
  std::vector<T> results(most * width);
  double loss = 0.0;
  double right = 0.0;
  for (std::size_t first = 0; first < rows.size(); first += together) {
    const std::size_t count = std::min(rows.size() - first, together);
    take_samples(data, rows.data() + first, count, objective_, samples.data());
    objective_.metrics.evaluate(count, samples.data(), shown(), results.data(), run);
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
void Session<T>::hand_over(const T* parameters) {
  model_.parameters().update([&](double* model, double*, std::size_t) {
    share_out_evenly(run_, count_, [&](std::size_t first, std::size_t last) {
      update_kernels<T>().widen(parameters + first, last - first, model + first);
    });
  });
  shows_best_ = false;
}

template <class T>
void Session<T>::set(const double* parameters) {
  std::transform(parameters, parameters + count_, parameters_.get(),
                 [](double number) { return static_cast<T>(number); });
}

template <class T>
void Session<T>::set_parameters(const double* parameters) {
  model_.parameters().update([&](double* model, double*, std::size_t size) {
    set(parameters);
    update_kernels<T>().widen(parameters_.get(), size, model);
  });
  shows_best_ = false;
}

template <class T>
TrainingState Session<T>::state() const {
  TrainingState state{epoch_, steps(), best_epoch_, best_loss_, {}, {}, {}};
  state.parameters.assign(parameters_.get(), parameters_.get() + count_);
  state.best_parameters.assign(best_parameters_.begin(), best_parameters_.end());
  for (std::size_t i = 0; i < optimizer_.state_count(); ++i) {
    const OptimizerState<const T> array = optimizer_.state(i);
    state.optimizer.emplace_back(array.name, std::vector<double>(array.data, array.data + count_));
  }
  return state;
}

template <class T>
void Session<T>::restore(const TrainingState& state) {
  const auto fits = [&](const std::vector<double>& numbers) { return numbers.size() == count_; };
  bool all_fit = fits(state.parameters) && (state.best_parameters.empty() || fits(state.best_parameters)) &&
                 state.optimizer.size() == optimizer_.state_count();
  for (std::size_t i = 0; all_fit && i < state.optimizer.size(); ++i) {
    all_fit = state.optimizer[i].first == optimizer_.state(i).name && fits(state.optimizer[i].second);
  }
  all_fit = all_fit && state.best_epoch <= state.epoch && !std::isnan(state.best_loss);
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

}  // namespace smolgrad::train
