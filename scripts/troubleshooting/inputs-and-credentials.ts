/** A chapter of docs/TROUBLESHOOTING.md: errors before any connection. */
import type { Chapter } from './chapter.ts';

export const INPUTS_AND_CREDENTIALS: Chapter = {
  title: 'Inputs and credentials',
  text: 'The client has sent no credential. The author of the workflow should act.',
  messages: [
    {
      name: 'Invalid command line argument: -identity',
      means:
        'Neither this command nor HTCondor’s has this flag: a daemon issues a token only for the identity that authenticated.',
      theirs: ['Invalid command line argument: -identity'],
    },
    { name: 'Invalid command line argument: -frobnicate', means: 'The command does not know this flag.' },
    { name: 'is not a lifetime', means: 'An input has an invalid value. The message names the input.' },
    {
      name: 'configuration cannot be read',
      means: 'HTCondor is installed on this host, so its settings apply, but `condor_config_val` fails.',
    },
    {
      name: 'is empty, and no other credential is provided',
      says: 'idtoken is empty, and no other credential is provided',
      means:
        'The workflow sets the input, but its value is empty. The step ends before any connection, so that no other identity is used by mistake.',
    },
    {
      name: 'no IDTOKEN was found',
      says: 'no credential was found; IDTOKENS: no IDTOKEN was found',
      means:
        'No input contains a credential, and HTCondor’s directories contain none either. The message lists the places. In a container, `HOME` often differs from the home directory of the account.',
      theirs: ['AUTHENTICATE:1003:Failed to authenticate with any method', '(without any line 1004)'],
    },
    {
      name: 'other accounts can access it (mode 0644)',
      means: 'Like HTCondor, the client ignores a file with a secret if other accounts can read it.',
      theirs: ['read_secure_file(FILE): file must not be readable by others, had perms 0644'],
    },
    {
      name: 'HTCondor ignores files with such a name',
      means: 'Names that begin with a dot, and names that editors and package managers leave behind, are ignored.',
    },
    {
      name: 'is another host',
      means:
        'No input contains a credential. With FS, the account of the step is a credential, but only for daemons on the same host.',
    },
    {
      name: 'which a connection through CCB requires',
      means: 'Only FS or MUNGE is available, and neither authenticates the daemon that responds through the broker.',
    },
    {
      name: 'a SciToken is sent only to a daemon that authenticates itself',
      means: 'FS and MUNGE do not authenticate the daemon, and a SciToken is as sensitive as a password.',
    },
    {
      name: 'this job is not permitted to request an OIDC token',
      means: 'The runner provides no OIDC endpoint, which `oidc-audience` requires.',
    },
    {
      name: 'the OIDC service of the runner issued no token',
      means: 'The runner does not issue a job token, or not for this audience.',
    },
    {
      name: 'issued no token: 302',
      means:
        'The service redirects. The client does not follow redirects, so that the token is sent only to the configured host.',
    },
    { name: 'issued no token: 404', means: 'The host has no token endpoint at this path.' },
    { name: 'unauthorized_client', means: 'The service requires the job to authenticate as a client.' },
    { name: 'aud: expected', means: 'The audience of the job token is not that of the service.' },
    { name: 'used already', means: 'Each job token is accepted once, or a few times with `reuse: job`.' },
    {
      name: 'the token service issued no token',
      means: 'The token service refused the exchange. The message contains its reason after the status.',
    },
    {
      name: 'there is no token to exchange',
      says: 'token-service: there is no token to exchange',
      means: 'The job has no token that the service could exchange.',
    },
    {
      name: 'the token service returned an IDTOKEN',
      means:
        'Modes request and exchange, and `remote`, obtain an IDTOKEN, but the token service has already issued one.',
    },
    {
      name: 'the token service returned no token in',
      means: 'The server at this URL is not a token service, or uses a different protocol.',
    },
    {
      name: 'the token service returned an HTML page',
      means: 'This URL is a web page, or a proxy or a sign-in page responds instead of the token service.',
    },
    {
      name: 'the certificate of CN=alice expired at',
      says: 'the certificate of … expired at …',
      means: 'The client certificate has expired or is not valid yet.',
    },
    {
      name: 'it contains no PEM certificate',
      means: 'A certificate or its key is truncated, encrypted or not PEM, or the two do not match.',
    },
    {
      name: 'SCITOKENS accepts at most 16380, mode exchange accepts more',
      means: 'HTCondor accepts no longer token for SCITOKENS.',
    },
    { name: 'not a SciToken', means: 'The value of `scitoken` is truncated, or is not a SciToken.' },
    {
      name: 'the password is not a single line of text',
      means: 'The pool password has more than one line, or is empty.',
    },
    { name: 'not an IDTOKEN', means: 'The value of `idtoken` is truncated, or is not an IDTOKEN.' },
  ],
};
