//! What the wrapper calls of smolgrad.h: names without their prefix, by signature.
use std::os::raw::{c_char, c_void};

macro_rules! opaque { ($($name:ident)*) => {$( #[repr(C)] pub struct $name([u8; 0]); )*} }
opaque! { Tape Value Function Mlp MlpOptions FitOptions }

pub type P<T> = *mut T;
pub type Free<T> = unsafe extern "C" fn(P<T>);
type Progress = unsafe extern "C" fn(usize, usize, f64, f64, f64, f64, P<c_void>) -> i32;
type In<T> = *const T;
type Text = In<c_char>;

macro_rules! functions {
    ($($signature:tt $($name:ident)*;)*) => { $($( $crate::ffi::functions! { @ $name $signature } )*)* };
    (@ $name:ident [($($type:ty),*) $(-> $out:ty)?]) => {
        #[link(name = "smolgrad")]
        extern "C" { #[link_name = concat!("smolgrad_", stringify!($name))] pub fn $name($(_: $type),*) $(-> $out)?; }
    };
}
pub(crate) use functions;

functions! {
    [() -> Text] version_string; [(i32) -> Text] status_name;
    [() -> P<Tape>] tape_create; [(P<Tape>)] tape_close tape_clear_error; [(P<Tape>) -> usize] tape_node_count;
    [(P<Tape>) -> i32] tape_error_code; [(P<Tape>) -> Text] tape_error_message;
    [(P<Tape>, f64) -> P<Value>] value_create constant; [(P<Value>)] value_release value_release_later;
    [(P<Value>) -> P<Value>] value_retain; [(P<Value>) -> f64] value_data value_grad; [(P<Value>) -> i32] backward;
    [(P<Value>) -> Text] value_label value_operation; [(P<Value>, Text) -> i32] value_set_label;
    [(P<Value>, f64) -> i32] value_set_data; [(P<Value>, P<c_char>, usize, P<usize>) -> i32] value_to_string;
    [(P<Tape>, In<P<Value>>, usize, In<P<Value>>, usize, In<P<Value>>, usize, P<c_void>) -> P<Function>]
        function_compile;
    [(P<Function>, usize, In<f64>, In<f64>, P<f64>, P<c_void>) -> i32] function_evaluate;
    [(P<Function>, usize, In<f64>, In<f64>, P<f64>, P<f64>, P<f64>, P<c_void>) -> i32] function_gradient;
    [(P<Function>)] function_destroy; [() -> P<MlpOptions>] mlp_options_create; [(P<MlpOptions>)] mlp_options_destroy;
    [(P<MlpOptions>, i32) -> i32] mlp_options_set_activation; [(P<MlpOptions>, u64) -> i32] mlp_options_set_seed;
    [(P<Tape>, usize, In<usize>, usize, P<MlpOptions>) -> P<Mlp>] mlp_create; [(P<Mlp>)] mlp_destroy;
    [(P<Tape>, Text) -> P<Mlp>] mlp_load; [(P<Mlp>, Text) -> i32] mlp_save; [(P<Mlp>, usize) -> P<Value>] mlp_parameter;
    [(P<Mlp>) -> usize] mlp_input_count mlp_output_count mlp_parameter_count;
    [(P<Mlp>, In<P<Value>>, usize, P<P<Value>>, usize) -> i32] mlp_forward;
    [(P<Mlp>, In<f64>, usize, P<f64>) -> i32] mlp_predict;
    [(P<Mlp>, In<f64>, In<f64>, usize, P<FitOptions>, P<c_void>) -> i32] mlp_fit;
    [() -> P<FitOptions>] fit_options_create; [(P<FitOptions>)] fit_options_destroy;
    [(P<FitOptions>, usize) -> i32] fit_options_set_epochs fit_options_set_batch_size;
    [(P<FitOptions>, f64) -> i32] fit_options_set_learning_rate; [(P<FitOptions>, u64) -> i32] fit_options_set_seed;
    [(P<FitOptions>, Progress, P<c_void>) -> i32] fit_options_set_progress;
}
