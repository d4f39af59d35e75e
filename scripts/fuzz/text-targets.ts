/** Fuzz targets for untrusted text in the output. Each text must be printed as one harmless line. */
import assert from 'node:assert/strict';
import { escapeHtml, revocationOf } from '../../src/action/summary.ts';
import {
  AuthenticationError,
  AuthorizationError,
  ConnectError,
  DaemonError,
  LocateError,
  NegotiationError,
  ProtocolError,
  TokenError,
} from '../../src/errors.ts';
import { describeDiagnosis, describeError, describeToken, factsOf } from '../../src/messages/describe.ts';
import type { FetchedToken } from '../../src/pipeline/library-types.ts';
import { printable } from '../../src/runtime/printable.ts';
import { Secret } from '../../src/runtime/secret.ts';
import { parseIdToken } from '../../src/token/jwt.ts';
import { textInput, textOf } from './inputs.ts';
import { assertHarmless, type Target } from './target.ts';

const TEXTS: readonly string[] = [
  'alice@pool.test',
  '::set-output name=token::x',
  ' \t::add-mask::x\n::error::y',
  'a##[error]b###[[##[',
  '\u202eabc\u2028::warning::x',
  '<script>&amp;"\x1b[2J',
];

const line: Target = {
  ...{ name: 'printable', reaches: 'printable', weight: 20 },
  seeds: TEXTS.map(textInput),
  run(input) {
    const text = textOf(input);
    const shown = printable(text);
    assertHarmless(shown);
    if (shown.length <= 2000) assert.equal(printable(shown), shown);
    assert.ok(shown.length <= 2 * Math.min(text.length, 2001) + 1);
    if (/^[\w @.]*$/.test(text) && text.length <= 2000) assert.equal(shown, text);
    return shown === text ? 'as it is' : 'changed';
  },
};

/** All text that a successful or failed run prints to the runner's log. */
const report: Target = {
  ...{ name: 'report', reaches: 'errors, report, hints, action/summary', weight: 6 },
  seeds: TEXTS.map((text) =>
    textInput(`${text}|POOL|alice@vm|a1|condor:/READ|${text}|$CondorVersion: 25.0.0 $|${text}`),
  ),
  run(input) {
    const [a = '', b = '', c = '', d = '', e = '', f = '', g = '', h = ''] = textOf(input).split('|');
    const names = [a, f, h];
    for (const error of [
      new DaemonError(1, a, { peer: b }),
      new LocateError('ERR_AMBIGUOUS', `several: ${names.join(', ')}`, names),
      new NegotiationError('ERR_NO_COMMON_METHOD', a, names),
      new AuthenticationError('ERR_METHODS_EXHAUSTED', a, [{ method: 'SSL', reason: f }]),
      new AuthorizationError('ERR_DENIED', a, c),
      new AuthorizationError('ERR_DENIED', a, `${c}@unmapped`),
      new TokenError('ERR_TOKEN_CLAIM', a, 'iss'),
      new ProtocolError('ERR_CLASSAD', `: ${f}`),
      new ConnectError('ERR_CCB_ONLY', a, { peer: h }),
      new Error(a),
    ]) {
      for (const shown of describeError(error)) assertHarmless(shown);
    }
    assert.doesNotMatch(escapeHtml(a), /[<>"\p{Cc}]|##\[|^\s*::/u);
    assert.match(revocationOf(d) ?? '', /^(SEC_TOKEN_REVOCATION_EXPR = jti =\?= "[\w.:-]+")?$/);
    assertHarmless(describeDiagnosis(diagnosis(a, f, h)));
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
    const claims = { iss: c, sub: a, jti: d, scope: e, iat: 1, exp: 2 };
    const token = parseIdToken(new Secret(`${encode({ alg: 'HS256', kid: b })}.${encode(claims)}.AAAA`));
    const fetched = fetchedOf(token, f, g, h);
    assertHarmless(describeToken(fetched));
    for (const [name, value] of Object.entries(factsOf(fetched))) {
      assert.doesNotMatch(value, /[\p{Cc}\u2028\u2029]/u, name);
      assertHarmless(printable(`${name}: ${value}`));
    }
    return `a token ${token.authz === undefined ? 'without' : 'with'} limits`;
  },
};

function diagnosis(
  identity: string,
  daemonName: string,
  daemonAddress: string,
): Parameters<typeof describeDiagnosis>[0] {
  const rest = { trustDomain: 'vm', daemonVersion: '', authenticationMethod: 'TOKEN', roundTrips: 1 };
  return { identity, daemonName, daemonAddress, allowed: ['READ'], refused: ['WRITE'], ...rest } as never;
}

/** Returns a fetch result like those that pipeline/fetch.ts returns. */
function fetchedOf(token: FetchedToken['token'], name: string, version: string, text: string): FetchedToken {
  return {
    ...{ token, reductions: [], daemonName: printable(name), daemonAddress: '<127.0.0.1:1>', roundTrips: 3 },
    ...{
      daemonVersion: printable(version),
      daemonVersionText: text,
      authenticationMethod: 'IDTOKENS',
      credentialSource: 'idtoken',
    },
    ...{ clockSkewSeconds: 0, path: undefined, directoryMade: undefined },
  };
}

export const textTargets: readonly Target[] = [line, report];
