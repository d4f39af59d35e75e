import type { DaemonError } from './errors.ts';

/** HTCondor uses one number for several errors, so the text decides (handle_dc_session_token). */
export function daemonHints({ errorCode, errorString }: DaemonError): readonly string[] {
  const rows: readonly [RegExp, string][] = [
    [
      /Token fetch disabled/,
      'Fetching is switched off in this daemon: SEC_ENABLE_TOKEN_FETCH = True, on its side, or another daemon of the pool.',
    ],
    [
      /will not sign with requested key/,
      'The key is not among SEC_TOKEN_FETCH_ALLOWED_SIGNING_KEYS of the daemon. Leave key out, or have it added there.',
    ],
    [/original one expired/, 'Your credential expired while it was in use. Renew the secret.'],
    [
      /doesn't allow requested authorization/,
      'Your credential is limited to other levels than authz asks for. Ask for a level that it has, or use another credential.',
    ],
    [
      /did not successfully authenticate/,
      'The daemon does not map you to an identity. Check that the sub of your credential has a domain (user@domain).',
    ],
    [
      /does not have (access to configured key|a signing key configured)/,
      'This daemon cannot read its signing key (SEC_TOKEN_ISSUER_KEY, SEC_PASSWORD_DIRECTORY). Ask the collector instead (type: collector), or have the key installed there.',
    ],
    [
      /Failed to read file|Failed to fetch key/,
      'The key is allowed, but its file is missing on that host: SEC_PASSWORD_DIRECTORY, mode 0600, owned by root.',
    ],
    [
      /is not known to the collector/,
      'HTCondor from 9.9 to at least 25.14 answers this to everybody, to its own condor_token_fetch -remote too: leave remote out, so that the schedd itself is asked. Where that is mended: no schedd of exactly this name (condor_status -schedd -af Name) has SEC_ENABLE_IMPERSONATION_TOKENS = True.',
    ],
    [
      /No schedd target specified/,
      'The collector was told no name: give name, as condor_status -schedd -af Name shows it.',
    ],
    [
      /Missing requester identity/,
      'The collector does not map you to an identity. Check that the sub of your credential has a domain (user@domain).',
    ],
    [
      /Request to server was not encrypted/,
      'The daemon does not encrypt this command: SEC_DAEMON_ENCRYPTION and SEC_DEFAULT_ENCRYPTION on its side must not be NEVER.',
    ],
    [
      /eliminated by the SEC_IMPERSONATION_TOKEN_LIMITS/,
      'None of the levels in authz is among SEC_IMPERSONATION_TOKEN_LIMITS of the schedd. Ask for one that is, or leave remote out.',
    ],
    [
      /\b(DCSCHEDD|SECMAN):\d/,
      'The collector could not fetch the token from the schedd. Try again, or leave remote out, so that the schedd itself is asked.',
    ],
    [/Issuer namespace/, 'TRUST_DOMAIN of the daemon is not set, or has spaces or commas.'],
    [
      /Token request disabled/,
      'Requests are switched off in this daemon: SEC_ENABLE_TOKEN_REQUEST = True, on its side, or another daemon of the pool.',
    ],
    [
      /SEC_TOKEN_REQUEST_LIMITS/,
      'Ask in authz for levels that SEC_TOKEN_REQUEST_LIMITS of the daemon has (condor_config_val SEC_TOKEN_REQUEST_LIMITS).',
    ],
    [
      /Request has expired|Request ID is not known/,
      'Nobody approved the request within SEC_TOKEN_REQUEST_LIFETIME of the daemon, or it was restarted. Run this step again, and have it approved while it waits.',
    ],
    [
      /Request failed/,
      'The daemon could not make the token when it was approved: ask the administrator for its log at this time.',
    ],
    [
      /ANONYMOUS or no authentication/,
      'The daemon needs a host certificate for requests without a credential: AUTH_SSL_SERVER_CERTFILE, and SSL in SEC_DEFAULT_AUTHENTICATION_METHODS, on its side.',
    ],
    [/rate limit/, 'Too many ask this daemon for their tokens at once: try again later.'],
    [
      /Too many requests in the system/,
      'The daemon has a thousand requests that nobody approved: condor_token_request_list shows them.',
    ],
    [
      /SciToken exchange disabled/,
      'Exchange is switched off in this daemon: SEC_ENABLE_SCITOKEN_EXCHANGE = True, on its side.',
    ],
    [
      /Failed to map SciToken/,
      'The map file of the daemon needs a line for this token: CERTIFICATE_MAPFILE there, SCITOKENS ISSUER,SUBJECT user@domain, then condor_reconfig.',
    ],
    [/not built with SciTokens/, 'This HTCondor has no support for SciTokens: use another credential.'],
    [
      /SCITOKENS:/,
      'The daemon does not take the SciToken, for the reason that it gives: audience (SCITOKENS_SERVER_AUDIENCE there), expiry, issuer or signature.',
    ],
  ];
  const found = rows.filter(([text]) => text.test(errorString)).map(([, hint]) => hint);
  if (found.length > 0) return found;
  return [`Ask the administrator for the log of the daemon at this time; HTCondor's error code is ${errorCode}.`];
}
