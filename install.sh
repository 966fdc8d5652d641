#!/bin/sh
# Installs infer for the person who runs this: one file in one folder, no sudo. `sh install.sh --help` says how.
# Messages go to stderr. On success stdout is one line: the installed path.
# Only functions above the last line, so that a download cut short does nothing.

usage() {
  cat <<'EOF'
usage: sh install.sh MODE [--dir DIR] [--dry-run]

Installs infer, which is one executable file.

modes:
  --from-source  build the clone that this script is in and install the result;
                 needs npm, or the Bun that the clone's package.json names
  --from FILE    install FILE, an infer that is already built
  --uninstall    remove the installed file and nothing else

options:
  --dir DIR      the folder for it; default: $INFER_INSTALL_DIR, else $XDG_BIN_HOME, else ~/.local/bin
  --dry-run      say what would be done; write and download nothing
  --help         print this
EOF
}

main() {
  set -eu
  umask go-w
  unset CDPATH
  (true >&2) || exec 2>/dev/null
  mode='' file='' dir='' dry=''
  work='' staged='' child='' dir_made='' dir_found=''
  read_options "$@"
  find_target
  trap clean_up EXIT
  trap 'stop 129' HUP
  trap 'stop 130' INT
  trap 'stop 141' PIPE
  trap 'stop 143' TERM
  case $mode in
    --from-source) install_from_source ;;
    --from) install_from_file ;;
    --uninstall) uninstall ;;
  esac
}

# ---- the command line

read_options() {
  while [ $# -gt 0 ]; do
    case $1 in
      --from-source | --uninstall) set_mode "$1" ;;
      --from=* | --dir=*) set_value "${1%%=*}" "${1#*=}" ;;
      --from | --dir)
        [ $# -gt 1 ] || refuse "$1 needs a value"
        case $2 in -*) refuse "$1 needs a value, not the option $2" ;; esac
        set_value "$1" "$2"
        shift
        ;;
      --dry-run) dry=yes ;;
      -h | --help)
        usage
        exit 0
        ;;
      *) refuse "unknown option: $1" ;;
    esac
    shift
  done
  [ -n "$mode" ] ||
    refuse "there are no releases to download yet. Build infer from a clone instead: sh install.sh --from-source"
}

set_value() {
  [ -n "$2" ] || refuse "$1 needs a value"
  case $1 in
    --dir) dir=$2 ;;
    --from)
      [ -z "$file" ] || refuse "--from takes one file"
      set_mode --from
      file=$2
      ;;
  esac
}

set_mode() {
  case $mode in
    '' | "$1") mode=$1 ;;
    *) refuse "$mode and $1 exclude each other" ;;
  esac
}

# ---- where it goes

