#!/bin/sh
# symbols.sh NM OBJECT...: what an object compiled for a target shares with other units, such as inline functions, is all
# in that target's namespace (N_...): of anything else the linker could keep this copy for every processor.
set -eu
nm=$1
shift
test $# -gt 0
for object in "$@"; do
  test -s "$object"
  shared=$("$nm" --defined-only "$object" | grep ' [VWuvw] ' | grep -v '[0-9]N_[A-Z0-9]' || true)
  if [ -n "$shared" ]; then
    echo "$object shares outside its target's namespace:"
    echo "$shared"
    exit 1
  fi
done
