/** A chapter of docs/TROUBLESHOOTING.md: reasons why a daemon refuses credentials, by method. */
import type { Chapter } from './chapter.ts';

export const REFUSED_CREDENTIALS: Chapter = {
  title: 'Credentials that the daemon does not accept',
  text: 'Each method has a line with its reason. If several methods were tried, the hints are for the last ones. HTCondor’s tools report all of these as `AUTHENTICATE:1003:Failed to authenticate with any method` and `AUTHENTICATE:1004:Failed to authenticate using IDTOKENS`.',
  messages: [
    {
      name: 'the daemon does not offer it',
      means: 'The step has a credential for this method, but the daemon does not accept the method.',
    },
    {
      name: "it was issued by elsewhere.test; the daemon's trust domain is pool.test",
      says: "it was issued by …; the daemon's trust domain is …",
      means: 'Another pool issued the token. The client did not use it.',
      theirs: ['Ignoring token as it is from trust domain … (server trust domain is …)'],
    },
    {
      name: 'it is signed with the key OLD',
      says: 'it is signed with the key …; the daemon has …',
      means: 'The key was replaced, or the daemon’s host never had it. The client did not use the token.',
      theirs: ['Ignoring token as it was signed with key … (not known to the server)'],
    },
    {
      name: 'key POOL): it expired at',
      says: 'idtoken (…): it expired at …',
      means: 'The token has expired. The client did not use it.',
    },
    {
      name: 'it is revoked (SEC_TOKEN_REVOCATION_EXPR)',
      says: 'the daemon refused it without a reason; possible causes: … it is revoked (SEC_TOKEN_REVOCATION_EXPR) …',
      means: 'Issuer, key and expiry match. The message lists other possible causes.',
    },
    {
      name: 'the daemon does not report its trust domain',
      means: 'The client cannot tell which of several tokens belongs to this pool, and does not try all of them.',
    },
    {
      name: 'it is owned by user 0, not by this account (1001)',
      says: 'no IDTOKEN was found; …: it is owned by user …, not by this account (…)',
      means: 'A token exists, but the client ignores its file because of the owner.',
      theirs: ['read_secure_file(FILE): file must be owned by uid …'],
    },
    {
      name: 'tokens.d: the directory is empty',
      says: 'no IDTOKEN was found; …: the directory is empty',
      means: 'The token directory contains no token.',
    },
    {
      name: 'no host name is known to verify its certificate against',
      means: 'SSL and SCITOKENS require the daemon’s host name, but only an IP address is known.',
    },
    {
      name: 'it requires AUTH_SSL_ALLOW_CLIENT_PROXY',
      says: 'TLS alert 46 …: it does not accept the client certificate; for an X.509 proxy it requires AUTH_SSL_ALLOW_CLIENT_PROXY = True',
      means: 'HTCondor accepts X.509 proxies only if this setting is enabled.',
    },
    {
      name: 'one that its map file lists (AUTH_SSL_REQUIRE_CLIENT_MAPPING)',
      says: 'it requires a client certificate …, or one that its map file lists (AUTH_SSL_REQUIRE_CLIENT_MAPPING)',
      means: 'The certificate is trusted, but its subject is not in the map file.',
    },
    {
      name: 'the daemon cannot use TLS',
      means: 'The daemon’s certificate or key is missing or unusable.',
    },
    {
      name: 'the daemon does not support TLS 1.3',
      means:
        'With TLS 1.2, the client certificate is sent in cleartext, before the daemon is verified. The client does so only with a certificate from an input.',
    },
    {
      name: 'TLS alert 48',
      says: 'the daemon aborted the TLS handshake, TLS alert 48 unknown_ca',
      means: 'The daemon does not trust the CA of the client certificate.',
    },
    {
      name: 'example.org): it expired at',
      says: 'scitoken (…): it expired at …',
      means: 'SciTokens are valid for minutes only. The client did not send it.',
    },
    {
      name: 'possible causes: its audience is https://other.test',
      also: ['possible causes: it has no scope'],
      says: 'scitoken (…): the daemon refused it without a reason; possible causes: …',
      means: 'A daemon rejects a SciToken without a reason. The message lists the possible causes.',
      theirs: ['SCITOKENS:2:Failed to verify token and generate ACLs', 'Unable to retrieve token expiration'],
    },
    {
      name: 'the daemon has no pool password of its own',
      means: 'Without its own pool password, the daemon cannot verify the client’s.',
    },
    {
      name: 'FS before HTCondor 24.0.22',
      means:
        'Releases before 24.0.22, 25.0.12 and 25.11.1 do not bind the directory to the address of the daemon. Another account on this host could relay the authentication to the real daemon, so the client creates such a directory only if FS is named.',
    },
    {
      name: 'which binds it: it may be a relay',
      says: 'the daemon requested …, which is not bound to its address, but it announces HTCondor …, which binds it: it may be a relay',
      means: 'No daemon of that release requests such a directory. The client did not create it.',
    },
    {
      name: 'it sees a different file system',
      says: 'the daemon could not verify the owner of /tmp/FS_…: it sees a different file system',
      means: 'The daemon runs on another host, or one of the two is in a container.',
      theirs: ['FS:1004:Unable to lstat(/tmp/FS_…)'],
    },
    {
      name: 'MUNGE: this account',
      says: 'MUNGE: this account: munge failed: …',
      means: 'No `munged` responds on this host.',
    },
  ],
};
