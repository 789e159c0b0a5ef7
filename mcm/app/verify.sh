#!/bin/sh
# Checks this folder with sha256sum and ssh-keygen alone: `sh verify.sh`. What it says holds; it
# stops with 1 at the first thing that does not. Compare allowed_signers with people you know.
set -eu; LC_ALL=C; export LC_ALL; cd "$(dirname "$0")"
fail() { echo "DOES NOT HOLD: $*" >&2; exit 1; }
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$f"; } # canonical JSON escapes inner quotes
same() { # every line of the sums in $1 names a file that is as it says
  bad=$(sha256sum -c "$1" 2>/dev/null | grep -v ': OK$' | head -n 1) || :
  [ "$(sha256sum -c "$1" 2>/dev/null | grep -c ': OK$')" = "$(grep -c '' "$1")" ] || fail "$2: ${bad:-$1}"
}
same SHA256SUMS "not as it was exported"
same entries.sha256 "the first bad entry"
n=0 best=0 plan=none trust=none prev=$(printf %064d 0)
while read -r hash file; do
  n=$((n + 1)) line=$(sed 1d "$file") end=",\"prev\":\"$prev\",\"seq\":$n,\"v\":1}"
  [ "$file $(sed q "$file")" = "entries/$(printf %06d $n) mcm.journal.v1" ] || fail "entry $n is missing"
  [ "$line" = "${line%"$end"}$end" ] || fail "entry $n does not follow the one before it"
  prev=$hash
done <entries.sha256
for f in entries/*; do sed 1d "$f"; echo; done | cmp -s - journal.jsonl || fail "journal.jsonl is not the entries"
echo "ok: $n entries, each bound to the one before it"
for f in plan trust; do [ ! -e $f.json ] || eval "$f=$(sha256sum <$f.json | cut -c1-64)"; done
[ $plan = none ] || grep -q "\"plan\":\"$plan\".*\"kind\":\"planned\",\"prev\"" journal.jsonl || fail "no entry has this plan"
for f in statements/*.json; do
  [ -e "$f" ] || continue
  kind=$(field kind) who=$(field approver) seq=$(sed -n 's/.*"journal":{[^}]*"seq":\([0-9]*\)}.*/\1/p' "$f") under=another
  who=${who:-$(field requester)}; ! grep -q "\"trust\":{\"digest\":\"$trust\"" "$f" || under=this
  ssh-keygen -Y verify -f allowed_signers -I "$who" -n "$kind.v1@mcm" -s "$f.sig" <"$f" >/dev/null 2>&1 || fail "$f is not signed by $who"
  [ "$seq" = 0 ] || [ "$(field hash)" = "$(sed -n "${seq}s/ .*//p" entries.sha256)" ] || fail "$who saw another entry $seq"
  [ "$seq" -le "$best" ] || best=$seq
  echo "ok: $who signed $f under $under trust file, and saw entries 1 to $seq"
done
[ "$(grep -c '"purpose":"promote","stage".*"kind":"intent","prev"' journal.jsonl)" -le "$(grep -c '"kind":"gates_open","prev"' journal.jsonl)" ] || fail "a promotion without its gates"
for d in $(grep '"kind":"gates_open","prev"' journal.jsonl | grep -o '"statement":"[0-9a-f]*"' | cut -d'"' -f4 | sort -u); do
  f=$(sha256sum statements/*.json | sed -n "s/^$d  //p"); [ -n "$f" ] || fail "the approval $d is not here"
  case "$(field kind) $(field plan)" in "approval $plan") ;; "breakglass $plan") echo "NOT APPROVED: $(field stage): $(field approver) broke the glass" && continue ;; *) fail "$f is no approval of this plan" ;; esac
  [ "$(field approver)" != "$(field requester)" ] || fail "$f is by the requester"
  echo "ok: $(field stage): approved by $(field approver) before its gates opened; same plan; not the requester, $(field requester)"
done
echo "Anchored to entry $best by a signature; the $((n - best)) after it rest on this file alone."
