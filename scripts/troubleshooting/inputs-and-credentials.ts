/** A chapter of docs/TROUBLESHOOTING.md: errors before any connection. */
import type { Chapter } from './chapter.ts';

export const INPUTS_AND_CREDENTIALS: Chapter = {
  title: 'Inputs and credentials',
  text: 'The client has sent no credential. The author of the workflow should act.',
  messages: [
    {
      name: 'Invalid command line argument: -identity',
      means: 'There is no such flag, neither here nor in HTCondor: a token is always for the one who asks for it.',
      theirs: ['Invalid command line argument: -identity'],
    },
    { name: 'Invalid command line argument: -frobnicate', means: 'The command does not know this flag.' },
    { name: 'is not a lifetime', means: 'An input has a value that it cannot have. The message names the input.' },
    {
      name: 'configuration cannot be read',
      means: 'HTCondor is installed here, so its settings count, but `condor_config_val` fails.',
    },
    {
      name: 'is empty, and no other credential is provided',
      says: 'idtoken is empty, and no other credential is provided',
      means:
        'The workflow has the input, but the runner passes nothing in it. The step ends before any connection, so that no other identity is used by mistake.',
    },
    {
      name: 'no IDTOKEN was found',
      says: 'no credential was found; IDTOKENS: no IDTOKEN was found',
      means:
        'No input has a credential, and there is none where HTCondor keeps them. The message lists the places. In a container `HOME` is often another one than that of the account.',
      theirs: ['AUTHENTICATE:1003:Failed to authenticate with any method', '(without any line 1004)'],
    },
    {
      name: 'other accounts can access it (mode 0644)',
      means: 'A file with a secret does not count, here as in HTCondor, if others could have read it.',
      theirs: ['read_secure_file(FILE): file must not be readable by others, had perms 0644'],
    },
    {
      name: 'HTCondor ignores files with such a name',
      means: 'Names with a dot in front, or as editors and package managers leave them, are passed over.',
    },
    {
      name: 'is another host',
      means: 'No input has a credential. Our account is one too, by FS, but only for daemons on the same machine.',
    },
    {
      name: 'which a connection through CCB requires',
      means:
        'Only FS or MUNGE is left, and neither would show whether it is the right daemon that answers through the broker.',
    },
    {
      name: 'a SciToken is sent only to a daemon that authenticates itself',
      means: 'FS and MUNGE do not prove who the daemon is, and a SciToken is as good as a password.',
    },
    {
      name: 'this job is not permitted to request an OIDC token',
      means: 'The runner gives the job no OIDC token, which `oidc-audience` asks for.',
    },
    {
      name: 'the OIDC service of the runner issued no token',
      means: 'The runner does not issue a job token, or not for this audience.',
    },
    {
      name: 'issued no token: 302',
      means:
        'The service redirects. A redirect is not followed, because a token is sent to the host that it is meant for.',
    },
    { name: 'issued no token: 404', means: 'The host has no token endpoint at this path.' },
    { name: 'unauthorized_client', means: 'The service wants the job to authenticate as a client.' },
    { name: 'aud: expected', means: 'The job token is for another audience than the service.' },
    { name: 'used already', means: 'Each job token is accepted once, or a few times with `reuse: job`.' },
    {
      name: 'the token service issued no token',
      means: 'The service behind `token-service` was reached, and refuses. Its own reason stands behind the number.',
    },
    {
      name: 'there is no token to exchange',
      says: 'token-service: there is no token to exchange',
      means: 'There is nothing that the service could make a token of.',
    },
    {
      name: 'the token service returned an IDTOKEN',
      means: 'Modes request and exchange, and `remote`, are ways to an IDTOKEN, and here one is already.',
    },
    {
      name: 'the token service returned no token in',
      means: 'What answers at this URL is no token service, or one of another kind.',
    },
    {
      name: 'the token service returned an HTML page',
      means: 'A web page is at this URL, or a proxy or a sign-in page answers instead of the token service.',
    },
    {
      name: 'the certificate of CN=alice expired at',
      says: 'the certificate of … expired at …',
      means: 'The client certificate is too old, or not valid yet.',
    },
    {
      name: 'it contains no PEM certificate',
      means: 'A certificate or its key is cut off, encrypted, something else, or does not belong to the other one.',
    },
    {
      name: 'SCITOKENS accepts at most 16380, mode exchange accepts more',
      means: 'HTCondor has no room for a longer one when it authenticates by SCITOKENS.',
    },
    { name: 'not a SciToken', means: 'What `scitoken` has is cut off, or is something else.' },
    { name: 'the password is not a single line of text', means: 'The pool password has several lines, or none.' },
    { name: 'not an IDTOKEN', means: 'What `idtoken` has is cut off, or is something else.' },
  ],
};
