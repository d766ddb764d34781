// smolgrad for C#: numbers with operators, compiled functions and models, over the C interface of smolgrad.h.
//
// A tape, its values and its models are used by one thread at a time, a function by any number at once. Dispose frees
// now; what is not disposed of is freed after the garbage collector has found it, in any order.
using System;
using System.Collections.Generic;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using static System.Runtime.InteropServices.UnmanagedType;
using static Smolgrad.Library;
using Size = System.IntPtr;

namespace Smolgrad {
  public enum Status {
    Ok, InvalidArgument, OutOfMemory, WrongTape, Stale, IO, Format, Cancelled, Unsupported, Internal }
  public enum Activation { Linear, Relu, LeakyRelu, Elu, Tanh, Sigmoid, Softplus, Silu, Gelu }

  public sealed class SmolgradException : Exception {
    internal SmolgradException(Status status, string message) : base(message) { Status = status; }
    public Status Status { get; }
  }

  public sealed class Tape : IDisposable {
    IntPtr handle = smolgrad_tape_create();

    public Tape() { if (Closed) throw new OutOfMemoryException(); }
    ~Tape() { smolgrad_tape_close(handle); }
    public void Dispose() { smolgrad_tape_close(handle); handle = IntPtr.Zero; GC.SuppressFinalize(this); }

    public Value Leaf(double data) => new Value(this, smolgrad_value_create(Live, data));
    public void ZeroGrad() => Check(smolgrad_tape_zero_grad(Live));
    public long NodeCount => After((long)smolgrad_tape_node_count(Live), this);

    internal bool Closed => handle == IntPtr.Zero;
    internal IntPtr Live => Closed ? throw new ObjectDisposedException(nameof(Tape)) : handle;
    internal IntPtr Made(IntPtr result) => result == IntPtr.Zero ? throw Error() : result;
    internal void Check(Status status) { if (status != Status.Ok) throw Error(); GC.KeepAlive(this); }
    Exception Error() {
      var error = new SmolgradException(smolgrad_tape_error_code(Live), Text(smolgrad_tape_error_message(Live)));
      smolgrad_tape_clear_error(Live);
      return After(error, this);
    }
  }

  // A plain handle, as operations on a SafeHandle cost over a quarter more: so the methods keep the value alive while
  // C works on it.
  public sealed class Value : IDisposable {
    internal readonly Tape Tape;
    IntPtr handle;

    internal Value(Tape tape, IntPtr result) { Tape = tape; handle = tape.Made(result); }
    ~Value() { smolgrad_value_release_later(handle); }
    public void Dispose() { smolgrad_value_release(handle); handle = IntPtr.Zero; GC.SuppressFinalize(this); }

    public double Data {
      get => After(smolgrad_value_data(Live), this);
      set => Check(smolgrad_value_set_data(Live, value));
    }
    public string Label {
      get => After(Text(smolgrad_value_label(Live)), this);
      set => Check(smolgrad_value_set_label(Live, value));
    }
    public double Grad => After(smolgrad_value_grad(Live), this);
    public string Operation => After(Text(smolgrad_value_operation(Live)), this);
    public void Backward() => Check(smolgrad_backward(Live));
    public override string ToString() {
      var text = new byte[128];
      Check(smolgrad_value_to_string(Live, text, (Size)text.Length, out var size));
      return Encoding.UTF8.GetString(text, 0, (int)size - 1);
    }

