/**
 * Command lines for HTCondor's condor_token_fetch and for this project's command, and the intended differences between
 * them.
 */
import type { Suite } from './suites.ts';

export interface Case {
  /** The command line. POOL, NAME, SCHEDD, COLLECTOR and MASTER are placeholders for the pool's values. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The account that runs the command. Default: alice. */
  readonly user?: 'root';
  /** Shell commands that run in the home directory before each of the two commands. */
  readonly setup?: string;
  /** Daemon settings in addition to those of the pool. */
  readonly config?: string;
  /**
   * An intended difference: the heading in docs/PARITY.md and the result of this project's command. Also names a
   * release if the difference exists only in that release.
   */
  readonly differs?: readonly [heading: string, ours: 'succeeds' | 'fails', only?: Suite];
}

const IDTOKENS = { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'IDTOKENS' };
const TOKENS = { ...IDTOKENS, _CONDOR_SEC_TOKEN_DIRECTORY: '/home/alice/tokens' };
const NO_LOCAL = { _CONDOR_SCHEDD_ADDRESS_FILE: '/nowhere', _CONDOR_SCHEDD_DAEMON_AD_FILE: '/nowhere' };

const NARROWER = 'Levels';
const LIFETIME = 'Lifetimes';
const FILES = 'Token files';
const FINDS = 'Names';
const CREDENTIALS = 'Credentials';