find_target() {
  dir="${dir:-${INFER_INSTALL_DIR:-${XDG_BIN_HOME:-~/.local/bin}}}"
  case $dir in
    # Ours, or of --dir=~/bin, where a shell does not expand it.
    [~]/*)
      [ -n "${HOME:-}" ] || die "there is no folder to install into, because HOME is not set. Name one with --dir DIR."
      dir=$HOME/${dir#??}
      ;;
    /*) ;;
    *) dir=$PWD/${dir#./} ;;
  esac
  case $dir in *"$newline"*) refuse "the folder's name has a line break in it" ;; esac
  while [ "$dir" != "${dir%/}" ]; do dir=${dir%/}; done
  target=$dir/infer
}

# What has the name already: `present` is empty when nothing has. Ends here for what is not ours to replace or remove.
look_at_target() {
  present=''
  if [ -d "$target" ]; then die "$target is a folder: remove or rename it, or choose another folder with --dir."; fi
  if [ ! -e "$target" ] && [ ! -h "$target" ]; then return; fi
  if [ -e "$target" ] && [ ! -f "$target" ]; then die "$target is not a regular file. Choose another folder with --dir."; fi
  if is_for_here "$target"; then present=$(alone "$target" --version </dev/null 2>/dev/null) || present=''; fi
  present=${present%%"$newline"*}
  case $present in
    'infer '[0-9]*) ;;
    # A broken copy says nothing, a stripped one says Bun's version.
    '' | [0-9]*) present='a copy that does not work' ;;
    *) die "$target is another program (its --version says: $present). Choose another folder with --dir." ;;
  esac
}

# Finds out that the folder cannot be written before the work is done, and not after.
open_target() {
  look_at_target
  dir_made=$dir dir_found=$dir
  while [ ! -d "${dir_found:-/}" ]; do dir_found=${dir_found%/*}; done
  [ -w "${dir_found:-/}" ] || die "cannot write to ${dir_found:-/}. $elsewhere"
  [ "$dir_found" = "$dir" ] || step mkdir -p "$dir" || die "cannot make the folder $dir. $elsewhere"
  if [ -n "$dry" ]; then
    work=${TMPDIR:-/tmp}/infer.XXXXXX staged=$dir/.infer.XXXXXX
    return
  fi
  work=$(mktemp -d "${TMPDIR:-/tmp}/infer.XXXXXX") || die "cannot make a temporary folder. Set TMPDIR to one that can be written."
  work=$(cd "$work" && pwd)
  staged=$(mktemp "$dir/.infer.XXXXXX") || die "cannot write to $dir. $elsewhere"
}

# ---- the modes

install_from_file() {
  [ -f "$file" ] || die "there is no file $file"
  [ -r "$file" ] || die "cannot read $file"
  made_for=$(made_for "$file")
  [ -n "$made_for" ] || die "$file is not an executable for Linux or macOS. $unchanged"
  is_for_here "$file" || die "$file is for $made_for, and this machine is $(platform). $unchanged"
  announce "install $file"
  open_target
  install_binary "$file"
}

install_from_source() {
  find_clone
  find_bun
  announce "build $clone with Bun $bun_version for $(platform)"
  open_target
  [ -z "$dry" ] || step cd "$clone"
  cd "$clone"
  [ -n "$bun" ] || get_bun
  step "$bun" ci || die "the packages were not installed (bun ci failed). $unchanged"
  step "$bun" build.ts --outfile "$work/infer" || die "the build failed. $unchanged"
  install_binary "$work/infer"
}

uninstall() {
  look_at_target
  if [ -z "$present" ]; then
    say "Nothing to remove: there is no $target."
  elif [ -n "$dry" ]; then
    say "Dry run, nothing is removed. This would remove $target ($present)."
  else
    rm -f "$target" || die "cannot remove $target"
    say "Removed $target ($present). Configuration and saved keys are untouched."
  fi
  other=$(command -v infer) || return 0
  is_same "$other" "$target" || say "There is another infer: $other"
}

# Copies, tries and only then renames, so that what has the name always works.
install_binary() {
  step cp "$1" "$staged" || die "cannot write to $dir. $unchanged"
  step chmod 755 "$staged" || die "cannot make $staged executable. $unchanged"
  sign
  try "$1"
  step mv -f "$staged" "$target" || die "cannot write $target. $unchanged"
  [ -z "$dry" ] || return 0
  say "Installed $answer as $target${present:+ (was: $present)}."
  advise_on_path
  printf '%s\n' "$target"
}

# macOS kills a program whose signature does not fit. One that does fit is kept.
sign() {
  [ "$(uname -s)" = Darwin ] || return 0
  [ -z "$dry" ] || return 0
  codesign --verify "$staged" 2>/dev/null || codesign --force --sign - "$staged" >&2 || say "codesign failed."
}

try() {
  step_alone --version || die "$1 does not run on this machine ($(platform)).$(missing_library) $unchanged"
  [ -z "$dry" ] || answer='infer 0'
  case $answer in
    'infer '[0-9]*) said=$answer ;;
    [0-9]*) die "$1 is not infer but plain Bun: its --version says $answer. An infer that was stripped turns into that. $unchanged" ;;
    *) die "$1 is not infer: its --version says '$answer', not 'infer VERSION'. $unchanged" ;;
  esac
  step_alone list --json || die "$1 does not work: 'infer list --json' failed. $unchanged"
  [ -z "$dry" ] || answer='['
  case $answer in
    '['*) answer=$said ;;
    *) die "$1 does not work: 'infer list --json' printed no list. $unchanged" ;;
  esac
}

missing_library() {
  case $(libc) in -musl) printf ' On Alpine, infer needs: apk add libstdc++.' ;; esac
}

advise_on_path() {
  if [ -n "${CI:-}${GITHUB_ACTIONS:-}" ] && [ -n "${GITHUB_PATH:-}" ] && add_to_github_path; then return; fi
  first=$(command -v infer) || first=''
  if is_same "$first" "$target"; then return; fi
  case :$PATH: in
    *:"$dir":* | *:"$dir"/:*)
      say "But the command infer runs $first, which comes before $dir on PATH."
      return
      ;;
  esac
  say "$dir is not on PATH${first:+, and the command infer runs $first}. To put it there:"
  case ${SHELL:-} in
    */fish) say "  fish_add_path $(quote "$dir")" ;;
    *) say "  export PATH=$(quote "$dir"):\"\$PATH\"" ;;
  esac
}

