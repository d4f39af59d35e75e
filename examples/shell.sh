#!/bin/sh
# Runs a command with a short-lived token for an HTCondor pool, and removes the token afterwards:
#
#   CONDOR_IDTOKEN=… CONDOR_TOKEN_FETCH_SHA256=… sh shell.sh condor_submit -spool job.sub
#
# Set both variables in the settings of your CI system, not on a command line, which every account on the host can see.
# The checksum is listed in the release's SHA256SUMS. The script needs Node 20.19 or later; condor_submit needs
# HTCondor's tools.
set -eu
: "${CONDOR_IDTOKEN:?set it to a token for your pool}"
: "${CONDOR_TOKEN_FETCH_SHA256:?set it to the checksum of condor_token_fetch.mjs}"
version=v0.1.0 pool=cm.example.org schedd=ap40.example.org

private=$(mktemp -d) # other accounts cannot read this directory
trap 'rm -rf "$private"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

program=$private/condor_token_fetch.mjs
curl -fsSL -o "$program" \
  "https://github.com/condor-token-fetch/condor-token-fetch/releases/download/$version/condor_token_fetch.mjs"
if command -v sha256sum > /dev/null; then sum=sha256sum; else sum='shasum -a 256'; fi
echo "$CONDOR_TOKEN_FETCH_SHA256  $program" | $sum -c - > /dev/null

# HTCondor ignores a token file that other accounts can read. printf is built into the shell, so the process list does
# not show the token.
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
# If HTCondor has no configuration, its tools start only if this variable is set.
[ -e /etc/condor/condor_config ] || export CONDOR_CONFIG=ONLY_ENV
"$@"
