//! Automatic differentiation by smolgrad. What is computed from [`Value`]s is recorded on their [`Tape`], which ends
//! with the last of them; all of it stays on one thread. A [`Function`] compiled from a recording runs on any.
mod ffi;

use ffi::{Free, P};
use std::ffi::{c_void, CStr, CString};
use std::os::{raw::c_char, unix::ffi::OsStrExt};
use std::{borrow::Borrow, fmt, ops, ops::ControlFlow, panic, path::Path, ptr::null_mut, rc::Rc, thread};

pub type Result<T> = std::result::Result<T, Error>;
/// `status` is the name that smolgrad.h has for it, such as SMOLGRAD_ERROR_IO.
#[derive(Debug)]
pub struct Error { pub status: String, pub message: String }
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result { write!(f, "{}: {}", self.status, self.message) }
}
impl std::error::Error for Error {}
const INVALID_ARGUMENT: i32 = 1;
const CANCELLED: i32 = 7;
fn name(status: i32) -> String { text(unsafe { ffi::status_name(status) }) }
fn error(status: i32, message: String) -> Error { Error { status: name(status), message } }
fn invalid(message: impl ToString) -> Error { error(INVALID_ARGUMENT, message.to_string()) }
fn text(pointer: *const c_char) -> String { unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned() }
fn c_text(text: impl Into<Vec<u8>>) -> Result<CString> { CString::new(text).map_err(invalid) }
pub fn version() -> String { text(unsafe { ffi::version_string() }) }

/// What C made, and what frees it.
struct Owned<T>(P<T>, Free<T>);
impl<T> Drop for Owned<T> { fn drop(&mut self) { unsafe { self.1(self.0) } } }
fn made<T>(pointer: P<T>) -> P<T> { if pointer.is_null() { panic!("out of memory") } else { pointer } }

#[derive(Clone)]
pub struct Tape(Rc<Owned<ffi::Tape>>);
impl Tape {
    pub fn new() -> Tape { Tape(Rc::new(Owned(made(unsafe { ffi::tape_create() }), ffi::tape_close))) }
    pub fn value(&self, data: f64) -> Value { self.have(unsafe { ffi::value_create(self.0 .0, data) }) }
    pub fn constant(&self, data: f64) -> Value { self.have(unsafe { ffi::constant(self.0 .0, data) }) }
    pub fn node_count(&self) -> usize { unsafe { ffi::tape_node_count(self.0 .0) } }
    fn adopt(&self, value: P<ffi::Value>) -> Result<Value> {
        Ok(Value { handle: self.own(value, ffi::value_release)?, tape: self.clone() })
    }
    fn have(&self, value: P<ffi::Value>) -> Value { self.adopt(value).unwrap() }
    fn own<T>(&self, p: P<T>, f: Free<T>) -> Result<Owned<T>> { self.check(p.is_null() as i32).map(|()| Owned(p, f)) }
    /// Any status but OK takes the error from the tape.
    fn check(&self, status: i32) -> Result<()> {
        if status == 0 { return Ok(()); }
        let error = unsafe { error(ffi::tape_error_code(self.0 .0), text(ffi::tape_error_message(self.0 .0))) };
        unsafe { ffi::tape_clear_error(self.0 .0) };
        Err(error)
    }
}

/// Operators, and methods that return a Value, panic where `try_...` returns an Error: formulas could not be nested
/// otherwise, and operands of two tapes are a defect of the program, as an index out of range is.
pub struct Value { handle: Owned<ffi::Value>, tape: Tape }

/// A value given away: any thread may drop it, after its tape too.
pub struct Later(#[allow(dead_code)] Owned<ffi::Value>);
unsafe impl Send for Later {}

impl Value {
    pub fn data(&self) -> f64 { unsafe { ffi::value_data(self.handle.0) } }
    pub fn grad(&self) -> f64 { unsafe { ffi::value_grad(self.handle.0) } }
    pub fn label(&self) -> String { text(unsafe { ffi::value_label(self.handle.0) }) }
    pub fn operation(&self) -> String { text(unsafe { ffi::value_operation(self.handle.0) }) }
    pub fn backward(&self) -> Result<()> { self.tape.check(unsafe { ffi::backward(self.handle.0) }) }
    pub fn set_data(&self, x: f64) -> Result<()> { self.tape.check(unsafe { ffi::value_set_data(self.handle.0, x) }) }
    pub fn set_label(&self, label: &str) -> Result<()> {
        self.tape.check(unsafe { ffi::value_set_label(self.handle.0, c_text(label)?.as_ptr()) })
    }
    pub fn into_later(mut self) -> Later {
        self.handle.1 = ffi::value_release_later;
        Later(self.handle)
    }
}
impl Clone for Value { fn clone(&self) -> Value { self.tape.have(unsafe { ffi::value_retain(self.handle.0) }) } }
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let mut buffer = [0; 128];
        unsafe { ffi::value_to_string(self.handle.0, buffer.as_mut_ptr(), buffer.len(), null_mut()) };
        f.write_str(&text(buffer.as_ptr()))
    }
}

