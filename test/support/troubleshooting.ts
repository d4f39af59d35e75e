/**
 * docs/TROUBLESHOOTING.md: what each message means is written here, what to do about it comes from src/hints/.
 *
 * `npm run build && node build/test/support/troubleshooting.js && npm run format` writes it, and test/golden/hints.json;
 * test/hints.test.ts compares.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AnyHTCondorError } from '../../src/errors.ts';
import { hintsFor } from '../../src/hints.ts';
import { ERRORS, type ErrorName } from './every-error.ts';
import { projectRoot } from './project.ts';

interface Message {
  readonly name: ErrorName;
  /** The words of the message, if they are others than the name. */
  readonly says?: string;
  /** Words with the same cause and the same advice. */
  readonly also?: readonly ErrorName[];
  readonly means: string;
  /** What HTCondor's own tools or logs say of it. */
  readonly theirs?: readonly string[];
}

interface Chapter {
  readonly title: string;
  readonly text: string;
  readonly messages: readonly Message[];
}

const CHAPTERS: readonly Chapter[] = [
  {
    title: 'Inputs and credentials',
    text: 'No credential was sent yet. It is the move of whoever wrote the workflow.',
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
        name: 'no IDTOKEN was found',
        says: 'there is no credential; IDTOKENS: no IDTOKEN was found',
        means:
          'No input has a credential, and there is none where HTCondor keeps them. The message lists the places. In a container `HOME` is often another one than that of the account.',
        theirs: ['AUTHENTICATE:1003:Failed to authenticate with any method', '(without any line 1004)'],
      },
      {
        name: 'others may use it (mode 0644)',
        means: 'A file with a secret does not count, here as in HTCondor, if others could have read it.',
        theirs: ['read_secure_file(FILE): file must not be readable by others, had perms 0644'],
      },
      {
        name: 'HTCondor ignores files of such a name',
        means: 'Names with a dot in front, or as editors and package managers leave them, are passed over.',
      },
      {
        name: 'is another machine',
        means: 'No input has a credential. Our account is one too, by FS, but only for daemons on the same machine.',
      },
      {
        name: 'which is reached through CCB',
        means:
          'Only FS or MUNGE is left, and neither would show whether it is the right daemon that answers through the broker.',
      },
      {
        name: 'a SciToken is shown only to a daemon that proves itself',
        means: 'FS and MUNGE do not prove who the daemon is, and a SciToken is as good as a password.',
      },
      {
        name: 'the certificate of CN=alice expired at',
        says: 'the certificate of … expired at …',
        means: 'The client certificate is too old, or not valid yet.',
      },
      {
        name: 'it holds no PEM certificate',
        means: 'A certificate or its key is cut off, encrypted, something else, or does not belong to the other one.',
      },
      {
        name: 'SCITOKENS takes at most 16380, mode exchange more',
        means: 'HTCondor has no room for a longer one when it authenticates by SCITOKENS.',
      },
      { name: 'not a SciToken', means: 'What `scitoken` has is cut off, or is something else.' },
      { name: 'it is not one line of text', means: 'The pool password has several lines, or none.' },
      { name: 'not an IDTOKEN', means: 'What `idtoken` has is cut off, or is something else.' },
    ],
  },
  {
    title: 'Finding the daemon',
    text: 'The collector answered.',
    messages: [
      {
        name: 'the collector knows no schedd named',
        means: 'The name is another one, or the daemon has not told this collector of itself.',
        theirs: ["ERROR: couldn't locate daemon NAME!"],
      },
      {
        name: 'the collector has several daemons of type schedd',
        means: 'Without `name` there must be one daemon of the type only.',
        theirs: ["Unable to determine default schedd's name."],
      },
      {
        name: 'on this machine',
        says: 'no schedd on this machine',
        means: 'No pool was given, and no daemon runs here.',
      },
      { name: 'the collector gives no usable address', means: 'The daemon is in the collector, without its address.' },
    ],
  },
  {
    title: 'Reaching the daemon',
    text: 'Mostly the network. This is tried again by itself, as often as `retries` says and as long as `timeout` allows.',
    messages: [
      { name: 'does not resolve', says: 'the host name … does not resolve', means: 'DNS does not know the host.' },
      {
        name: 'no connection to 10.',
        says: 'no connection to 10.… (172.16.… to 172.31.…, 192.168.…)',
        means: 'The address is private: it means something in its own network only.',
        theirs: ["DAEMON:1:Failed to connect to remote daemon at '<10.…>'"],
      },
      {
        name: 'connection refused',
        means: 'The machine is there, and nothing listens at this port.',
        theirs: ["DAEMON:1:Failed to connect to remote daemon at '<…>'", 'SECMAN:2003:TCP connection to … failed'],
      },
      {
        name: 'no connection to 192.0.2.7:9618: no answer',
        says: 'no connection to …: no answer',
        means: 'A firewall is in between, or the machine is down.',
        theirs: ["DAEMON:1:Failed to connect to remote daemon at '<…>'", 'SECMAN:2003:TCP connection to … failed'],
      },
      {
        name: 'the time allowed is over',
        means: 'The daemon is slow, or something in between is silent.',
        theirs: [
          'SECMAN:2003:… deadline for … has expired',
          'AUTHENTICATE:1002:Failure performing handshake',
          'AUTHENTICATE:1006:exceeded … deadline during authentication',
        ],
      },
      {
        name: 'was not approved in the time allowed',
        says: 'request … was not approved in the time allowed',
        means: 'Mode request waits until an administrator approves.',
      },
      { name: 'cancelled', means: 'The job was cancelled, or Ctrl-C was pressed.' },
      {
        name: 'the peer closed the connection',
        means:
          'A daemon does not say why it hangs up: because both sides want things that exclude each other, or because behind its port nobody has the name in `sock=`.',
        theirs: [
          'SECMAN:2007:Read failure during security negotiation.',
          'SECMAN:2007:Failed to received post-auth ClassAd',
          'SECMAN:2011:Connection closed during command authorization. Probably due to an unknown command.',
        ],
      },
      {
        name: 'no daemon is currently registered with that id',
        means: 'The broker that the address names is there, and does not know the daemon any more.',
      },
      {
        name: 'nor through CCB',
        says: 'the daemon can be reached neither directly (…) nor through CCB (…)',
        means: 'The daemon is behind a firewall, and its broker could not help.',
      },
      { name: 'it answers like a web server (HTTP)', means: 'Host or port is that of a web server.' },
      { name: 'it answers like a TLS server', means: 'Host or port is that of something that speaks TLS.' },
      {
        name: 'the peer does not speak CEDAR (its first byte is',
        also: ['a message ends too early', 'a line is no attribute'],
        means: 'It is no daemon of HTCondor, or a very old one; or this client has a bug.',
        theirs: ['BUG! … malformed ad'],
      },
      {
        name: 'an encrypted frame is not authentic',
        means: 'Bytes were changed on the way, after both sides had agreed on a key.',
      },
    ],
  },
  {
    title: 'Agreeing on how to talk',
    text: 'The two configurations exclude each other. No credential was sent.',
    messages: [
      { name: 'the daemon does not agree to authenticate', means: 'It is set to `NEVER`.' },
      {
        name: 'the daemon takes KERBEROS',
        says: 'we have …; the daemon takes KERBEROS',
        means: 'Of what the daemon takes, nothing is spoken here.',
        theirs: ['AUTHENTICATE:1003:Failed to authenticate with any method'],
      },
      {
        name: 'the daemon takes none of them',
        says: 'we have …; the daemon takes none of them',
        means: 'The daemon takes only what HTCondor itself calls insecure, such as `CLAIMTOBE`.',
      },
      {
        name: 'the daemon takes FS',
        says: 'we have …; the daemon takes FS',
        means: 'People on the daemon’s own machine are let in, and nobody else.',
      },
      {
        name: 'the daemon takes FS, SSL, SCITOKENS, PASSWORD, MUNGE',
        says: 'we have …; the daemon takes …',
        means: 'There is no credential for any of these.',
        theirs: ['AUTHENTICATE:1003:Failed to authenticate with any method'],
      },
      {
        name: 'it offers BLOWFISH',
        says: 'the daemon does not agree to AES encryption (it offers BLOWFISH)',
        means: 'The pool is older than HTCondor 9.0, or is set up as if it were.',
        theirs: ["SECMAN:2002:… suggested a crypto method (BLOWFISH) we don't support"],
      },
      {
        name: 'it offers none',
        says: 'the daemon does not agree to AES encryption (it offers none)',
        means: 'A token is never fetched in clear.',
        theirs: ['SECMAN:2002:… no mutually-compatible methods'],
      },
    ],
  },
  {
    title: 'Credentials that the daemon does not accept',
    text: 'Each method has a line with its reason. Where several were tried, the advice is that of the last ones. Of all of this HTCondor’s tools say `AUTHENTICATE:1003:Failed to authenticate with any method` and `AUTHENTICATE:1004:Failed to authenticate using IDTOKENS`.',
    messages: [
      {
        name: 'the daemon does not offer it',
        means: 'There is a credential for this method, and the daemon does not take it.',
      },
      {
        name: "it was issued by elsewhere.test; the daemon's trust domain is pool.test",
        says: "it was issued by …; the daemon's trust domain is …",
        means: 'The token is of another pool. It was not sent.',
        theirs: ['Ignoring token as it is from trust domain … (server trust domain is …)'],
      },
      {
        name: 'it is signed with the key OLD',
        says: 'it is signed with the key …; the daemon has …',
        means: 'The key was replaced, or never was on that machine. The token was not sent.',
        theirs: ['Ignoring token as it was signed with key … (not known to the server)'],
      },
      { name: 'key POOL): it expired at', says: 'idtoken (…): it expired at …', means: 'The token was not sent.' },
      {
        name: 'it is revoked (SEC_TOKEN_REVOCATION_EXPR)',
        says: 'the daemon refused it without a reason; one of: … it is revoked (SEC_TOKEN_REVOCATION_EXPR) …',
        means: 'Issuer, key and expiry are right. What else it can be stands in the message.',
      },
      {
        name: 'the daemon does not say which trust domain it is of',
        means: 'So it cannot be told which of several tokens is for it, and they are not tried one after the other.',
      },
      {
        name: 'it belongs to user 0, not to us (1001)',
        says: 'no IDTOKEN was found; …: it belongs to user …, not to us (…)',
        means: 'There is a token, in a file that does not count.',
        theirs: ['read_secure_file(FILE): file must be owned by uid …'],
      },
      {
        name: 'tokens.d: it is empty',
        says: 'no IDTOKEN was found; …: it is empty',
        means: 'There is no token at all.',
      },
      {
        name: 'no host name is known that its certificate must carry',
        means: 'SSL and SCITOKENS need the daemon’s name, and the address has numbers only.',
      },
      {
        name: 'it needs AUTH_SSL_ALLOW_CLIENT_PROXY',
        says: 'TLS alert 46 …: it does not take ours; for an X.509 proxy it needs AUTH_SSL_ALLOW_CLIENT_PROXY = True',
        means: 'HTCondor takes proxies only if it is told so.',
      },
      {
        name: 'one that its map file knows (AUTH_SSL_REQUIRE_CLIENT_MAPPING)',
        says: 'it demands a client certificate …, or one that its map file knows (AUTH_SSL_REQUIRE_CLIENT_MAPPING)',
        means: 'The certificate is trusted, and its subject stands for nobody.',
      },
      {
        name: 'the daemon cannot use TLS',
        means: 'Its own certificate or key is missing, or is of no use.',
      },
      {
        name: 'TLS alert 48',
        says: 'the daemon gives up, TLS alert 48 unknown_ca',
        means: 'It does not know who issued our certificate.',
      },
      {
        name: 'example.org): it expired at',
        says: 'scitoken (…): it expired at …',
        means: 'SciTokens live for minutes. It was not sent.',
      },
      {
        name: 'one of: its audience is https://other.test',
        also: ['one of: it has no scope'],
        says: 'scitoken (…): the daemon refused it without a reason; one of: …',
        means: 'A daemon does not say what it dislikes about a SciToken. What it can be stands in the message.',
        theirs: ['SCITOKENS:2:Failed to verify token and generate ACLs', 'Unable to retrieve token expiration'],
      },
      { name: 'the daemon has no pool password of its own', means: 'So it cannot compare.' },
      {
        name: 'FS before HTCondor 24',
        means:
          'Somebody in between could have us prove who we are to another daemon, so this is done only if it is asked for.',
      },
      {
        name: 'it has another file system',
        says: 'the daemon does not see /tmp/FS_… as ours: it has another file system',
        means: 'It is another machine, or one of the two is in a container.',
        theirs: ['FS:1004:Unable to lstat(/tmp/FS_…)'],
      },
      { name: 'MUNGE: this account', says: 'MUNGE: this account: munge failed: …', means: 'No `munged` answers here.' },
    ],
  },
  {
    title: 'Daemons that cannot prove who they are',
    text: 'Take this seriously: whoever answers there might be somebody else.',
    messages: [
      {
        name: 'its certificate is for DNS:ap.pool.test',
        says: 'its certificate is for …, not for …',
        means: 'The daemon has a trusted certificate of another name.',
      },
      { name: 'its certificate, or one above it, has expired', means: 'The host certificate was not renewed.' },
      {
        name: 'its certificate is not trusted',
        means: 'This machine does not know who issued it. Many pools have an authority of their own.',
      },
      {
        name: 'password (condor@password): the daemon has another secret for it',
        means: 'Both sides have a pool password, but not the same.',
      },
      {
        name: 'key POOL): the daemon has another secret for it',
        says: 'idtoken (…): the daemon has another secret for it',
        means: 'The daemon has a key of that name, but the token was signed with another one.',
      },
    ],
  },
  {
    title: 'Permissions',
    text: 'The daemon knows who we are, or that we are nobody.',
    messages: [
      {
        name: 'maps it to nobody (ssl@unmapped)',
        says: 'the daemon accepts our credential but maps it to nobody (…@unmapped)',
        means: 'The certificate or SciToken is good, and no line says for whom.',
      },
      {
        name: 'while: locate',
        says: 'the daemon answers DENIED to our command; for it, we are … (ERR_DENIED, while: locate …)',
        means: 'The collector does not let this identity look things up.',
        theirs: [
          'SECMAN:2010:Received "DENIED" from server for user … using method …',
          "ERROR: couldn't locate daemon NAME!",
        ],
      },
      {
        name: 'for it, we are bob@pool.test',
        says: 'the daemon answers DENIED to our command; for it, we are …',
        means: 'The daemon itself refuses.',
        theirs: ['SECMAN:2010:Received "DENIED" from server for user … using method …'],
      },
      {
        name: 'it names no identity',
        says: 'the daemon answers DENIED to our command; it names no identity',
        means: 'The session was not authenticated.',
        theirs: ['SECMAN:2010:… using no authentication method'],
      },
      {
        name: 'the daemon does not know the command',
        means: 'It is of a type that issues no tokens, or too old.',
        theirs: ['SECMAN:2011:Connection closed during command authorization. Probably due to an unknown command.'],
      },
    ],
  },
  {
    title: 'What a daemon answers',
    text: 'The message quotes HTCondor. Its numbers mean several things each, so look for the words. HTCondor’s tool prints the same behind `DAEMON:` and the number.',
    messages: [
      { name: 'Token fetch disabled.', means: 'The administrator does not want it, or not from this daemon.' },
      {
        name: 'Server will not sign with requested key.',
        means: '`key` names one that daemons may not use for this.',
      },
      { name: 'Cannot create new session as original one expired.', means: 'It was valid when the session began.' },
      {
        name: "Session doesn't allow requested authorization levels.",
        means: 'A token never allows more than the credential it was fetched with.',
      },
      {
        name: 'Server did not successfully authenticate session.',
        also: ['Missing requester identity.'],
        means: 'For the daemon we are nobody, such as `…@unmapped`.',
      },
      {
        name: 'Server does not have access to configured key.',
        also: ['Server does not have a signing key configured.'],
        means: 'HTCondor makes the key POOL on the machine of the collector only.',
      },
      {
        name: 'Failed to read file',
        says: 'Failed to read file … securely.',
        means: 'The key that was asked for is not there.',
      },
      {
        name: 'is not known to the collector.',
        says: 'Schedd … is not known to the collector.',
        means: '`remote` does not work in most releases of HTCondor.',
      },
      { name: 'No schedd target specified.', means: '`remote` needs the name of the schedd.' },
      {
        name: 'Request to server was not encrypted.',
        means: 'The daemon does not issue tokens in clear, and would not encrypt.',
      },
      {
        name: 'eliminated by the SEC_IMPERSONATION_TOKEN_LIMITS setting',
        means: 'With `remote`, tokens can have these levels at most.',
      },
      {
        name: 'Failed to receive response from schedd.',
        means: 'With `remote`: between collector and schedd something went wrong.',
      },
      {
        name: 'Issuer namespace is not set',
        also: ['Issuer namespace may not contain spaces or commas'],
        means: 'A daemon needs a trust domain to issue tokens.',
        theirs: ['PASSWD:1:Issuer namespace …'],
      },
      { name: 'Token request disabled.', means: 'Mode request is not wanted here.' },
      {
        name: 'eliminated by the SEC_TOKEN_REQUEST_LIMITS setting',
        means: 'Requested tokens can have these levels at most.',
      },
      {
        name: 'Request has expired.',
        also: ['Request ID is not known.'],
        means: 'The daemon has forgotten the request.',
      },
      { name: 'Request failed.', means: 'Somebody approved, and then the token could not be made.' },
      {
        name: 'Request to server was made using ANONYMOUS or no authentication.',
        means: 'Without a certificate of its own the daemon cannot encrypt for somebody whom it does not know.',
      },
      { name: 'Request rate limit hit.', means: 'This is tried again by itself.' },
      { name: 'Too many requests in the system.', means: 'No more can be made until some are gone.' },
      { name: 'SciToken exchange disabled.', means: 'Mode exchange is not wanted here.' },
      {
        name: 'Failed to map SciToken to a local identity.',
        means: 'The SciToken is good, and no line says for whom.',
      },
      { name: 'Server not built with SciTokens support', means: 'Some packages of HTCondor are made without.' },
      {
        name: 'SCITOKENS:2:Failed to verify token',
        means: 'Behind these words stands what is wrong with the SciToken.',
      },
      {
        name: 'the daemon reports error',
        says: 'the daemon reports error …: …',
        means: 'Words that this list does not have.',
      },
    ],
  },
  {
    title: 'The token that came',
    text: 'It is checked before anything is done with it.',
    messages: [
      {
        name: 'expected-identity is',
        says: 'the token is for …, expected-identity is …',
        means: 'The secret is somebody else’s.',
      },
      {
        name: 'expected-trust-domain is',
        says: 'the token is for …, expected-trust-domain is …',
        means: 'The daemon is of another pool.',
      },
      {
        name: "the token's issuer is",
        says: "the token's issuer is …, the daemon's trust domain …",
        means: 'With `remote` one daemon is asked and another one issues.',
      },
      {
        name: 'which we did not ask for',
        says: 'the token allows …, which we did not ask for',
        means: 'A token that is wider than asked is not delivered.',
      },
      {
        name: 'the daemon granted less than was asked',
        means:
          'HTCondor cuts levels and lifetimes without a word. With `on-reduced: warn`, the default, this is a warning.',
      },
      {
        name: 'the daemon does not allow ADMINISTRATOR to',
        says: 'the daemon does not allow … to … with the new token',
        means: '`verify` found that the pool does not allow the identity what the token would.',
      },
      {
        name: 'the daemon does not accept the new token',
        means: '`verify` found that the token is of no use where it shall be used.',
      },
      {
        name: 'the reply has no token',
        means: 'An answer that HTCondor never gives.',
        theirs: ['(nothing at all, and exit status 0)'],
      },
      { name: 'the reply has neither a token nor the id of a request', means: 'The daemon answers without words.' },
    ],
  },
  {
    title: 'Handing it over',
    text: 'The token was good. It is lost, and a new run makes another one.',
    messages: [
      {
        name: 'cannot be written to',
        means: 'The account of this step may not write there, or the disk is full.',
        theirs: ['Cannot write token to …', "Token name isn't a plain filename"],
      },
      {
        name: 'is a symbolic link, which is not followed',
        means: 'A secret is not written where somebody else points to.',
      },
      {
        name: 'the runner does not take the outputs',
        means: 'The files in which the runner expects them are not there.',
      },
      { name: 'standard output', says: 'standard output: write EPIPE', means: 'Nobody reads any more.' },
    ],
  },
];