    public static Value operator +(Value a, Value b) => a.Made(smolgrad_add(a.Live, b.Live), b);
    public static Value operator -(Value a, Value b) => a.Made(smolgrad_sub(a.Live, b.Live), b);
    public static Value operator *(Value a, Value b) => a.Made(smolgrad_mul(a.Live, b.Live), b);
    public static Value operator /(Value a, Value b) => a.Made(smolgrad_div(a.Live, b.Live), b);
    public static Value Pow(Value a, Value b) => a.Made(smolgrad_pow(a.Live, b.Live), b);
    public static Value operator +(Value a, double b) => a.Made(smolgrad_add_number(a.Live, b));
    public static Value operator -(Value a, double b) => a.Made(smolgrad_sub_number(a.Live, b));
    public static Value operator *(Value a, double b) => a.Made(smolgrad_mul_number(a.Live, b));
    public static Value operator /(Value a, double b) => a.Made(smolgrad_div_number(a.Live, b));
    public static Value Pow(Value a, double b) => a.Made(smolgrad_pow_number(a.Live, b));
    public static Value operator +(double a, Value b) => b.Made(smolgrad_number_add(a, b.Live));
    public static Value operator -(double a, Value b) => b.Made(smolgrad_number_sub(a, b.Live));
    public static Value operator *(double a, Value b) => b.Made(smolgrad_number_mul(a, b.Live));
    public static Value operator /(double a, Value b) => b.Made(smolgrad_number_div(a, b.Live));
    public static Value Pow(double a, Value b) => b.Made(smolgrad_number_pow(a, b.Live));
    public static Value operator -(Value x) => x.Made(smolgrad_neg(x.Live));
    public static Value Exp(Value x) => x.Made(smolgrad_exp(x.Live));
    public static Value Log(Value x) => x.Made(smolgrad_log(x.Live));
    public static Value Sin(Value x) => x.Made(smolgrad_sin(x.Live));
    public static Value Cos(Value x) => x.Made(smolgrad_cos(x.Live));
    public static Value Tanh(Value x) => x.Made(smolgrad_tanh(x.Live));
    public static Value Relu(Value x) => x.Made(smolgrad_relu(x.Live));

    internal IntPtr Live =>
        handle == IntPtr.Zero || Tape.Closed ? throw new ObjectDisposedException(nameof(Value)) : handle;
    void Check(Status status) { GC.KeepAlive(this); Tape.Check(status); }
    Value Made(IntPtr result, Value other = null) => After(After(new Value(Tape, result), this), other);
  }

  // What was recorded between leaves and results, over batches of samples. Arrays are row by row, and used in place;
  // of results, those not wanted are null. There are as many rows as `inputs` has: one, if the function has none.
  public sealed class Function : IDisposable {
    readonly Handle handle;
    readonly int inputCount, sharedCount, outputCount;

    public Function(Value[] inputs, Value[] shared, params Value[] outputs) {
      (inputCount, sharedCount, outputCount) = (inputs.Length, shared.Length, outputs.Length);
      var tape = outputs[0].Tape;
      var f = smolgrad_function_compile(tape.Live, Handles(inputs), (Size)inputCount, Handles(shared),
                                        (Size)sharedCount, Handles(outputs), (Size)outputCount, IntPtr.Zero);
      handle = new Handle(After(tape.Made(f), (inputs, shared, outputs)), smolgrad_function_destroy);
    }
    public void Dispose() => handle.Dispose();

    public void Evaluate(double[] inputs, double[] shared, double[] outputs) => Require(
        smolgrad_function_evaluate(handle, Rows(inputs, shared, outputs), inputs, shared, outputs, IntPtr.Zero));
    public void Gradient(double[] inputs, double[] shared, double[] outputs, double[] dInputs, double[] dShared) {
      var rows = Rows(inputs, shared, outputs);
      Require(dInputs == null || dInputs.Length == (long)rows * inputCount, nameof(dInputs));
      Require(dShared == null || dShared.Length == sharedCount, nameof(dShared));
      Require(smolgrad_function_gradient(handle, rows, inputs, shared, outputs, dInputs, dShared, IntPtr.Zero));
    }

    Size Rows(double[] inputs, double[] shared, double[] outputs) {
      var rows = inputCount == 0 ? 1 : RowCount(inputs, inputCount, nameof(inputs));
      Require((shared?.Length ?? 0) == sharedCount, nameof(shared));
      Require(outputs == null || outputs.Length == (long)rows * outputCount, nameof(outputs));
      return (Size)rows;
    }
  }

  public sealed class Mlp : IDisposable {
    readonly Tape tape;
    readonly Handle handle;

