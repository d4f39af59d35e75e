/** Tests the token service's configuration: accepted configurations, and the message for each mistake. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { warningsOf } from '../../src/policy/advice.ts';
import { parseConfig } from '../../src/policy/config.ts';
import type { Configuration } from '../../src/policy/model.ts';
import { CONFIG_SCHEMA } from '../../src/policy/schema.ts';
import { isOnThisHost } from '../../src/service/check.ts';
import { blocksOf } from '../support/documents/markdown.ts';
import { projectRoot } from '../support/project.ts';

const CONTEXT = { hostName: 'ap40.example.org', superUsers: ['osg', 'boss@example.org'], insecureTestIssuer: false };
const GITHUB = 'https://token.actions.githubusercontent.com';

const grant = (jobs: string, more = '', identity = 'ci@example.org') =>
  `  - identity: ${identity}\n    authz: [READ, WRITE]\n    max-lifetime: 1h\n${more}    jobs:\n      - ${jobs}\n`;
const entry = (...lines: string[]) => [`issuer: ${GITHUB}`, ...lines].join('\n        ');
const GOOD = `grants:\n${grant(entry('repository_id: 74'))}`;

function configOf(text: string, context = CONTEXT): Configuration {
  const parsed = parseConfig(text, context);
  assert.ok('config' in parsed, JSON.stringify(parsed));
  return parsed.config;
}
function mistakesOf(text: string, context = CONTEXT): readonly string[] {
  const parsed = parseConfig(text, context);
  assert.ok('mistakes' in parsed, 'it has a mistake');
  return parsed.mistakes;
}

describe('The configuration of the token service', () => {
  test('has defaults for everything except the grants', () => {
    const { listen, tls, audience, daemons, grants } = configOf(GOOD);
    assert.deepEqual(listen, { host: '0.0.0.0', port: 8443 });
    assert.deepEqual(tls, { certificate: '/etc/grid-security/hostcert.pem', key: '/etc/grid-security/hostkey.pem' });
    assert.equal(audience, 'https://ap40.example.org:8443');
    assert.deepEqual(daemons, []);
    const [first] = grants;
    assert.deepEqual([first?.maxLifetimeSeconds, first?.enabled], [3600, true]);
    const [job] = first?.jobs ?? [];
    assert.deepEqual([job?.maxTokenAgeSeconds, job?.reuse, job?.untrustedCode], [900, 'never', false]);
  });

  test('interprets every scalar as the text in the file', () => {
    const [job] = configOf(`grants:\n${grant(entry('repository_id: 074', 'environment: on'))}`).grants[0]?.jobs ?? [];
    assert.deepEqual(job?.claims.get('repository_id'), { values: ['074'] });
    assert.deepEqual(job?.claims.get('environment'), { values: ['on'] });
  });

  test('may specify a service without TLS behind a proxy, which then requires an audience', () => {
    for (const listen of ['unix:/run/x/socket', '127.0.0.1:8080', '"[::1]:8080"']) {
      assert.match(mistakesOf(`listen: ${listen}\n${GOOD}`).join(), /^audience: it is missing/);
      assert.equal(configOf(`listen: ${listen}\naudience: https://x.org\n${GOOD}`).tls, undefined);
    }
  });

  const mistakes: readonly (readonly [string, string, RegExp])[] = [
    ['no YAML', 'a: [', /not valid YAML/],
    ['a duplicate key', `${GOOD}grants: []\n`, /not valid YAML: Map keys must be unique/],
    ['an alias', `listen: &a 127.0.0.1:1\naudience: *a\n${GOOD}`, /alias/],
    ['a tag', `listen: !!binary aGk=\n${GOOD}`, /not valid YAML|listen/],
    ['two documents', `${GOOD}---\n${GOOD}`, /not valid YAML/],
    ['a list', '- a', /not a mapping/],
    ['nothing', '', /not a mapping/],
    ['no grants', 'listen: 127.0.0.1:1', /^grants: it is missing/],
    ['an unknown key', `${GOOD}grant: x\n`, /^grant: unknown key; use one of listen /],
    [
      'an unknown key of a grant',
      `grants:\n${grant(entry('repository_id: 74'), '    lifetime: 1h\n')}`,
      /grants\[0\]\.lifetime: unknown key/,
    ],
    [
      'an unknown key of an entry',
      `grants:\n${grant(entry('repository_id: 74', 'max-age: 1h'))}`,
      /max-age: unknown key, and not the name of a claim/,
    ],
    ['no levels', GOOD.replace('[READ, WRITE]', '[]'), /authz: it is empty/],
    [
      'ADMINISTRATOR',
      GOOD.replace('WRITE', 'ADMINISTRATOR'),
      /authz\[1\]: expected READ or WRITE, got "ADMINISTRATOR"/,
    ],
    ['ADVERTISE_STARTD', GOOD.replace('WRITE', 'ADVERTISE_STARTD'), /expected READ or WRITE/],
    ['no lifetime', GOOD.replace(/ +max-lifetime.*\n/, ''), /max-lifetime: it is missing/],
    ['a lifetime of 25 h', GOOD.replace('1h', '25h'), /between 1 s and 24 h/],
    ['an invalid lifetime', GOOD.replace('1h', 'soon'), /is not a time such as/],
    ['root', GOOD.replace('ci@', 'root@'), /root is an account of HTCondor's daemons/],
    ['condor', GOOD.replace('ci@', 'condor@'), /condor is an account/],
    ['a super user', GOOD.replace('ci@', 'osg@'), /QUEUE_SUPER_USERS/],
    ['a super user with a domain', GOOD.replace('ci@', 'boss@'), /QUEUE_SUPER_USERS/],
    ['an identity with ..', GOOD.replace('ci@example.org', 'ci@a..b'), /is not an identity/],
    ['an identity with a slash', GOOD.replace('ci@', '../ci@'), /is not an identity/],
    ['an identity in upper case', GOOD.replace('ci@', 'CI@'), /is not an identity/],
    ['a duplicate identity', `${GOOD}${grant(entry('repository_id: 75'))}`, /already has a grant/],
    ['no owner', `grants:\n${grant(entry('ref: refs/heads/main'))}`, /no owner: set repository_id, which GitHub/],
    ['a repository by name', `grants:\n${grant(entry('repository: o/r'))}`, /no owner/],
    ['a sub although the issuer has IDs', `grants:\n${grant(entry('sub: repo:o/r:ref:refs/heads/main'))}`, /no owner/],
    ['an owner of many', `grants:\n${grant(entry('repository_owner_id: 65'))}`, /any-repository-of-owner: true/],
    ['a glob for an ID', `grants:\n${grant(entry('repository_id: { glob: "*" }'))}`, /a glob is not supported here/],
    ['an empty ID', `grants:\n${grant(entry('repository_id: ""'))}`, /repository_id: it is empty/],
    [
      'an event of untrusted code',
      `grants:\n${grant(entry('repository_id: 74', 'event_name: [push, pull_request]'))}`,
      /pull_request runs code from contributors without write access/,
    ],
    [
      'untrusted code without events',
      `grants:\n${grant(entry('repository_id: 74', 'untrusted-code: true'))}`,
      /list the events exactly/,
    ],
    [
      'untrusted code with a glob',
      `grants:\n${grant(entry('repository_id: 74', 'untrusted-code: true', 'event_name: { glob: "*" }'))}`,
      /list the events exactly/,
    ],
    ['plain HTTP', GOOD.replace(GITHUB, 'http://issuer.example.org'), /it is not HTTPS$/],
    ['plain HTTP on loopback', GOOD.replace(GITHUB, 'http://127.0.0.1:1'), /-insecure-test-issuer/],
    ['an issuer that is not a URL', GOOD.replace(GITHUB, 'github'), /is not the URL of an issuer/],
    [
      'an issuer in upper case',
      GOOD.replace('https://token', 'Https://TOKEN'),
      /must begin with https:\/\/token\.actions\./,
    ],
    ['an issuer with a query', GOOD.replace(GITHUB, `${GITHUB}?a`), /is not the URL of an issuer/],
    [
      'aud as a claim',
      `grants:\n${grant(entry('repository_id: 74', 'aud: x'))}`,
      /the service checks this claim itself/,
    ],
    ['iss as a claim', `grants:\n${grant(entry('repository_id: 74', 'iss: x'))}`, /use the key issuer instead/],
    ['an age of 7 h', `grants:\n${grant(entry('repository_id: 74', 'max-token-age: 7h'))}`, /between 1 s and 6 h/],
    ['another reuse', `grants:\n${grant(entry('repository_id: 74', 'reuse: always'))}`, /expected never or job/],
    [
      'a regular expression',
      `grants:\n${grant(entry('repository_id: 74', 'ref: { regex: x }'))}`,
      /expected a string, a list of strings, or \{ glob/,
    ],
    ['an invalid port', `listen: 0.0.0.0:99999\n${GOOD}`, /listen: .*is not HOST:PORT/],
    ['a pool without a name', `daemon: [{ pool: cm }]\n${GOOD}`, /name is required with pool/],
  ];
  for (const [what, text, expected] of mistakes) {
    test(`is rejected with ${what}`, () => assert.match(mistakesOf(text).join('\n'), expected));
  }

  test('is rejected with all of its mistakes', () =>
    assert.equal(mistakesOf(GOOD.replace('ci@', 'root@').replace('1h', '25h').replace('https:', 'http:')).length, 3));

  test('accepts the immutable owner ID of each platform', () => {
    for (const [issuer, claim] of [
      [GITHUB, 'repository_id: 74'],
      [`${GITHUB}/octo-enterprise`, 'repository_id: 74'],
      ['https://ghes.example.org/_services/token', 'repository_id: 74'],
      ['https://token.actions.octo.ghe.com', 'repository_id: 74'],
      ['https://codeberg.example.org/api/actions', 'repository_id: 7'],
      ['https://gitlab.com', 'project_id: 12'],
      ['https://gitlab.example.org', 'project_id: 12'],
      ['https://oidc.circleci.com/org/1f', 'oidc.circleci.com/project-id: 2e'],
      ['https://agent.buildkite.com', 'pipeline_id: 0186'],
      ['https://jenkins.example.org/oidc', 'sub: https://jenkins.example.org/job/a/'],
    ])
      configOf(`grants:\n${grant(`issuer: ${issuer}\n        ${claim}`)}`);
  });

  test('causes warnings about entries that match the same job, and about issuers whose tokens do not contain the event', () => {
    const two = `${GOOD}${grant(entry('repository_id: [74, 75]'), '', 'other@example.org')}`;
    assert.match(
      warningsOf(configOf(two)).join('\n'),
      /grants\[0\]\.jobs\[0\] and grants\[1\]\.jobs\[0\] can match the same job/,
    );
    const apart = `${GOOD}${grant(entry('repository_id: 75'), '', 'other@example.org')}`;
    assert.deepEqual(warningsOf(configOf(apart)), []);
    const jenkins = `grants:\n${grant('issuer: https://jenkins.example.org/oidc\n        sub: a')}`;
    assert.match(warningsOf(configOf(jenkins)).join('\n'), /builds of pull requests match/);
  });

  test('in docs/KEYLESS.md is accepted', () => {
    const [policy] = blocksOf('docs/KEYLESS.md').filter(({ name }) => name === 'policy');
    assert.equal(configOf(policy?.text ?? '').grants[0]?.identity, 'ci-octo@example.org');
  });

  test('has a published schema', () => {
    const published: unknown = JSON.parse(readFileSync(join(projectRoot, 'dist/service/config.schema.json'), 'utf8'));
    assert.deepEqual(published, CONFIG_SCHEMA);
  });
});

describe('the link to a daemon', () => {
  test('is local if the daemon has a loopback address or another address of this host', () => {
    const addresses = ['127.0.0.1', '192.0.2.2', 'fd00::2'];
    for (const sinful of ['<127.0.0.1:9618?sock=a>', '<[::1]:9618>', '<192.0.2.2:9618?sock=a>', '<[fd00::2]:9618>'])
      assert.ok(isOnThisHost(sinful, addresses), sinful);
    for (const sinful of ['<192.0.2.3:9618>', '<192.0.2.22:9618>', '<[fd00::3]:9618?addrs=127.0.0.1-9618>', ''])
      assert.ok(!isOnThisHost(sinful, addresses), sinful);
  });
});
