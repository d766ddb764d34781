#!/bin/sh
# objects.sh keep|find STORE BINARY COMPILER ARGUMENT...: launches the compiler and keeps the object in STORE, under
# the name of its command, or finds the one that was made there by the same command: BINARY, the folder of smolgrad's
# build, and where in it the object goes may differ.
set -eu
mode=$1
store=$2
binary=$3
shift 3

command=
previous=
for argument; do
  case $previous in
    -o) object=$argument ;;
    -MF | -MT) ;;
    *) command="$command $argument" ;;
  esac
  previous=$argument
done
kept=$store/$(basename "$object")-$(printf %s "$command" | sed "s|$binary|BINARY|g" | cksum | tr ' ' -)

if [ "$mode" = keep ]; then
  "$@"
  mkdir -p "$store"
  cp "$object" "$kept"
elif [ -f "$kept" ]; then
  cp "$kept" "$object"
else
  echo "no smolgrad that is built by itself is compiled like this:$command"
  exit 1
fi
