/** Changes in what an ad says, made on the wire: as long as what was there, so that everything else stays as it is. */
import { createECDH } from 'node:crypto';
import type { FaultPlan } from './fault-proxy.ts';

/** In place of a text of the frame another one; shorter ones are filled up with blanks. */
function replaced(from: RegExp, to: (found: string) => string): FaultPlan['damage'] {
  return (frame) => {
    const text = Buffer.from(frame).toString('latin1');
    if (!from.test(text)) throw new Error(`no ${from} in ${JSON.stringify(text)}`);
    const changed = text.replace(from, (found) => to(found).padEnd(found.length));
    return { bytes: [Buffer.from(changed, 'latin1')] };
  };
}

const foreignKey = (): string => {
  const ecdh = createECDH('prime256v1');
  return ecdh.generateKeys('base64');
};

interface AdCase {
  readonly name: string;
  readonly direction: FaultPlan['direction'];
  readonly frame: number;
  readonly damage: FaultPlan['damage'];
  readonly code: RegExp;
}

const [POLICY_TO_DAEMON, POLICY_TO_US, METHOD_TO_US] = [1, 0, 1];
const toUs = (name: string, frame: number, code: RegExp, damage: FaultPlan['damage']): AdCase => ({
  ...{ name, direction: 'to us', frame, damage, code },
});

export const AD_CASES: readonly AdCase[] = [
  toUs('the key of somebody else', POLICY_TO_US, /^ERR_DECRYPT$/, replaced(/(?<=ECDHPublicKey = ")[^"]+/, foreignKey)),
  toUs(
    'no key',
    POLICY_TO_US,
    /^ERR_NO_ENCRYPTION$/,
    replaced(/ECDHPublicKey/, () => 'XCDHPublicKey'),
  ),
  toUs(
    'a key that is no point',
    POLICY_TO_US,
    /^ERR_MESSAGE$/,
    replaced(/(?<=ECDHPublicKey = ")B/, () => 'C'),
  ),
  toUs(
    'no encryption',
    POLICY_TO_US,
    /^ERR_NO_ENCRYPTION$/,
    replaced(/(?<=Encryption = )"YES"/, () => '"NO"'),
  ),
  toUs(
    'another cipher',
    POLICY_TO_US,
    /^ERR_NO_ENCRYPTION$/,
    replaced(/(?<=CryptoMethods = ")AES/, () => '3DE'),
  ),
  toUs(
    'no authentication',
    POLICY_TO_US,
    /^ERR_NO_COMMON_METHOD$/,
    replaced(/(?<=Authentication = )"YES"/, () => '"NO"'),
  ),
  toUs(
    'no methods',
    POLICY_TO_US,
    /^ERR_NO_COMMON_METHOD$/,
    replaced(/(?<=AuthMethodsList = ")[^"]+/, () => 'FS'),
  ),
  toUs(
    'another trust domain',
    POLICY_TO_US,
    /^ERR_METHODS_EXHAUSTED$/,
    replaced(/(?<=TrustDomain = ")./, () => 'x'),
  ),
  toUs(
    'a method that we did not offer',
    METHOD_TO_US,
    /^ERR_(MESSAGE|METHODS_EXHAUSTED|NO_COMMON_METHOD)$/,
    (frame) => {
      const changed = Uint8Array.from(frame);
      new DataView(changed.buffer).setBigInt64(5, 4n); // FS
      return { bytes: [changed] };
    },
  ),
  {
    ...{ name: 'our key is that of somebody else', direction: 'to the daemon', frame: POLICY_TO_DAEMON },
    ...{ code: /^ERR_(CLOSED|DECRYPT)$/, damage: replaced(/(?<=ECDHPublicKey = ")[^"]+/, foreignKey) },
  },
  {
    ...{ name: 'our methods are stripped to FS', direction: 'to the daemon', frame: POLICY_TO_DAEMON },
    ...{
      code: /^ERR_(CLOSED|NO_COMMON_METHOD|METHODS_EXHAUSTED)$/,
      damage: replaced(/(?<=AuthMethods = ")[^"]+/, () => 'FS'),
    },
  },
  {
    ...{ name: 'our demand for encryption is taken away', direction: 'to the daemon', frame: POLICY_TO_DAEMON },
    ...{ code: /^ERR_(CLOSED|NO_ENCRYPTION)$/, damage: replaced(/(?<=Encryption = )"REQUIRED"/, () => '"NEVER"') },
  },
  {
    ...{ name: 'we ask for another command', direction: 'to the daemon', frame: POLICY_TO_DAEMON },
    ...{ code: /^ERR_(CLOSED|DECRYPT|MESSAGE|CLASSAD)$/, damage: replaced(/(?<=\bCommand = )60046/, () => '60040') },
  },
];