add_to_github_path() {
  grep -Fqx -e "$dir" "$GITHUB_PATH" 2>/dev/null || (printf '%s\n' "$dir" >>"$GITHUB_PATH") || return 1
  say "$dir is on PATH in the steps that follow (GITHUB_PATH)."
}

is_same() {
  # shellcheck disable=SC3013 # POSIX has -ef since 2024, and dash and busybox had it long before.
  [ "$1" -ef "$2" ]
}

# ---- building

find_clone() {
  case $0 in */*) clone=${0%/*} ;; *) clone=. ;; esac
  is_clone "$clone" || clone=.
  is_clone "$clone" ||
    die "--from-source builds a clone of infer, and neither this script nor the current folder is in one. Clone it, then run: sh install.sh --from-source"
  clone=$(cd "$clone" && pwd)
}

is_clone() {
  [ -f "$1/build.ts" ] && [ -f "$1/bun.lock" ] && grep -q '^ *"name": *"infer"' "$1/package.json" 2>/dev/null
}

find_bun() {
  bun_version=$(sed -n 's/^ *"packageManager": *"bun@\([0-9A-Za-z.-]*\)".*/\1/p' "$clone/package.json")
  [ -n "$bun_version" ] || die "$clone/package.json does not say which Bun builds it (packageManager)"
  bun=''
  if [ "$(bun --version 2>/dev/null)" = "$bun_version" ]; then
    bun=bun
  elif ! command -v npx >/dev/null; then
    say "install.sh: building infer needs Bun $bun_version, and neither that nor npm is on PATH. Do one of the two and run this again:"
    say "  - install Node.js, which brings npm (https://nodejs.org): Bun then comes through npm, for the build only"
    say "  - install Bun $bun_version: curl -fsSL https://bun.com/install | bash -s bun-v$bun_version"
    exit 1
  fi
}

# npx passes no signal on to what it runs, and a build that outlives this script leaves litter: npx gives the path only.
get_bun() {
  set -- npx --yes "bun@$bun_version" --print process.execPath
  if [ -n "$dry" ]; then
    step "$@"
    bun=bun
    return
  fi
  npm_config_update_notifier=false run "$@" >"$work/answer" || :
  read -r bun <"$work/answer" || :
  [ -x "$bun" ] ||
    die "npm gave no Bun that works. If ignore-scripts is set for npm, install Bun $bun_version yourself. $unchanged"
}