export const CASES: readonly Case[] = [
  // Cases that select the daemon.
  { args: [] },
  { args: ['-pool', 'POOL'] },
  { args: ['-name', 'NAME'] },
  { args: ['-pool', 'POOL', '-name', 'NAME'] },
  { args: ['-name', 'SCHEDD'] },
  { args: ['-name', 'COLLECTOR'] },
  { args: ['-name', 'POOL'] },
  { args: ['-type', 'SCHEDD'] },
  { args: ['-type', 'schedd', '-name', 'NAME'] },
  { args: ['-type', 'COLLECTOR'] },
  { args: ['-type', 'collector', '-pool', 'POOL'] },
  { args: ['-type', 'collector', '-name', 'POOL'] },
  { args: ['-type', 'COLLECTOR', '-pool', 'POOL', '-name', '127.0.0.9'] },
  { args: ['-type', 'VIEW_COLLECTOR', '-pool', 'POOL'] },
  { args: ['-type', 'MASTER'] },
  { args: ['-type', 'master', '-pool', 'POOL', '-name', 'MASTER'], differs: [FINDS, 'succeeds'] },
  { args: ['-type', 'NEGOTIATOR'] },
  { args: ['-type', 'negotiator', '-pool', 'POOL'] },
  { args: ['-type', 'STARTD'] },
  { args: ['-type', 'startd', '-pool', 'POOL', '-name', 'MACHINE'], differs: [FINDS, 'succeeds'] },
  { args: ['-type', 'startd', '-pool', 'POOL', '-name', 'slot1@MACHINE'], differs: [FINDS, 'succeeds', 'trixie'] },
  { args: ['-type', 'CREDD'] },
  { args: ['-type', 'HAD'] },
  { args: ['-type', 'KBDD'] },
  { args: ['-type', 'GENERIC'] },
  { args: ['-type', 'SHEDD'] },
  { args: ['-type', ''] },
  { args: ['-name', ''] },
  { args: ['-pool', ''] },
  { args: ['-pool', 'POOL', '-name', 'nobody@nowhere'] },
  { args: ['-pool', '127.0.0.1:1', '-name', 'NAME'] },
  { args: ['-pool', 'no.such.host.invalid', '-name', 'NAME'] },
  { args: ['-pool', '127.0.0.1:1,POOL', '-name', 'NAME'], differs: [FINDS, 'succeeds'] },
  { args: ['-name', 'NAME'], env: { ...NO_LOCAL, _CONDOR_COLLECTOR_HOST: '127.0.0.1:1, POOL' } },
  { args: [], env: { _CONDOR_SCHEDD_HOST: 'NAME' } },
  { args: [], env: { _CONDOR_SCHEDD_HOST: 'nobody@nowhere' } },
  { args: [], env: { _CONDOR_SCHEDD_HOST: 'SCHEDD' } },
  { args: [], env: NO_LOCAL },
  { args: ['-name', 'NAME'], env: NO_LOCAL },
  // Cases that request a particular token.
  { args: ['-authz', 'READ'] },
  { args: ['-authz', 'READ', '-authz', 'WRITE'] },
  { args: ['-a', 'READ', '--authz', 'ADVERTISE_STARTD', '-auth', 'DAEMON'] },
  { args: ['-authz', 'READ,WRITE'] },
  { args: ['-authz', 'READ WRITE'] },
  { args: ['-authz', 'read'], differs: [NARROWER, 'succeeds'] },
  { args: ['-authz', 'SUBMIT'], differs: [NARROWER, 'fails'] },
  { args: ['-authz', ''], differs: [NARROWER, 'fails'] },
  { args: ['-authz'] },
  { args: ['-lifetime', '60'] },
  { args: ['-l', ' 60'] },
  { args: ['--lifetime', '60', '-lifetime', '90'] },
  { args: ['-lifetime', '0'], differs: [LIFETIME, 'fails'] },
  { args: ['-lifetime', '-5'], differs: [LIFETIME, 'fails'] },
  { args: ['-lifetime', '12h'], differs: [LIFETIME, 'succeeds'] },
  { args: ['-lifetime', '1.5'], differs: [LIFETIME, 'fails'] },
  { args: ['-lifetime', '60 seconds'], differs: [LIFETIME, 'fails'] },
  { args: ['-lifetime', '9999999999'], differs: [LIFETIME, 'fails'] },
  { args: ['-lifetime', 'soon'] },
  { args: ['-lifetime', ''] },
  { args: ['-lifetime'] },
  { args: ['-key', 'POOL'] },
  { args: ['-k', 'CI', '-lifetime', '60'] },
  { args: ['-key', 'OTHER'] },
  { args: ['-key', 'GONE'] },
  { args: ['-key', ''] },
  // Cases that choose where the token is written.
  { args: ['-token', 'mine'] },
  { args: ['-to', 'mine', '-lifetime', '60'], env: { _CONDOR_SEC_TOKEN_DIRECTORY: '/home/alice/elsewhere' } },
  {
    args: ['-token', 'mine'],
    setup: 'mkdir -p -m 700 .condor/tokens.d; echo old > .condor/tokens.d/mine; chmod 600 .condor/tokens.d/mine',
  },
  { args: ['-token', '../mine'] },
  { args: ['-token', 'a/mine'] },
  { args: ['-token', '.'] },
  { args: ['-token', ''] },
  { args: ['-token'] },
  { args: ['-file', 'mine'] },
  { args: ['-f', '/home/alice/mine'] },
  { args: ['-file', ''] },
  { args: ['-file', '/home/alice'] },
  { args: ['-file', '/opt/mine'] },
  {
    args: ['-file', 'mine'],
    setup: 'echo an older token that is longer than any other could ever be > mine; chmod 600 mine',
  },
  { args: ['-file', 'mine'], setup: 'echo old > mine; chmod 644 mine', differs: [FILES, 'succeeds'] },
  { args: ['-file', 'missing/mine'], differs: [FILES, 'succeeds'] },
  { args: ['-file', 'mine'], setup: 'ln -s other mine' },
  { args: ['-token', 'mine', '-file', 'yours'], differs: [FILES, 'fails'] },
  // Cases that run under another account.
  { args: [], user: 'root' },
  { args: ['-lifetime', '30'], user: 'root', env: IDTOKENS },
  { args: ['-type', 'collector', '-authz', 'READ'], user: 'root' },
  { args: [], env: { HOME: '/nowhere' } },
  { args: [], env: IDTOKENS },
  { args: [], env: TOKENS, setup: 'umask 077; mkdir tokens; cp good tokens/a' },
  { args: ['-authz', 'WRITE'], env: TOKENS, setup: 'umask 077; mkdir tokens; cp readonly tokens/a' },
  { args: ['-authz', 'READ'], env: TOKENS, setup: 'umask 077; mkdir tokens; cp readonly tokens/a' },
  { args: ['-authz', 'READ', '-authz', 'WRITE'], env: TOKENS, setup: 'umask 077; mkdir tokens; cp readonly tokens/a' },
  { args: [], env: TOKENS, setup: 'umask 077; mkdir tokens; cp readonly tokens/a' },
  { args: ['-authz', 'READ'], env: TOKENS, setup: 'umask 077; mkdir tokens; cp daemon tokens/a' },
  { args: ['-lifetime', '100000'], env: TOKENS, setup: 'umask 077; mkdir tokens; cp short tokens/a' },
  { args: [], env: TOKENS, setup: 'umask 077; mkdir tokens; cp short tokens/a' },
  { args: [], env: TOKENS, setup: 'umask 077; mkdir tokens; cp good tokens/a; chmod 644 tokens/a' },
  { args: [], env: TOKENS, setup: 'umask 077; mkdir tokens; cp good tokens/a~' },
  {
    args: [],
    env: { ...TOKENS, _CONDOR_LOCAL_CONFIG_DIR_EXCLUDE_REGEXP: '^a' },
    setup: 'umask 077; mkdir tokens; cp good tokens/a',
  },
  { args: [], env: TOKENS, setup: 'umask 077; mkdir tokens; cat comment good > tokens/a' },
  { args: [], env: TOKENS, setup: 'umask 077; mkdir tokens; cp foreign tokens/a; cp good tokens/b' },
  { args: [], env: TOKENS, setup: 'umask 077; mkdir tokens; echo garbage > tokens/a; cp good tokens/b' },
  {
    args: [],
    env: TOKENS,
    setup: 'umask 077; mkdir tokens; cp expired tokens/a; cp good tokens/b',
    differs: [CREDENTIALS, 'succeeds'],
  },
  { args: [], env: { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'SSL' } },
  { args: [], env: { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'CLAIMTOBE' } },
  { args: [], env: { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'KERBEROS' } },
  { args: [], env: { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'NONSENSE, FS' } },
  { args: [], env: { _CONDOR_SEC_DEFAULT_AUTHENTICATION_METHODS: 'IDTOKENS' } },
  // Cases with particular settings of the daemons.
  { args: ['-lifetime', '3600'], config: 'SEC_ISSUED_TOKEN_EXPIRATION = 120' },
  { args: [], config: 'SEC_ISSUED_TOKEN_EXPIRATION = 120' },
  { args: [], config: 'SEC_ENABLE_TOKEN_FETCH = false' },
  {
    args: [],
    env: TOKENS,
    setup: 'umask 077; mkdir tokens; cp good tokens/a',
    config: 'SEC_TOKEN_REVOCATION_EXPR = sub =?= "alice@pool.test"',
  },
  // Requests the token through the collector. This fails with every release since 9.9.
  { args: ['-remote'] },
  { args: ['-r', '-pool', 'POOL', '-name', 'NAME'] },
  { args: ['-remote', '-name', 'nobody@nowhere'] },
  { args: ['-remote', '-key', 'POOL'] },
  { args: ['-remote', '-type', 'COLLECTOR'] },
  // Cases that concern the syntax of the command line.
  { args: ['-help'] },
  { args: ['-h'] },
  { args: ['-debug'] },
  { args: ['-debug:D_SECURITY', '-lifetime', '60'] },
  { args: ['-d'] },
  { args: ['-dx'] },
  { args: ['-t', 'schedd'] },
  { args: ['-na', 'NAME', '-po', 'POOL', '-li', '60', '-ke', 'POOL', '-fi', 'mine', '-ty', 'SCHEDD'] },
  { args: ['--nam', 'NAME'] },
  { args: ['-NAME', 'NAME'] },
  { args: ['-identity', 'bob'] },
  { args: ['schedd'] },
  { args: ['-'] },
  { args: ['--'] },
  { args: [''] },
  { args: ['-pool'] },
  { args: ['-name'] },
  { args: ['-type'] },
  { args: ['-key'] },
  { args: ['-file'] },
  { args: ['-name', '-pool'] },
];
