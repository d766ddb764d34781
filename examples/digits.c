/* Handwritten digits in C: 8 x 8 pixels in, one of ten digits out. From a CSV file to a trained network.
 *
 * usage: digits digits.csv */
#include <smolgrad.h>
#include <stdio.h>
#include <stdlib.h>

enum { PIXELS = 64, DIGITS = 10 };

struct samples {
  double* x; /* pixels from 0 to 1, an image after the other */
  double* digits;
  size_t rows;
};

/* Every fifth row is for the test, or the others. */
static int take(const smolgrad_table* table, int for_test, struct samples* samples) {
  const size_t rows = smolgrad_table_row_count(table);
  samples->rows = 0;
  samples->x = malloc((rows * PIXELS + 1) * sizeof *samples->x);
  samples->digits = malloc((rows + 1) * sizeof *samples->digits);
  if (samples->x == NULL || samples->digits == NULL) return 0;
  for (size_t row = 0; row < rows; ++row) {
    if ((row % 5 == 0) != for_test) continue;
    const double* values = smolgrad_table_values(table) + row * (PIXELS + 1);
    for (size_t i = 0; i < PIXELS; ++i) samples->x[samples->rows * PIXELS + i] = values[i] / 16.0;
    samples->digits[samples->rows++] = values[PIXELS];
  }
  return 1;
}

static void give_back(struct samples* samples) {
  free(samples->x);
  free(samples->digits);
}

static int32_t show_progress(size_t epoch, size_t epochs, double loss, double validation_loss,
                             double validation_accuracy, double seconds, void* user_data) {
  (void)validation_accuracy, (void)seconds, (void)user_data;
  printf("\r[");
  for (size_t i = 0; i < 30; ++i) putchar(i < 30 * epoch / epochs ? '=' : ' ');
  printf("] %zu/%zu loss %.4f, of validation %.4f", epoch, epochs, loss, validation_loss);
  if (epoch == epochs) putchar('\n');
  fflush(stdout);
  return 0;
}

/* How many digits the network reads as they are: the most probable one is taken. */
static size_t count_right(const smolgrad_mlp* mlp, const struct samples* samples) {
  size_t right = 0;
  for (size_t row = 0; row < samples->rows; ++row) {
    double probabilities[DIGITS] = {0};
    smolgrad_mlp_predict(mlp, samples->x + row * PIXELS, 1, probabilities);
    size_t best = 0;
    for (size_t i = 1; i < DIGITS; ++i) {
      if (probabilities[i] > probabilities[best]) best = i;
    }
    if ((double)best == samples->digits[row]) ++right;
  }
  return right;
}

static int train(smolgrad_tape* tape, const struct samples* training, const struct samples* test) {
  const size_t layer_sizes[] = {64, DIGITS};
  smolgrad_mlp_options* model = smolgrad_mlp_options_create();
  smolgrad_mlp_options_set_init(model, SMOLGRAD_INIT_HE);
  smolgrad_mlp_options_set_head(model, SMOLGRAD_HEAD_SOFTMAX);
  smolgrad_mlp* mlp = smolgrad_mlp_create(tape, PIXELS, layer_sizes, 2, model);
  smolgrad_mlp_options_destroy(model);

  smolgrad_fit_options* options = smolgrad_fit_options_create();
  smolgrad_fit_options_set_loss(options, SMOLGRAD_LOSS_CROSS_ENTROPY);
  smolgrad_fit_options_set_optimizer(options, SMOLGRAD_OPTIMIZER_ADAM);
  smolgrad_fit_options_set_learning_rate(options, 1e-3);
  smolgrad_fit_options_set_epochs(options, 30);
  smolgrad_fit_options_set_batch_size(options, 32);
  smolgrad_fit_options_set_validation_fraction(options, 0.1);
  smolgrad_fit_options_set_progress(options, show_progress, NULL);
  smolgrad_mlp_fit(mlp, training->x, training->digits, training->rows, options, NULL);
  smolgrad_fit_options_destroy(options);
  if (smolgrad_tape_error_code(tape) != SMOLGRAD_OK) return 0; /* whatever it was that failed */

  printf("%zu training and %zu test images, %zu parameters\n", training->rows, test->rows,
         smolgrad_mlp_parameter_count(mlp));
  printf("test accuracy %.2f %%\n", 100.0 * (double)count_right(mlp, test) / (double)test->rows);
  return 1;
}

int main(int argc, char** argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: %s digits.csv\n", argv[0]);
    return 2;
  }
  smolgrad_tape* tape = smolgrad_tape_create();
  smolgrad_table* table = smolgrad_table_read_csv(tape, argv[1], SMOLGRAD_CSV_HEADER_AUTOMATIC);
  struct samples training = {NULL, NULL, 0}, test = {NULL, NULL, 0};
  int status = EXIT_FAILURE;
  if (table == NULL) {
    fprintf(stderr, "%s\n", smolgrad_tape_error_message(tape));
  } else if (smolgrad_table_column_count(table) != PIXELS + 1) {
    fprintf(stderr, "%s has not 64 pixels and a digit in each row\n", argv[1]);
  } else if (!take(table, 0, &training) || !take(table, 1, &test)) {
    fprintf(stderr, "out of memory\n");
  } else if (!train(tape, &training, &test)) {
    fprintf(stderr, "%s\n", smolgrad_tape_error_message(tape));
  } else {
    status = EXIT_SUCCESS;
  }
  give_back(&training);
  give_back(&test);
  smolgrad_table_destroy(table);
  smolgrad_tape_destroy(tape); /* frees the model */
  return status;
}