/** Not ours: what HTCondor's tools say in the steps behind this one. */
const NEXT: readonly (readonly [string, string, string])[] = [
  [
    'AUTHENTICATE:1003:Failed to authenticate with any method',
    'Without a line 1004: the tool does not find the token. As root it looks elsewhere, and in a container `HOME` is not where it looks.',
    '`export-environment: true`, or set `_CONDOR_SEC_TOKEN_DIRECTORY` to the output `token-directory`. `condor_token_list` shows what the tool finds.',
  ],
  [
    'AUTHENTICATE:1004:Failed to authenticate using IDTOKENS',
    'It worked before: the token has expired. It never did: the step talks to another pool or machine than the token is of.',
    'A longer `lifetime`, or `renew: true`. `verify: true` finds it out before.',
  ],
  [
    'SECMAN:2010:Received "DENIED" from server for user …',
    'The token is narrower than the step needs, as `condor_submit` with a token for `READ`; or the identity may not do this.',
    '`authz: READ WRITE` to submit; `verify: true` finds it out before.',
  ],
  [
    'SECMAN:2010:… using no authentication method',
    'The tool did not authenticate.',
    '`_CONDOR_SEC_CLIENT_AUTHENTICATION=REQUIRED`, and the token directory as above.',
  ],
  [
    'SECMAN:79, permission not in bounding set',
    'The level that is needed is not in the token.',
    'Add it to `authz`, and to the credential if that is limited too.',
  ],
  [
    'SECMAN:76, 77, 78, 80',
    'The daemon wants authentication, encryption or integrity that the tool does not offer, or not by this method.',
    'Leave `_CONDOR_SEC_*` variables out, but for those of `export-environment`.',
  ],
  [
    'SECMAN:2009:DENIED authorization of server',
    'The configuration on the runner refuses the daemon.',
    '`condor_config_val ALLOW_CLIENT DENY_CLIENT` on the runner.',
  ],
  [
    'Setting owner to "…", which is not a valid user account',
    'The token is fine. The access point has no account for the one it is for.',
    'Administrator: make the account, or give out tokens for one that exists; the identity should end in `UID_DOMAIN` (`condor_config_val -schedd UID_DOMAIN`).',
  ],
  [
    'AUTHENTICATE:1004:authenticated remote host does not match connection address',
    'NAT, or a machine with several addresses.',
    'Administrator: `DISABLE_AUTHENTICATION_IP_CHECK = True` there (`condor_config_val -schedd DISABLE_AUTHENTICATION_IP_CHECK`).',
  ],
];

