# Read by the tests of the programs, which set `program` and `scratch`; they run in the project's folder.

works() { "$program" "$@" >"$scratch/out" 2>&1 || { echo "FAILED: $*"; cat "$scratch/out"; exit 1; }; }

# Ends with status 1 and one line on standard error. What that line must contain, then the arguments.
refused() {
  local wanted=$1 status=0
  shift
  "$program" "$@" >"$scratch/out" 2>"$scratch/err" || status=$?
  [ "$status" -eq 1 ] && [ "$(wc -l <"$scratch/err")" -eq 1 ] && grep -qF -- "$wanted" "$scratch/err" ||
    { echo "FAILED (status $status): $*; wanted: $wanted"; cat "$scratch/err"; exit 1; }
}
