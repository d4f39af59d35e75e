import { daemonHints } from './daemon-hints.ts';
import type { AnyHTCondorError, AuthenticationError, ConnectError, NegotiationError } from './errors.ts';

/**
 * What to try next, most likely first. Pure: the same error gives the same advice.
 *
 * Each sentence names the setting, the side it is on, and where there is one the command that shows it.
 */
export function hintsFor(error: AnyHTCondorError): readonly string[] {
  switch (error.code) {
    case 'ERR_INPUT':
      return [`Correct ${error.input}: the README says what it may be.`];
    case 'ERR_NO_CREDENTIAL':
      return [
        'Give an IDTOKEN in the input idtoken, from a secret, or in a file of the token directory (mode 0600, owned by this user); or scitoken, or client-certificate.',
      ];
    case 'ERR_CREDENTIAL_UNREADABLE':
      return [
        'Give the credential again as it is: a token is one line, three parts with dots between them; a certificate and its key are PEM, with all of their lines, and the key has no passphrase.',
      ];
    case 'ERR_NOT_FOUND':
      return [
        'See what the pool has: condor_status -any -pool POOL -af MyType Name. Or give the daemon directly, with address.',
      ];
    case 'ERR_AMBIGUOUS':
      return ['Give name: one of those listed.'];
    case 'ERR_CONNECT':
    case 'ERR_TIMEOUT':
    case 'ERR_CLOSED':
      return connectHints(error);
    case 'ERR_CCB_ONLY':
      return [
        'The daemon is behind a firewall and is reached through its CCB broker, most often the collector: the port of that broker (9618 by default) must be open from this runner.',
        'A broker of HTCondor 25.12 or later passes everything on (CCB_SERVER_STREAMING = True, its default). Any other makes the daemon connect to this runner, which hosted runners do not let in: run this step within reach of the daemon, or use an SSH tunnel with address.',
        'If the broker does not know the daemon, its address is out of date: try again in a minute, by name.',
      ];
    case 'ERR_FRAME':
    case 'ERR_MESSAGE':
    case 'ERR_CLASSAD':
      return ['Is this address really an HTCondor daemon? Check the host and the port of pool or address.'];
    case 'ERR_DECRYPT':
      return [
        'Something on the way changes the data, or the peer is not who it claims to be. Do not try again before you know what is in between.',
      ];
    case 'ERR_NO_COMMON_METHOD':
      return commonMethodHints(error);
    case 'ERR_NO_ENCRYPTION':
      return [
        'The daemon must allow AES: SEC_DEFAULT_CRYPTO_METHODS = AES and HTCondor 9.0 or later on its side. Nothing was sent in clear.',
      ];
    case 'ERR_METHODS_EXHAUSTED':
      return exhaustedHints(error);
    case 'ERR_SERVER_UNPROVEN':
      return unprovenHints(error);
    case 'ERR_DENIED':
      if (error.user?.endsWith('@unmapped') === true) {
        return [
          'The map file of the daemon needs a line for this certificate or token: CERTIFICATE_MAPFILE there (condor_config_val CERTIFICATE_MAPFILE), method SSL or SCITOKENS, then condor_reconfig.',
        ];
      }
      return [
        `The pool knows ${error.user ?? 'you'} but does not let it do this: ALLOW_* and DENY_* on the daemon (condor_config_val ALLOW_READ ALLOW_WRITE ALLOW_DAEMON).`,
      ];
    case 'ERR_COMMAND_NOT_REGISTERED':
      return ['The daemon is too old to issue tokens, or is of a type that does not: HTCondor 8.9 or later is needed.'];
    case 'ERR_DAEMON':
      return daemonHints(error);
    case 'ERR_TOKEN_MALFORMED':
    case 'ERR_TOKEN_CLAIM':
      return [
        ...(error.claim === 'iss'
          ? ['With remote, the schedd must have the TRUST_DOMAIN of the collector; if it does not, leave remote out.']
          : []),
        'The daemon issued something else than was asked for, so nothing was delivered. Tell the administrator; TRUST_DOMAIN and SEC_TOKEN_ISSUER_KEY are the settings behind it.',
      ];
    case 'ERR_TOKEN_REDUCED':
      return [
        'Ask for less (authz, lifetime), give a credential that has more, or set on-reduced to warn. Lifetimes are cut to the rest of the credential’s own and to SEC_ISSUED_TOKEN_EXPIRATION of the daemon.',
      ];
    case 'ERR_TOKEN_REFUSED':
      return [
        'The new token does not work yet: the daemon that issued it and the one that refuses it must share the signing key.',
      ];
    case 'ERR_OUTPUT':
      return ['Choose a place that this user can write to: token-directory or file.'];
    default:
      return unknownCode(error);
  }
}

/** A new code without a hint does not compile. */
function unknownCode(error: never): readonly string[] {
  return [String(error)];
}