const ARGUMENT = String.raw`-\w+|[A-Z][A-Z_]+(?:[@,/-][\w./-]+)*|"<[^>]*>"|\d{3,}|hosts \S+\w|add|x509|pkey|\| ssh|unmunge|schedd|My\w+|Name|CondorVersion|subjectAltName`;
const CODE = new RegExp(
  [
    String.raw`\b(?:condor_[a-z_]+|openssl|getent|nc|chmod|chown|ls|df|curl|munge|oidc-token|httokensh|htgettoken)\b(?: (?:${ARGUMENT}))*`,
    String.raw`(?:\$\(|\*@\$\()[A-Z_]+\)(?!\w)`,
    String.raw`\b[A-Z]+(?:_[A-Z]+)+\b\*?(?: = (?:True|D_SECURITY|\$\(\w+\)))?`,
    String.raw`\bDENY_\*`,
    String.raw`(?<![\w-])-(?:lifetime|key|authz|file|debug|identity|pool)\b`,
    String.raw`\b(?:user|USER)@\w+`,
  ].join('|'),
  'g',
);

/** A hint as Markdown: commands and settings as code, and nothing that means something by accident. */
function markdown(hint: string): string {
  const [, who = '', what = ''] = /^(\w+): (.*)$/.exec(hint) ?? [];
  let done = 0;
  let text = '';
  const plain = (part: string) => part.replaceAll(/[<>*|]/g, String.raw`\$&`);
  for (const found of what.matchAll(CODE)) {
    text += `${plain(what.slice(done, found.index))}\`${found[0]}\``;
    done = found.index + found[0].length;
  }
  return `- **${who}**: ${text}${plain(what.slice(done))}`;
}