# The name of what build.ts makes here.
platform() {
  case $(uname -s) in Linux) system=linux ;; Darwin) system=darwin ;; *) system=$(uname -s) ;; esac
  case $(uname -m) in x86_64 | amd64) machine=x64 ;; aarch64 | arm64) machine=arm64 ;; *) machine=$(uname -m) ;; esac
  printf '%s' "$system-$machine$(libc)"
}

# Reads what a file was built for from its first bytes, without running it; nothing for what is no executable.
made_for() {
  case $(od -An -v -tx1 -N20 "$1" 2>/dev/null | tr -d ' \n') in
    2321*) printf 'any machine' ;;
    7f454c46????????????????????????????3e00) printf linux-x64 ;;
    7f454c46????????????????????????????b700) printf linux-arm64 ;;
    cffaedfe07000001*) printf darwin-x64 ;;
    cffaedfe0c000001*) printf darwin-arm64 ;;
  esac
}

# To be asked before a file is run: what the system cannot execute, a shell takes for a script and runs line by line.
is_for_here() {
  here=$(platform)
  case $(made_for "$1"),${here%-musl} in
    'any machine',* | linux-x64,linux-x64 | linux-arm64,linux-arm64 | darwin-*,darwin-arm64 | darwin-x64,darwin-x64) ;;
    *) return 1 ;;
  esac
}

libc() {
  case $(ldd /bin/sh 2>&1) in *musl*) printf -- -musl ;; esac
}

# ---- running things

# Runs a command, or says it in a dry run. Its output is not ours: stdout is for the path.
step() {
  if [ -n "$dry" ]; then
    say " $(for word in "$@"; do printf ' %s' "$(quote "$word")"; done)"
  else
    run "$@" >&2
  fi
}

# Runs the new binary; the first line that it prints is the answer.
step_alone() {
  if [ -n "$dry" ]; then
    step "$staged" "$@"
    return
  fi
  run alone "$staged" "$@" >"$work/answer" || return 1
  read -r answer <"$work/answer" || :
}

# Becomes the command, far from the caller's settings: a mistake in a config file says nothing about a binary,
# and Bun's own two variables would turn it into something else. For a subshell.
alone() {
  cd "${work:-/}"
  unset BUN_OPTIONS BUN_BE_BUN INFER_CONFIG OPENCLAW_CONFIG_PATH OPENCLAW_STATE_DIR XDG_CONFIG_HOME XDG_STATE_HOME
  HOME=${work:-/} exec "$@"
}

# In the background, because a shell hears a signal only when the command in the foreground has ended.
run() {
  "$@" </dev/null &
  child=$!
  code=0
  wait "$child" || code=$?
  child=''
  return "$code"
}

stop() {
  trap '' HUP INT PIPE TERM
  if [ -n "$child" ]; then
    kill "$child" 2>/dev/null || :
    wait "$child" || :
  fi
  exit "$1"
}

clean_up() {
  [ -z "$dry" ] || return 0
  [ -z "$staged" ] || rm -f "$staged"
  [ -z "$work" ] || rm -rf "$work"
  # The folders made for a file that did not come.
  while [ "$dir_made" != "$dir_found" ]; do
    rmdir "$dir_made" 2>/dev/null || [ ! -e "$dir_made" ] || break
    dir_made=${dir_made%/*}
  done
}

# ---- messages

newline='
'
elsewhere='Choose a folder that can be written with --dir.'
unchanged='Nothing was installed or replaced.'

announce() {
  if [ -n "$dry" ]; then
    say "Dry run, nothing is written or downloaded. This would $1 as $target:"
  else
    say "Going to $1 as $target."
  fi
}

say() {
  printf '%s\n' "$*" >&2 || :
}

die() {
  say "install.sh: $*"
  exit 1
}

refuse() {
  say "install.sh: $*"
  usage >&2
  exit 2
}

quote() {
  case $1 in
    *[!A-Za-z0-9_@%+=:,./-]*) printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")" ;;
    *) printf '%s' "$1" ;;
  esac
}

main "$@"