    Mlp(Tape tape, IntPtr m) { this.tape = tape; handle = new Handle(tape.Made(m), smolgrad_mlp_destroy_later); }
    public static Mlp Create(Tape tape, int inputs, int[] layers, Activation activation, ulong seed = 0) {
      var options = smolgrad_mlp_options_create();
      try {
        Require(smolgrad_mlp_options_set_activation(options, activation));
        Require(smolgrad_mlp_options_set_seed(options, seed));
        var sizes = Array.ConvertAll(layers, size => (Size)size);
        return new Mlp(tape, smolgrad_mlp_create(tape.Live, (Size)inputs, sizes, (Size)sizes.Length, options));
      } finally { smolgrad_mlp_options_destroy(options); }
    }
    public static Mlp Load(Tape tape, string path) => new Mlp(tape, smolgrad_mlp_load(tape.Live, path));
    public void Save(string path) => tape.Check(smolgrad_mlp_save(Live, path));
    public void Dispose() => handle.Dispose();

    public double[] Parameters {
      get {
        var parameters = new double[(int)smolgrad_mlp_parameter_count(Live)];
        tape.Check(smolgrad_mlp_get_parameters(Live, parameters, (Size)parameters.Length));
        return parameters;
      }
      set => tape.Check(smolgrad_mlp_set_parameters(Live, value, (Size)value.Length));
    }
    public Value[] Forward(params Value[] x) {
      var outputs = new IntPtr[(int)smolgrad_mlp_output_count(Live)];
      tape.Check(smolgrad_mlp_forward(Live, Handles(x), (Size)x.Length, outputs, (Size)outputs.Length));
      return After(Array.ConvertAll(outputs, output => new Value(tape, output)), x);
    }
    public double[] Predict(double[] x) {
      var rows = RowCount(x, (int)smolgrad_mlp_input_count(Live), nameof(x));
      var y = new double[rows * (long)smolgrad_mlp_output_count(Live)];
      tape.Check(smolgrad_mlp_predict(Live, x, (Size)rows, y));
      return y;
    }

    // Minimises the mean squared error. `progress` gets each epoch from 1, of how many, and its loss, and returns
    // whether to go on; if not, the status is Cancelled. Losses end there, or before one that is not finite.
    public (Status Status, double[] Losses) Fit(double[] x, double[] y, int epochs = 100, int batchSize = 32,
        double learningRate = 0.001, ulong seed = 0, Func<int, int, double, bool> progress = null) {
      var rows = RowCount(x, (int)smolgrad_mlp_input_count(Live), nameof(x));
      Require(y.Length == rows * (long)smolgrad_mlp_output_count(Live), nameof(y));
      var losses = new List<double>();
      ExceptionDispatchInfo thrown = null;  // by `progress`: it must not unwind C
      Callback callback = (epoch, count, loss, validationLoss, validationAccuracy, seconds, _) => {
        try {
          losses.Add(loss);
          return progress == null || progress((int)epoch, (int)count, loss) ? 0 : 1;
        } catch (Exception e) { thrown = ExceptionDispatchInfo.Capture(e); return 1; }
      };
      var options = smolgrad_fit_options_create();
      try {
        Require(smolgrad_fit_options_set_epochs(options, (Size)epochs));
        Require(smolgrad_fit_options_set_batch_size(options, (Size)batchSize));
        Require(smolgrad_fit_options_set_learning_rate(options, learningRate));
        Require(smolgrad_fit_options_set_seed(options, seed));
        Require(smolgrad_fit_options_set_progress(options, callback, IntPtr.Zero));
        var status = After(smolgrad_mlp_fit(Live, x, y, (Size)rows, options, IntPtr.Zero), callback);
        if (status == Status.Cancelled) smolgrad_tape_clear_error(tape.Live); else tape.Check(status);
        thrown?.Throw();
        return (status, losses.ToArray());
      } finally { smolgrad_fit_options_destroy(options); }
    }

    Handle Live => tape.Closed ? throw new ObjectDisposedException(nameof(Mlp)) : handle;
  }

  public static class Library {
    public static string Version => Text(smolgrad_version_string());
    public static string Name(this Status status) => Text(smolgrad_status_name(status));

    // As its argument, `result` is there first: until then `used` is not finalized.
    internal static T After<T>(T result, object used) { GC.KeepAlive(used); return result; }
    internal static string Text(IntPtr utf8) => Marshal.PtrToStringUTF8(utf8);
    internal static IntPtr[] Handles(Value[] values) => Array.ConvertAll(values, value => value.Live);
    internal static void Require(Status s) { if (s != Status.Ok) throw new SmolgradException(s, s.Name()); }
    internal static void Require(bool fits, string a) { if (!fits) throw new ArgumentException("wrong length", a); }
    internal static int RowCount(double[] x, int n, string a) { Require(x.Length % n == 0, a); return x.Length / n; }

