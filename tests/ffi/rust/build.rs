//! Links the shared library installed in SMOLGRAD_PREFIX, and lets programs find it there.
fn main() {
    println!("cargo:rerun-if-env-changed=SMOLGRAD_PREFIX");
    let prefix = std::env::var("SMOLGRAD_PREFIX").expect("SMOLGRAD_PREFIX: where smolgrad is installed");
    println!("cargo:rustc-link-search=native={prefix}/lib");
    println!("cargo:rustc-link-arg=-Wl,-rpath,{prefix}/lib");
}
