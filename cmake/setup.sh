# For the commands of the README: installs missing Debian packages. To be sourced.

# require PACKAGE...: installs those that are missing, saying so; uses sudo only when not root.
require() {
  if ! command -v apt-get >/dev/null; then
    echo "No apt-get here. Going on with what is installed; needed are what Debian calls: $*"
    return
  fi
  missing=
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing="$missing $package"
  done
  if [ -z "$missing" ]; then
    return
  fi
  echo "Installing$missing"
  as_root=
  if [ "$(id -u)" -ne 0 ]; then
    as_root=sudo
  fi
  $as_root apt-get update -qq
  # Package names are words, and -qq output hides nothing that matters: apt-get fails loudly.
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

# provide PROGRAM PACKAGE...: the packages, for require, unless the program is there from elsewhere.
provide() {
  if ! command -v "$1" >/dev/null; then
    shift
    echo "$@"
  fi
}
