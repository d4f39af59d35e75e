/** Checks the name, expiry and chain of the service's TLS certificate. */
import { readFileSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import type { Configuration } from '../policy/model.ts';
import { crypto } from '../runtime/crypto.ts';
import { isIpAddress } from '../transport/sinful.ts';
import { readTlsPair, tlsPaths } from './tls-pair.ts';
import type { World } from './world.ts';

type Certificate = InstanceType<ReturnType<typeof crypto>['X509Certificate']>;
/** One result of `check`: a verdict, and a text that includes the action to take. */
export type Finding = readonly ['ok' | 'warn' | 'fail', string];

const WARN_DAYS = 14;
const DAY_SECONDS = 24 * 60 * 60;
const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const ROOTS = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt'];

export function certificateProblems({ tls, audience }: Configuration, world: World): readonly Finding[] {
  if (tls === undefined) return [['ok', 'certificate: a reverse proxy terminates TLS']];
  const paths = tlsPaths(tls, world.env);
  try {
    const { cert } = readTlsPair(paths);
    return certificateFindings(cert, rootsOf(world.env), audience, world.now());
  } catch (error) {
    return [['fail', `certificate: ${messageOf(error)}; set tls in the configuration`]];
  }
}

/**
 * Checks a certificate. `pem` contains the certificate, followed by its intermediate CA certificates. `roots` are the
 * CA certificates that clients are assumed to trust.
 */
function certificateFindings(pem: string, roots: readonly string[], audience: string, now: number): readonly Finding[] {
  const { X509Certificate } = crypto();
  const chain = (pem.match(PEM) ?? []).map((each) => new X509Certificate(each));
  const [own] = chain;
  if (own === undefined) return [['fail', 'certificate: the file contains no certificate']];
  const found: Finding[] = [];
  const name = URL.canParse(audience) ? new URL(audience).hostname : '';
  if (name !== '' && !isFor(own, name))
    found.push(['fail', `certificate: it is not for ${name}; request one with that name`]);
  const days = Math.floor((Date.parse(own.validTo) / 1000 - now) / DAY_SECONDS);
  if (days < 0) found.push(['fail', 'certificate: it has expired; renew it']);
  else if (days < WARN_DAYS) found.push(['warn', `certificate: it expires in ${days} days; renew it`]);
  for (const [at, each] of chain.slice(0, -1).entries())
    if (chain[at + 1] !== undefined && !each.checkIssued(chain[at + 1] as typeof each))
      found.push([
        'fail',
        'certificate: the certificates in the file do not form a chain; put each certificate above that of its issuer',
      ]);
  const top = chain.at(-1) ?? own;
  const trusted = roots.some(
    (root) => top.checkIssued(new X509Certificate(root)) || top.raw.equals(new X509Certificate(root).raw),
  );
  if (!trusted)
    found.push([
      'warn',
      'certificate: no CA that this host trusts issued it: set ca-certificate in the jobs, or complete the chain',
    ]);
  return found.length > 0 ? found : [['ok', `certificate: for ${name}, valid for ${days} days`]];
}

/** True if a certificate is valid for `name`, the host of a URL. In a URL, an IPv6 address is enclosed in brackets. */
function isFor(certificate: Certificate, name: string): boolean {
  const bare = name.replace(/^\[|\]$/g, '');
  // checkIP throws if its argument is a host name.
  return (isIpAddress(bare) ? certificate.checkIP(bare) : certificate.checkHost(name)) !== undefined;
}

function rootsOf(env: World['env']): readonly string[] {
  const given = env['SSL_CERT_FILE'];
  for (const path of given === undefined ? ROOTS : [given]) {
    try {
      return readFileSync(path, 'utf8').match(PEM) ?? [];
    } catch {
      // The file cannot be read. Try the next path.
    }
  }
  return [];
}