    internal sealed class Handle : SafeHandleZeroOrMinusOneIsInvalid {
      readonly Action<IntPtr> destroy;
      internal Handle(IntPtr handle, Action<IntPtr> destroy) : base(true) { SetHandle(handle); this.destroy = destroy; }
      protected override bool ReleaseHandle() { destroy(handle); return true; }
    }
    internal delegate int Callback(Size epoch, Size epochs, double l, double vl, double va, double s, IntPtr data);

    const string C = "smolgrad";  // on 32-bit Windows, CallingConvention.Cdecl would have to be added throughout
    [DllImport(C)] internal static extern IntPtr smolgrad_version_string();
    [DllImport(C)] internal static extern IntPtr smolgrad_status_name(Status status);
    [DllImport(C)] internal static extern IntPtr smolgrad_tape_create();
    [DllImport(C)] internal static extern void smolgrad_tape_close(IntPtr tape);
    [DllImport(C)] internal static extern Status smolgrad_tape_error_code(IntPtr tape);
    [DllImport(C)] internal static extern IntPtr smolgrad_tape_error_message(IntPtr tape);
    [DllImport(C)] internal static extern void smolgrad_tape_clear_error(IntPtr tape);
    [DllImport(C)] internal static extern Size smolgrad_tape_node_count(IntPtr tape);
    [DllImport(C)] internal static extern Status smolgrad_tape_zero_grad(IntPtr tape);
    [DllImport(C)] internal static extern IntPtr smolgrad_value_create(IntPtr tape, double data);
    [DllImport(C)] internal static extern void smolgrad_value_release(IntPtr x);
    [DllImport(C)] internal static extern void smolgrad_value_release_later(IntPtr x);
    [DllImport(C)] internal static extern double smolgrad_value_data(IntPtr x);
    [DllImport(C)] internal static extern Status smolgrad_value_set_data(IntPtr x, double data);
    [DllImport(C)] internal static extern double smolgrad_value_grad(IntPtr x);
    [DllImport(C)] internal static extern IntPtr smolgrad_value_label(IntPtr x);
    [DllImport(C)] internal static extern Status smolgrad_value_set_label(IntPtr x, [MarshalAs(LPUTF8Str)] string s);
    [DllImport(C)] internal static extern IntPtr smolgrad_value_operation(IntPtr x);
    [DllImport(C)] internal static extern Status smolgrad_value_to_string(IntPtr x, byte[] text, Size n, out Size size);
    [DllImport(C)] internal static extern Status smolgrad_backward(IntPtr root);
    [DllImport(C)] internal static extern IntPtr smolgrad_add(IntPtr a, IntPtr b);
    [DllImport(C)] internal static extern IntPtr smolgrad_sub(IntPtr a, IntPtr b);
    [DllImport(C)] internal static extern IntPtr smolgrad_mul(IntPtr a, IntPtr b);
    [DllImport(C)] internal static extern IntPtr smolgrad_div(IntPtr a, IntPtr b);
    [DllImport(C)] internal static extern IntPtr smolgrad_pow(IntPtr a, IntPtr b);
    [DllImport(C)] internal static extern IntPtr smolgrad_add_number(IntPtr a, double b);
    [DllImport(C)] internal static extern IntPtr smolgrad_sub_number(IntPtr a, double b);
    [DllImport(C)] internal static extern IntPtr smolgrad_mul_number(IntPtr a, double b);
    [DllImport(C)] internal static extern IntPtr smolgrad_div_number(IntPtr a, double b);
    [DllImport(C)] internal static extern IntPtr smolgrad_pow_number(IntPtr a, double b);
    [DllImport(C)] internal static extern IntPtr smolgrad_number_add(double a, IntPtr b);
    [DllImport(C)] internal static extern IntPtr smolgrad_number_sub(double a, IntPtr b);
    [DllImport(C)] internal static extern IntPtr smolgrad_number_mul(double a, IntPtr b);
    [DllImport(C)] internal static extern IntPtr smolgrad_number_div(double a, IntPtr b);
    [DllImport(C)] internal static extern IntPtr smolgrad_number_pow(double a, IntPtr b);
    [DllImport(C)] internal static extern IntPtr smolgrad_neg(IntPtr x);
    [DllImport(C)] internal static extern IntPtr smolgrad_exp(IntPtr x);
    [DllImport(C)] internal static extern IntPtr smolgrad_log(IntPtr x);
    [DllImport(C)] internal static extern IntPtr smolgrad_sin(IntPtr x);
    [DllImport(C)] internal static extern IntPtr smolgrad_cos(IntPtr x);
    [DllImport(C)] internal static extern IntPtr smolgrad_tanh(IntPtr x);
    [DllImport(C)] internal static extern IntPtr smolgrad_relu(IntPtr x);
    [DllImport(C)] internal static extern IntPtr smolgrad_function_compile(IntPtr tape, IntPtr[] inputs, Size nIn,
        IntPtr[] shared, Size nShared, IntPtr[] outputs, Size nOut, IntPtr options);
    [DllImport(C)] internal static extern void smolgrad_function_destroy(IntPtr f);
    [DllImport(C)] internal static extern Status smolgrad_function_evaluate(Handle f, Size rows, double[] inputs,
        double[] shared, double[] outputs, IntPtr options);
    [DllImport(C)] internal static extern Status smolgrad_function_gradient(Handle f, Size rows, double[] inputs,
        double[] shared, double[] outputs, double[] dInputs, double[] dShared, IntPtr options);
    [DllImport(C)] internal static extern IntPtr smolgrad_mlp_options_create();
    [DllImport(C)] internal static extern void smolgrad_mlp_options_destroy(IntPtr options);
    [DllImport(C)] internal static extern Status smolgrad_mlp_options_set_activation(IntPtr options, Activation a);
    [DllImport(C)] internal static extern Status smolgrad_mlp_options_set_seed(IntPtr options, ulong seed);
    [DllImport(C)] internal static extern IntPtr smolgrad_mlp_create(IntPtr tape, Size inputs, Size[] sizes,
        Size layers, IntPtr options);
    [DllImport(C)] internal static extern IntPtr smolgrad_mlp_load(IntPtr tape, string path);
    [DllImport(C)] internal static extern void smolgrad_mlp_destroy_later(IntPtr m);
    [DllImport(C)] internal static extern Status smolgrad_mlp_save(Handle m, string path);
    [DllImport(C)] internal static extern Size smolgrad_mlp_input_count(Handle m);
    [DllImport(C)] internal static extern Size smolgrad_mlp_output_count(Handle m);
    [DllImport(C)] internal static extern Size smolgrad_mlp_parameter_count(Handle m);
    [DllImport(C)] internal static extern Status smolgrad_mlp_get_parameters(Handle m, double[] p, Size n);
    [DllImport(C)] internal static extern Status smolgrad_mlp_set_parameters(Handle m, double[] p, Size n);
    [DllImport(C)] internal static extern Status smolgrad_mlp_forward(Handle m, IntPtr[] x, Size n, IntPtr[] y, Size k);
    [DllImport(C)] internal static extern Status smolgrad_mlp_predict(Handle m, double[] x, Size rows, double[] y);
    [DllImport(C)] internal static extern Status smolgrad_mlp_fit(Handle m, double[] x, double[] y, Size rows,
        IntPtr options, IntPtr report);
    [DllImport(C)] internal static extern IntPtr smolgrad_fit_options_create();
    [DllImport(C)] internal static extern void smolgrad_fit_options_destroy(IntPtr options);
    [DllImport(C)] internal static extern Status smolgrad_fit_options_set_epochs(IntPtr options, Size n);
    [DllImport(C)] internal static extern Status smolgrad_fit_options_set_batch_size(IntPtr options, Size n);
    [DllImport(C)] internal static extern Status smolgrad_fit_options_set_learning_rate(IntPtr options, double r);
    [DllImport(C)] internal static extern Status smolgrad_fit_options_set_seed(IntPtr options, ulong seed);
    [DllImport(C)] internal static extern Status smolgrad_fit_options_set_progress(IntPtr fit, Callback f, IntPtr data);
  }
}