/** What each method needs, most often wanting first. */
const METHOD_HINTS: Readonly<Record<string, string>> = {
  IDTOKENS:
    'Compare the reasons above with a fresh token: condor_token_fetch or condor_token_create on a machine of the pool.',
  SSL: 'For SSL the daemon must trust who issued the client certificate (AUTH_SSL_SERVER_CAFILE), and its map file must know the subject (CERTIFICATE_MAPFILE).',
  SCITOKENS:
    'For SCITOKENS the audience must be in SCITOKENS_SERVER_AUDIENCE of the daemon, its map file must have a line SCITOKENS ISSUER,SUBJECT, and it must reach the issuer by HTTPS.',
  PASSWORD: 'For PASSWORD the daemon needs the same pool password: condor_store_cred -c add, SEC_PASSWORD_FILE.',
  FS: 'FS works only where the daemon and this step see the same /tmp: on the same machine, and not in a container.',
  MUNGE: 'For MUNGE both machines need a munged with the same key, and clocks that agree: munge -n | unmunge.',
};

function exhaustedHints({ attempts }: AuthenticationError): readonly string[] {
  const tried = new Set(attempts.map(({ method }) => method));
  return [
    ...Object.entries(METHOD_HINTS).flatMap(([method, hint]) => (tried.has(method) ? [hint] : [])),
    'If all fits, the administrator finds the reason in the daemon log with SCHEDD_DEBUG (or COLLECTOR_DEBUG) = D_SECURITY.',
  ];
}

function unprovenHints({ attempts }: AuthenticationError): readonly string[] {
  const ssl = attempts.some(({ method }) => method === 'SSL' || method === 'SCITOKENS');
  return [
    ssl
      ? 'Give the authority that issued the daemon’s certificate in ca-certificate (AUTH_SSL_CLIENT_CAFILE for the command), and the name in that certificate in server-name, if it is not that of the address.'
      : 'Most often the credential is of another pool whose key has the same name (POOL), or the key was replaced since: fetch a new token from this pool.',
    'If all of that is right, this is not the daemon that it claims to be. No other credential was shown to it.',
  ];
}

/** How to use a method that a daemon takes. */
const METHOD_USES: Readonly<Record<string, string>> = {
  IDTOKENS: 'idtoken',
  SCITOKENS: 'scitoken',
  SSL: 'client-certificate',
  PASSWORD: 'password',
  FS: 'authentication-methods: FS, on the daemon’s own machine',
  MUNGE: 'authentication-methods: MUNGE, where a munged with the pool’s key runs',
};

function commonMethodHints({ methods }: NegotiationError): readonly string[] {
  const uses = methods.flatMap((method) => METHOD_USES[method] ?? []);
  const ask =
    'Ask the administrator to add a method that you have a credential for to SEC_DEFAULT_AUTHENTICATION_METHODS of the daemon (condor_config_val SEC_DEFAULT_AUTHENTICATION_METHODS).';
  if (uses.length > 0) return [`Give what this daemon takes: ${uses.join('; or ')}.`, ask];
  if (!methods.includes('KERBEROS')) return [ask];
  return [
    'KERBEROS is not spoken here. Ask the administrator to add IDTOKENS, SSL or SCITOKENS to SEC_DEFAULT_AUTHENTICATION_METHODS of the daemon; or fetch with HTCondor’s own condor_token_fetch and kinit.',
  ];
}

function connectHints({ code, message, requestId }: ConnectError): readonly string[] {
  if (requestId !== undefined) {
    return [
      `Ask for the approval while this step waits: condor_token_request_approve -reqid ${requestId}, on a machine of the pool. A new run makes a new request; raise timeout.`,
    ];
  }
  if (code === 'ERR_CONNECT') {
    return message.includes('does not resolve')
      ? [
          'Check how the host is spelled, and whether this machine’s DNS knows it: getent hosts NAME. Hosted runners know public names only.',
        ]
      : [
          'Is the port (9618 by default) open from this runner to that host? Hosted runners are outside your network: use a self-hosted one, a VPN or an SSH tunnel with address.',
        ];
  }
  if (code === 'ERR_TIMEOUT') {
    return message.includes('cancelled')
      ? ['It was cancelled from outside; nothing was delivered.']
      : ['Nothing came back in time. A firewall that drops packets looks like this; for a slow network raise timeout.'];
  }
  return [
    'The peer hung up without a word. A daemon does so if its security settings cannot be reconciled with ours (SEC_*_AUTHENTICATION or SEC_*_ENCRYPTION = NEVER), if the sock= part of the address is stale, or if it is older than HTCondor 9.0; and so does a TLS server, or whatever else may listen there.',
    'Check the host and the port; then ask the administrator for the lines with DC_AUTHENTICATE in the log of that daemon.',
  ];
}
