#!/bin/sh
# Runs a command with a short token of an HTCondor pool, which is gone afterwards:
#
#   CONDOR_IDTOKEN=… CONDOR_TOKEN_FETCH_SHA256=… sh shell.sh condor_submit -spool job.sub
#
# Both come from your secrets and settings, not from the command line, which everybody on the machine can see. The sum
# is in SHA256SUMS of the release. Needs Node 20.19 or later, and HTCondor's tools for the command.
set -eu
: "${CONDOR_IDTOKEN:?a token of your pool}" "${CONDOR_TOKEN_FETCH_SHA256:?the sum of condor_token_fetch.mjs}"
version=v0.1.0 pool=cm.example.org schedd=ap40.example.org

private=$(mktemp -d) # nobody else may look into it
trap 'rm -rf "$private"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

program=$private/condor_token_fetch.mjs
curl -fsSL -o "$program" \
  "https://github.com/condor-token-fetch/condor-token-fetch/releases/download/$version/condor_token_fetch.mjs"
if command -v sha256sum > /dev/null; then sum=sha256sum; else sum='shasum -a 256'; fi
echo "$CONDOR_TOKEN_FETCH_SHA256  $program" | $sum -c - > /dev/null

# A token file must be ours alone, or HTCondor does not take it. printf is part of the shell: no process shows the token.
(
  umask 077
  mkdir "$private/credential"
  printf '%s\n' "$CONDOR_IDTOKEN" > "$private/credential/ci"
)
unset CONDOR_IDTOKEN

export _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS=IDTOKENS
_CONDOR_SEC_TOKEN_DIRECTORY=$private/credential node "$program" \
  -pool "$pool" -name "$schedd" -authz READ -authz WRITE -lifetime 30m -file "$private/tokens.d/token"
rm -r "$private/credential"

export _CONDOR_SEC_TOKEN_DIRECTORY="$private/tokens.d"
export _CONDOR_COLLECTOR_HOST="$pool" _CONDOR_SCHEDD_HOST="$schedd"
[ -e /etc/condor/condor_config ] || export CONDOR_CONFIG=ONLY_ENV # HTCondor's tools want a configuration, or this
"$@"