function section({ name, says = name, also = [], means, theirs = [] }: Message): string {
  const error: AnyHTCondorError = ERRORS[name];
  const codes = [...new Set([name, ...also].map((each) => ERRORS[each].code))];
  const heading = [says, ...also].map((words) => `\`${words}\``).join(', ');
  const quotes = theirs.map((words) => (words.startsWith('(') ? words.slice(1, -1) : `\`${words}\``)).join(', ');
  return [
    `### ${heading}`,
    `${means} <sub>${codes.join(', ')}</sub>`,
    ...(quotes === '' ? [] : [`HTCondor: ${quotes}`]),
    hintsFor(error).map(markdown).join('\n'),
  ].join('\n\n');
}

const anchor = (title: string) =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z ]/g, '')
    .replaceAll(' ', '-');

/** Codes that a chapter has, with the exit status. */
function contents(): readonly string[] {
  return CHAPTERS.map(({ title, messages }) => {
    const errors: readonly AnyHTCondorError[] = messages
      .flatMap(({ name, also = [] }) => [name, ...also])
      .map((name) => ERRORS[name]);
    const codes = [...new Set(errors.map(({ code, exitStatus }) => `\`${code}\` (${exitStatus})`))];
    return `| [${title}](#${anchor(title)}) | ${codes.join(', ')} |`;
  });
}