/// What stands right of a value: another one, or a number.
pub trait Operand { fn side(&self) -> Side<'_>; }
pub enum Side<'a> { Value(&'a Value), Number(f64) }
impl<T: Borrow<Value>> Operand for T { fn side(&self) -> Side<'_> { Side::Value(self.borrow()) } }
impl Operand for f64 { fn side(&self) -> Side<'_> { Side::Number(*self) } }

macro_rules! methods {
    ($($unary:ident)*; $($binary:ident $try:ident $right:ident $left:ident)*) => {
        mod operators {
            use crate::ffi::*;
            functions! { [(P<Value>) -> P<Value>] $($unary)*; [(P<Value>, P<Value>) -> P<Value>] $($binary)*; }
            functions! { [(P<Value>, f64) -> P<Value>] $($right)*; [(f64, P<Value>) -> P<Value>] $($left)*; }
        }
        impl Value {
            $(pub fn $unary(&self) -> Value { self.tape.have(unsafe { operators::$unary(self.handle.0) }) })*
            $(#[track_caller] pub fn $binary(&self, b: impl Operand) -> Value { self.$try(b).unwrap() }
            pub fn $try(&self, b: impl Operand) -> Result<Value> {
                self.tape.adopt(match b.side() {
                    Side::Value(b) => unsafe { operators::$binary(self.handle.0, b.handle.0) },
                    Side::Number(b) => unsafe { operators::$right(self.handle.0, b) },
                })
            }
            pub fn $left(a: f64, b: &Value) -> Value { b.tape.have(unsafe { operators::$left(a, b.handle.0) }) })*
        }
    };
}
methods! {
    neg square sqrt cbrt abs exp exp2 expm1 log log2 log10 log1p sin cos tan asin acos atan sinh cosh tanh asinh acosh
    atanh erf erfc lgamma normal_cdf relu leaky_relu elu sigmoid softplus silu gelu;
    add try_add add_number number_add sub try_sub sub_number number_sub mul try_mul mul_number number_mul
    div try_div div_number number_div pow try_pow pow_number number_pow hypot try_hypot hypot_number number_hypot
    atan2 try_atan2 atan2_number number_atan2 min try_min min_number number_min max try_max max_number number_max
}

macro_rules! operators {
    ($($trait:ident $name:ident $left:ident)*) => {$(
        operators! { $trait $name, [T: Operand] &Value, T, |a, b| Value::$name(a, b) }
        operators! { $trait $name, [T: Operand] Value, T, |a, b| Value::$name(&a, b) }
        operators! { $trait $name, [] f64, &Value, |a, b| Value::$left(a, b) }
        operators! { $trait $name, [] f64, Value, |a, b| Value::$left(a, &b) }
    )*};
    ($trait:ident $name:ident, [$($t:tt)*] $left:ty, $right:ty, |$a:ident, $b:ident| $result:expr) => {
        impl<$($t)*> ops::$trait<$right> for $left {
            type Output = Value;
            #[track_caller] fn $name(self, $b: $right) -> Value { let $a = self; $result }
        }
    };
}
operators! { Add add number_add Sub sub number_sub Mul mul number_mul Div div number_div }
impl ops::Neg for &Value { type Output = Value; fn neg(self) -> Value { Value::neg(self) } }
impl ops::Neg for Value { type Output = Value; fn neg(self) -> Value { Value::neg(&self) } }

fn handles(values: &[impl Borrow<Value>]) -> Vec<P<ffi::Value>> { values.iter().map(|v| v.borrow().handle.0).collect() }

/// How many rows of so many numbers a slice has: exactly `rows`, if given.
fn count(what: &str, slice: &[f64], columns: usize, rows: Option<usize>) -> Result<usize> {
    let (n, rows) = (slice.len(), rows.or(slice.len().checked_div(columns)).unwrap_or(1));
    let fits = rows.checked_mul(columns) == Some(n);
    if fits { Ok(rows) } else { Err(invalid(format!("{what}: {n} numbers, not {rows} rows of {columns}"))) }
}

fn wanted(what: &str, slice: &mut [f64], columns: usize, rows: usize) -> Result<P<f64>> {
    if slice.is_empty() { Ok(null_mut()) } else { count(what, slice, columns, Some(rows)).map(|_| slice.as_mut_ptr()) }
}

/// Runs on slices of whole rows where they are. A result whose slice is empty is not computed.
pub struct Function { handle: Owned<ffi::Function>, inputs: usize, shared: usize, outputs: usize }
unsafe impl Send for Function {}
unsafe impl Sync for Function {}

impl Function {
    pub fn compile(tape: &Tape, inputs: &[&Value], shared: &[&Value], outputs: &[&Value]) -> Result<Function> {
        let (x, s, y) = (handles(inputs), handles(shared), handles(outputs));
        let (x, n, s, m, y, k) = (x.as_ptr(), x.len(), s.as_ptr(), s.len(), y.as_ptr(), y.len());
        let function = unsafe { ffi::function_compile(tape.0 .0, x, n, s, m, y, k, null_mut()) };
        Ok(Function { handle: tape.own(function, ffi::function_destroy)?, inputs: n, shared: m, outputs: k })
    }
    pub fn evaluate(&self, x: &[f64], shared: &[f64], y: &mut [f64]) -> Result<()> {
        let rows = self.rows(x, shared)?;
        let (x, s, y) = (x.as_ptr(), shared.as_ptr(), wanted("outputs", y, self.outputs, rows)?);
        done(unsafe { ffi::function_evaluate(self.handle.0, rows, x, s, y, null_mut()) })
    }
    /// Of a single output; `d_shared` is summed over the rows.
    pub fn gradient(&self, x: &[f64], s: &[f64], y: &mut [f64], d_x: &mut [f64], d_shared: &mut [f64]) -> Result<()> {
        let rows = self.rows(x, s)?;
        let (y, d_x) = (wanted("outputs", y, self.outputs, rows)?, wanted("d_inputs", d_x, self.inputs, rows)?);
        let (x, s, d_s) = (x.as_ptr(), s.as_ptr(), wanted("d_shared", d_shared, self.shared, 1)?);
        done(unsafe { ffi::function_gradient(self.handle.0, rows, x, s, y, d_x, d_s, null_mut()) })
    }
    fn rows(&self, x: &[f64], shared: &[f64]) -> Result<usize> {
        count("shared", shared, self.shared, Some(1)).and_then(|_| count("inputs", x, self.inputs, None))
    }
}
/// A Function has no tape to leave a message on.
fn done(status: i32) -> Result<()> { if status == 0 { Ok(()) } else { Err(error(status, "of a Function".into())) } }

#[derive(Clone, Copy)]
pub enum Activation { Linear, Relu, LeakyRelu, Elu, Tanh, Sigmoid, Softplus, Silu, Gelu }
pub struct MlpOptions { pub activation: Activation, pub seed: u64 }
pub struct FitOptions { pub epochs: usize, pub batch_size: usize, pub learning_rate: f64, pub seed: u64 }
pub struct Epoch<'a> { pub model: &'a Mlp, pub number: usize, pub of: usize, pub loss: f64 }
/// `status` is SMOLGRAD_OK, or SMOLGRAD_ERROR_CANCELLED if `progress` broke off, after as many epochs as have a loss.
pub struct Report { pub status: String, pub losses: Vec<f64> }
pub struct Mlp { handle: Owned<ffi::Mlp>, tape: Tape }

impl Mlp {
    fn adopt(tape: &Tape, model: P<ffi::Mlp>) -> Result<Mlp> {
        Ok(Mlp { handle: tape.own(model, ffi::mlp_destroy)?, tape: tape.clone() })
    }
    pub fn new(tape: &Tape, inputs: usize, layers: &[usize], options: &MlpOptions) -> Result<Mlp> {
        let o = Owned(made(unsafe { ffi::mlp_options_create() }), ffi::mlp_options_destroy);
        Mlp::adopt(tape, unsafe {
            ffi::mlp_options_set_activation(o.0, options.activation as i32);
            ffi::mlp_options_set_seed(o.0, options.seed);
            ffi::mlp_create(tape.0 .0, inputs, layers.as_ptr(), layers.len(), o.0)
        })
    }
    pub fn load(tape: &Tape, path: &Path) -> Result<Mlp> {
        Mlp::adopt(tape, unsafe { ffi::mlp_load(tape.0 .0, c_text(path.as_os_str().as_bytes())?.as_ptr()) })
    }
    pub fn save(&self, path: &Path) -> Result<()> {
        self.tape.check(unsafe { ffi::mlp_save(self.handle.0, c_text(path.as_os_str().as_bytes())?.as_ptr()) })
    }
    pub fn parameters(&self) -> Vec<Value> {
        let one = |i| self.tape.have(unsafe { ffi::value_retain(ffi::mlp_parameter(self.handle.0, i)) });
        (0..unsafe { ffi::mlp_parameter_count(self.handle.0) }).map(one).collect()
    }
    pub fn forward(&self, x: &[impl Borrow<Value>]) -> Result<Vec<Value>> {
        let (x, mut y) = (handles(x), vec![null_mut(); self.outputs()]);
        self.tape.check(unsafe { ffi::mlp_forward(self.handle.0, x.as_ptr(), x.len(), y.as_mut_ptr(), y.len()) })?;
        y.into_iter().map(|value| self.tape.adopt(value)).collect()
    }
    pub fn predict(&self, x: &[f64]) -> Result<Vec<f64>> {
        let rows = count("inputs", x, self.inputs(), None)?;
        let mut y = vec![0.0; rows * self.outputs()];
        self.tape.check(unsafe { ffi::mlp_predict(self.handle.0, x.as_ptr(), rows, y.as_mut_ptr()) }).map(|()| y)
    }
    pub fn fit<F>(&mut self, x: &[f64], y: &[f64], options: &FitOptions, mut progress: F) -> Result<Report>
    where F: FnMut(Epoch) -> ControlFlow<()> {
        let rows = count("inputs", x, self.inputs(), None)?;
        count("targets", y, self.outputs(), Some(rows))?;
        let o = Owned(made(unsafe { ffi::fit_options_create() }), ffi::fit_options_destroy);
        let mut call = Call { model: self, progress: &mut progress, losses: Vec::new(), panic: Ok(()) };
        let status = unsafe {
            ffi::fit_options_set_epochs(o.0, options.epochs);
            ffi::fit_options_set_batch_size(o.0, options.batch_size);
            ffi::fit_options_set_learning_rate(o.0, options.learning_rate);
            ffi::fit_options_set_seed(o.0, options.seed);
            ffi::fit_options_set_progress(o.0, on_epoch, &mut call as *mut Call as P<c_void>);
            ffi::mlp_fit(self.handle.0, x.as_ptr(), y.as_ptr(), rows, o.0, null_mut())
        };
        let result = self.tape.check(status);
        if let Err(panic) = call.panic { panic::resume_unwind(panic) }
        if status != CANCELLED { result? }
        Ok(Report { status: name(status), losses: call.losses })
    }
    fn inputs(&self) -> usize { unsafe { ffi::mlp_input_count(self.handle.0) } }
    fn outputs(&self) -> usize { unsafe { ffi::mlp_output_count(self.handle.0) } }
}
type Progress<'a> = dyn FnMut(Epoch) -> ControlFlow<()> + 'a;
struct Call<'a> { model: &'a Mlp, progress: &'a mut Progress<'a>, losses: Vec<f64>, panic: thread::Result<()> }

/// A panic must not unwind through C: it cancels the fit, which resumes it in the end.
unsafe extern "C" fn on_epoch(number: usize, of: usize, loss: f64, _: f64, _: f64, _: f64, call: P<c_void>) -> i32 {
    let Call { model, progress, losses, panic } = &mut *(call as *mut Call);
    losses.push(loss);
    let epoch = panic::AssertUnwindSafe(|| progress(Epoch { model, number, of, loss }));
    panic::catch_unwind(epoch).map_or_else(|p| { *panic = Err(p); true }, |flow| flow.is_break()) as i32
}
