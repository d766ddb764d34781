// Training: fit for a table of samples, Trainer for everything in between, down to one sample at a time.
//
//   MLP mlp(64, {64, 10});
//   FitOptions options;
//   options.loss = Loss::cross_entropy;        // y: the class of each row
//   options.optimizer = Adam{1e-3};
//   options.epochs = 30;
//   options.validation_fraction = 0.1;
//   FitReport report = fit(mlp, x, y, rows, options);
//
//   Trainer trainer(mlp, options);             // or, in a loop of one's own
//   double loss = trainer.step(x, y);
//
// Model and loss are compiled into one Function (function.hpp), whatever the loss is, and run in the model's dtype.
// Arrays are row-major, a row a sample: x is rows x model.inputs(), y is rows x targets. Templates exist for double and
// float; the type of the arrays need not be the model's dtype.
//
// The same data, options and seed give the same bits for any number of threads, on one type of processor.
//
// A Trainer and its model belong to one thread at a time. Errors are exceptions of type smolgrad::Error; options out of
// range, null arrays, no rows and data that are no numbers or no classes are invalid_argument, naming the row, and have
// changed nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "export.hpp"
#include "function.hpp"
#include "lbfgs.hpp"
#include "loss.hpp"
#include "mlp.hpp"
#include "optimizer.hpp"
#include "schedule.hpp"

namespace smolgrad {

/// Means over some rows. accuracy: how often the largest logit is that of the class (cross_entropy), or each output is
/// on its target's side (binary_cross_entropy, hinge); NaN for other losses.
struct Metrics {
  double loss;      ///< of the loss function
  double accuracy;  ///< 0 to 1
};

/// What fit knows after once more through the training rows.
struct Epoch {
  std::size_t epoch;     ///< from 1 on
  std::size_t epochs;    ///< how many there will be at most
  Metrics training;      ///< the loss while training, the accuracy NaN; or see FitOptions::training_metrics
  Metrics validation;    ///< afterwards; NaN without rows for it
  double learning_rate;  ///< of the last step
  double seconds;        ///< since fit began
};

/// What to train for, how and how long.
struct FitOptions {
  /// One of those in loss.hpp, or any function that records a loss from a sample's outputs and targets. A function is
  /// called once or twice, to be recorded on a tape of the trainer's, which is the current one meanwhile.
  std::variant<Loss, LossFunction> loss = Loss::mse;
  /// How many numbers a row of y has. 0: one, the class, for cross_entropy, and else as many as the model has outputs.
  std::size_t targets = 0;
  OptimizerOptions optimizer = Adam{};  ///< what takes the steps (optimizer.hpp)
  Schedule schedule;                    ///< of the learning rate (schedule.hpp)
  Clipping clipping;                    ///< of derivatives
  std::size_t epochs = 100;             ///< times through the rows
  /// Rows a step; the last batch of an epoch may be smaller. 0: all of them.
  std::size_t batch_size = 32;
  /// In another order each epoch, which depends on seed and epoch alone.
  bool shuffle = true;
  std::uint64_t seed = 0;  ///< of the order of rows, and of which are held back
  /// So much of the rows, drawn by the seed, is not trained on, from 0 to below 1.
  double validation_fraction = 0.0;
  /// Stop once so many epochs have brought no lower loss (of validation, or of training if nothing is held back), and
  /// end with the parameters of the best epoch; another fit goes on from the last one's, all else from these. 0: go
  /// through all epochs, and end with the last one's.
  std::size_t patience = 0;
  /// Evaluate the training rows after each epoch as well: costs about a third more.
  bool training_metrics = false;
  /// Called after each epoch, when the model has the parameters of that epoch; false ends fit. May throw, which ends it
  /// too.
  std::function<bool(const Epoch&)> progress;
  /// Threads are started once for a trainer, or are the host's; steps on few numbers take one.
  RunOptions run;
};

/// Diverged: a loss or a parameter became infinite or NaN. The trainer is then as it was after the epoch before.
enum class FitOutcome : std::int32_t { finished, stopped_early, cancelled, diverged };

/// The history of one call of fit, an entry an epoch; and the epoch with the lowest loss (see FitOptions::patience).
struct FitReport {
  FitOutcome outcome = FitOutcome::finished;  ///< how it ended
  std::vector<Epoch> epochs;                  ///< those of this call
  std::size_t best_epoch = 0;                 ///< from 1 on; 0: there was none
  double best_loss = 0.0;                     ///< infinite if fit found none
};

/// All that training goes on from, for checkpoints (checkpoint.hpp). Numbers of float models fit into floats.
struct TrainingState {
  std::uint64_t epoch = 0;                                             ///< how many are over
  std::uint64_t steps = 0;                                             ///< of the optimiser
  std::uint64_t best_epoch = 0;                                        ///< as of FitReport
  double best_loss = 0.0;                                              ///< as of FitReport
  std::vector<double> parameters;                                      ///< in the order of MLP::parameters
  std::vector<double> best_parameters;                                 ///< empty without patience
  std::vector<std::pair<std::string, std::vector<double>>> optimizer;  ///< as named by OptimizerState
};

/// Training that goes on from call to call.
class SMOLGRAD_API Trainer {
 public:
  /// Begins with the model's parameters. From now on they are the trainer's: others' changes of them are overwritten by
  /// the next step. The model must outlive it, and stay where it is.
  explicit Trainer(MLP& model, const FitOptions& options = {});
  Trainer(Trainer&&) noexcept;             ///< what is moved from may only be assigned to or destroyed
  Trainer& operator=(Trainer&&) noexcept;  ///< likewise
  ~Trainer();

  /// One step of the optimiser on these rows; returns their mean loss before it. Allocates nothing once it has seen as
  /// many rows as it ever will, in either precision. A loss that is no finite number is invalid_argument, and nothing
  /// is changed.
  template <class T>
  double step(const T* x, const T* y, std::size_t rows = 1);

  /// Trains up to FitOptions::epochs, those of earlier calls and of a checkpoint included. 0 rows are invalid_argument,
  /// and fewer than are needed to train and to validate.
  template <class T>
  FitReport fit(const T* x, const T* y, std::size_t rows);

  /// Minimises the mean loss over all these rows by L-BFGS, in double whatever the model's dtype. The optimiser's state
  /// and the epochs stay as they were.
  template <class T>
  LbfgsResult minimize(const T* x, const T* y, std::size_t rows, const LbfgsOptions& options = {});

  /// The mean loss over these rows and the accuracy, of the parameters as they are.
  template <class T>
  Metrics evaluate(const T* x, const T* y, std::size_t rows) const;

  MLP& model() const noexcept;                 ///< what is trained
  const FitOptions& options() const noexcept;  ///< as it was made with
  std::uint64_t epoch() const noexcept;        ///< how many are over
  std::uint64_t steps() const noexcept;        ///< of the optimiser so far

  TrainingState state() const;  ///< to be restored
  /// Goes on from there: with the same options and data, to the same bits as if it had never stopped. The model gets
  /// these parameters. A state of another model or optimiser is invalid_argument, and nothing is changed.
  void restore(const TrainingState& state);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

/// A Trainer for one fit.
template <class T>
FitReport fit(MLP& model, const T* x, const T* y, std::size_t rows, const FitOptions& options = {}) {
  return Trainer(model, options).fit(x, y, rows);
}

}  // namespace smolgrad