/** The whole document. */
export function troubleshooting(): string {
  return `${[
    '# Troubleshooting',
    `An error has one line that says what happened, with a code and the step in which it happened; lines with the reason of each
credential; and *hints*: what to try, most likely first, and whose move it is.`,
    `\`\`\`text
the daemon accepted none of our credentials (ERR_METHODS_EXHAUSTED, while: session, at <192.0.2.7:9618?sock=schedd_1>)
  IDTOKENS: idtoken (ci@example.org, issuer example.org, key OLD): it is signed with the key OLD; the daemon has POOL
${hintsFor(ERRORS['it is signed with the key OLD'])
  .map((hint) => `Hint: ${hint}`)
  .join('\n')}
\`\`\``,
    `Search this page for words of your message, ours or HTCondor’s. *Workflow* is whoever wrote the workflow, *Administrator* the
administrator of the pool, *Runner* the machine that this runs on, and *Network* what is between the two. Commands with
\`-schedd\` ask the schedd, from any machine that it allows to read; for another daemon say \`-collector\` or \`-name\`. What is in
capitals is yours to fill in; names such as \`OLD\` or \`alice@pool.test\` stand for yours.`,
    `To see more, run it with \`-debug\`, or in a workflow [with debug logging](https://docs.github.com/actions/monitoring-and-troubleshooting-workflows/enabling-debug-logging).
\`mode: check\`, or \`-check\`, goes through all steps and fetches nothing.`,
    [
      '| | codes (exit status of the command) |',
      '|---|---|',
      ...contents(),
      '| [In the next steps](#in-the-next-steps) | HTCondor’s own |',
    ].join('\n'),
    ...CHAPTERS.flatMap(({ title, text, messages }) => [`## ${title}`, text, ...messages.map(section)]),
    '## In the next steps',
    'The token is there, and HTCondor’s tools complain about it.',
    [
      '| message | cause | what to do |',
      '|---|---|---|',
      ...NEXT.map(([words, ...others]) => `| ${[`\`${words}\``, ...others].join(' | ')} |`),
    ].join('\n'),
  ].join('\n\n')}\n`;
}

/** Names that the document has, with those that share a heading. */
export function documented(): readonly ErrorName[] {
  return CHAPTERS.flatMap(({ messages }) => messages.flatMap(({ name, also = [] }) => [name, ...also]));
}

/** Names that are under the heading of another one. */
export function shared(): readonly ErrorName[] {
  return CHAPTERS.flatMap(({ messages }) => messages.flatMap(({ also = [] }) => also));
}

/** All names with their advice: test/golden/hints.json. */
export function goldenHints(): Readonly<Record<string, readonly string[]>> {
  const all: readonly [string, AnyHTCondorError][] = Object.entries(ERRORS);
  return Object.fromEntries(all.map(([name, error]) => [name, hintsFor(error)]));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(join(projectRoot, 'docs/TROUBLESHOOTING.md'), troubleshooting());
  writeFileSync(join(projectRoot, 'test/golden/hints.json'), `${JSON.stringify(goldenHints(), undefined, 2)}\n`);
}
