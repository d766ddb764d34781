/* Loads the library given, uses it and unloads it, a thousand times: it must be gone each time, and nothing may grow.
 */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <smolgrad.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { rounds = 1000, rounds_to_warm_up = 50, rows = 20000 };

#define CHECK(condition) \
  ((condition) ? (void)0 : (fprintf(stderr, "line %d, round %d: %s\n", __LINE__, round_number, #condition), exit(1)))

static int round_number = 0;
static const char* path;
static double inputs[rows], outputs[rows], derivatives[rows];

#define FUNCTIONS(X)         \
  X(tape_create)             \
  X(tape_close)              \
  X(tape_error_code)         \
  X(tape_error_message)      \
  X(value_create)            \
  X(value_set_data)          \
  X(value_grad)              \
  X(value_release)           \
  X(value_release_later)     \
  X(value_to_string)         \
  X(mul)                     \
  X(square)                  \
  X(backward)                \
  X(function_compile)        \
  X(function_destroy)        \
  X(function_gradient)       \
  X(run_options_create)      \
  X(run_options_destroy)     \
  X(run_options_set_threads) \
  X(mlp_create)              \
  X(mlp_destroy)             \
  X(mlp_fit)                 \
  X(fit_options_create)      \
  X(fit_options_destroy)     \
  X(fit_options_set_epochs)  \
  X(fit_options_set_threads) \
  X(fit_options_set_batch_size)

typedef struct {
#define MEMBER(name) __typeof__(smolgrad_##name)* name;
  FUNCTIONS(MEMBER)
} Library;

static void* resolve(void* handle, const char* name) {
  void* const symbol = dlsym(handle, name);
  CHECK(symbol != NULL);
  return symbol;
}

static void* load(void) {
  void* const handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (handle == NULL) fprintf(stderr, "%s\n", dlerror());
  CHECK(handle != NULL);
  return handle;
}

static int is_loaded(void) {
  void* const handle = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
  return handle != NULL && dlclose(handle) == 0;
}

/* A thread of the host's, which lives longer than the library. */
typedef struct {
  void (*use)(void* data);
  void* data;
  pthread_barrier_t used, unloaded;
  pthread_t thread;
} Survivor;

static void* survive(void* data) {
  Survivor* const survivor = data;
  survivor->use(survivor->data);
  pthread_barrier_wait(&survivor->used);
  pthread_barrier_wait(&survivor->unloaded);
  return NULL;
}

static void begin(Survivor* survivor, void (*use)(void* data), void* data) {
  survivor->use = use;
  survivor->data = data;
  pthread_barrier_init(&survivor->used, NULL, 2);
  pthread_barrier_init(&survivor->unloaded, NULL, 2);
  CHECK(pthread_create(&survivor->thread, NULL, survive, survivor) == 0);
  pthread_barrier_wait(&survivor->used);
}

static void end(Survivor* survivor) {
  pthread_barrier_wait(&survivor->unloaded);
  CHECK(pthread_join(survivor->thread, NULL) == 0);
  pthread_barrier_destroy(&survivor->used);
  pthread_barrier_destroy(&survivor->unloaded);
}

static void run_function(const Library* lib, smolgrad_tape* tape) {
  smolgrad_value* const x = lib->value_create(tape, 1.0);
  smolgrad_value* const y = lib->square(x);
  smolgrad_function* const f = lib->function_compile(tape, &x, 1, NULL, 0, &y, 1, NULL);
  smolgrad_run_options* const options = lib->run_options_create();
  CHECK(lib->run_options_set_threads(options, 2) == SMOLGRAD_OK);
  CHECK(lib->function_gradient(f, rows, inputs, NULL, outputs, derivatives, NULL, options) == SMOLGRAD_OK);
  CHECK(outputs[rows / 2] == 0.25 && derivatives[rows / 2] == 1.0);
  lib->run_options_destroy(options);
  lib->function_destroy(f);
  lib->value_release(x);
  lib->value_release(y);
}

static void train(const Library* lib, smolgrad_tape* tape) {
  const size_t layers[] = {8, 1};
  smolgrad_mlp* const mlp = lib->mlp_create(tape, 1, layers, 2, NULL);
  smolgrad_fit_options* const options = lib->fit_options_create();
  CHECK(lib->fit_options_set_epochs(options, 1) == SMOLGRAD_OK);
  CHECK(lib->fit_options_set_threads(options, 2) == SMOLGRAD_OK);
  CHECK(lib->fit_options_set_batch_size(options, 1000) == SMOLGRAD_OK);
  CHECK(lib->mlp_fit(mlp, inputs, inputs, 2000, options, NULL) == SMOLGRAD_OK);
  lib->fit_options_destroy(options);
  lib->mlp_destroy(mlp);
}

static void use(void* data) {
  Library lib;
  char text[64];
  smolgrad_tape* tape;
  smolgrad_value *a, *b, *c;
#define RESOLVE(name) *(void**)&lib.name = resolve(data, "smolgrad_" #name);
  FUNCTIONS(RESOLVE)
  tape = lib.tape_create();
  a = lib.value_create(tape, 2.0);
  b = lib.value_create(tape, -3.0);
  c = lib.mul(a, b);
  CHECK(lib.backward(c) == SMOLGRAD_OK && lib.value_grad(a) == -3.0);
  CHECK(lib.value_to_string(a, text, sizeof text, NULL) == SMOLGRAD_OK && strcmp(text, "Value(data=2, grad=-3)") == 0);
  run_function(&lib, tape);
  train(&lib, tape);
  CHECK(lib.tape_error_code(tape) == SMOLGRAD_OK);
  CHECK(lib.value_set_data(c, 1.0) == SMOLGRAD_ERROR_INVALID_ARGUMENT);
  CHECK(strlen(lib.tape_error_message(tape)) > 0);
  lib.value_release_later(b);
  lib.tape_close(tape);
  lib.value_release(c);
  lib.value_release_later(a);
}

/* C++ has a tape of each thread's own, which ends with the thread. */
static void use_current_tape(void* data) {
  void* (*current)(void);
  *(void**)&current = resolve(data, "_ZN8smolgrad4Tape7currentEv");
  CHECK(current() != NULL && current() == current());
}

typedef struct {
  long resident, mappings, threads, files;
} Process;

static long count_entries(const char* folder) {
  DIR* const stream = opendir(folder);
  long count = 0;
  CHECK(stream != NULL);
  while (readdir(stream) != NULL) ++count;
  closedir(stream);
  return count;
}

static Process look(void) {
  Process process = {0, 0, 0, 0};
  char line[8192];
  FILE* file = fopen("/proc/self/statm", "r");
  CHECK(file != NULL && fscanf(file, "%*d %ld", &process.resident) == 1);
  fclose(file);
  process.resident *= sysconf(_SC_PAGESIZE);
  file = fopen("/proc/self/maps", "r");
  CHECK(file != NULL);
  while (fgets(line, sizeof line, file) != NULL) {
    CHECK(strstr(line, "libsmolgrad") == NULL);
    ++process.mappings;
  }
  fclose(file);
  process.threads = count_entries("/proc/self/task");
  process.files = count_entries("/proc/self/fd");
  return process;
}

int main(int argc, char** argv) {
  Process before = {0, 0, 0, 0}, after;
  if (argc != 2) return 2;
  path = argv[1];
  for (int i = 0; i < rows; ++i) inputs[i] = i / (double)rows;

  for (; round_number < rounds; ++round_number) {
    Survivor survivor;
    void* const handle = load();
    use(handle);
    begin(&survivor, use, handle);
    CHECK(dlclose(handle) == 0);
    CHECK(!is_loaded());
    end(&survivor);
    if (round_number <= rounds_to_warm_up) before = look();
  }
  after = look();
  printf("resident %ld to %ld bytes, %ld to %ld mappings, %ld to %ld threads, %ld to %ld files\n", before.resident,
         after.resident, before.mappings, after.mappings, before.threads, after.threads, before.files, after.files);
  CHECK(after.resident <= before.resident + 256 * 1024);
  CHECK(after.mappings <= before.mappings + 4);
  CHECK(after.threads == before.threads);
  CHECK(after.files == before.files);

  /* While such a tape is there, so is the library. */
  for (int i = 0; i < 50; ++i) {
    Survivor survivor;
    void* const handle = load();
    begin(&survivor, use_current_tape, handle);
    CHECK(dlclose(handle) == 0);
    CHECK(is_loaded());
    end(&survivor);
    CHECK(dlclose(load()) == 0);
    CHECK(!is_loaded());
  }
  return 0;
}
