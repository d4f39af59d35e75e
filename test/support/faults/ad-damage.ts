/** Faults that change attributes on the wire. They keep the length of the frame, so that nothing else changes. */
import { createECDH } from 'node:crypto';
import type { FaultPlan } from './fault-proxy.ts';

/** Replaces text in a frame. Pads the replacement with spaces if it is shorter. */
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
  readonly code: string;
}

const [POLICY_TO_DAEMON, POLICY_TO_CLIENT, METHOD_TO_CLIENT] = [1, 0, 1];
const toClient = (name: string, frame: number, code: string, damage: FaultPlan['damage']): AdCase => ({
  ...{ name, direction: 'to the client', frame, damage, code },
});

export const AD_CASES: readonly AdCase[] = [
  toClient('another ECDH key', POLICY_TO_CLIENT, 'ERR_DECRYPT', replaced(/(?<=ECDHPublicKey = ")[^"]+/, foreignKey)),
  toClient(
    'no ECDH key',
    POLICY_TO_CLIENT,
    'ERR_NO_ENCRYPTION',
    replaced(/ECDHPublicKey/, () => 'XCDHPublicKey'),
  ),
  toClient(
    'an ECDH key that is not on the curve',
    POLICY_TO_CLIENT,
    'ERR_MESSAGE',
    replaced(/(?<=ECDHPublicKey = ")B/, () => 'C'),
  ),
  toClient(
    'no encryption',
    POLICY_TO_CLIENT,
    'ERR_NO_ENCRYPTION',
    replaced(/(?<=Encryption = )"YES"/, () => '"NO"'),
  ),
  toClient(
    'another cipher',
    POLICY_TO_CLIENT,
    'ERR_NO_ENCRYPTION',
    replaced(/(?<=CryptoMethods = ")AES/, () => '3DE'),
  ),
  toClient(
    'no authentication',
    POLICY_TO_CLIENT,
    'ERR_NO_COMMON_METHOD',
    replaced(/(?<=Authentication = )"YES"/, () => '"NO"'),
  ),
  toClient(
    'no methods',
    POLICY_TO_CLIENT,
    'ERR_NO_COMMON_METHOD',
    replaced(/(?<=AuthMethodsList = ")[^"]+/, () => 'FS'),
  ),
  toClient(
    'another trust domain',
    POLICY_TO_CLIENT,
    'ERR_METHODS_EXHAUSTED',
    replaced(/(?<=TrustDomain = ")./, () => 'x'),
  ),
  toClient('a method that the client did not offer', METHOD_TO_CLIENT, 'ERR_MESSAGE', (frame) => {
    const changed = Uint8Array.from(frame);
    new DataView(changed.buffer).setBigInt64(5, 4n); // the bit of FS
    return { bytes: [changed] };
  }),
  {
    ...{ name: 'another ECDH key of the client', direction: 'to the daemon', frame: POLICY_TO_DAEMON },
    ...{ code: 'ERR_DECRYPT', damage: replaced(/(?<=ECDHPublicKey = ")[^"]+/, foreignKey) },
  },
  {
    ...{ name: 'only FS among the methods of the client', direction: 'to the daemon', frame: POLICY_TO_DAEMON },
    ...{
      code: 'ERR_NO_COMMON_METHOD',
      damage: replaced(/(?<=AuthMethods = ")[^"]+/, () => 'FS'),
    },
  },
  {
    ...{ name: 'encryption not requested', direction: 'to the daemon', frame: POLICY_TO_DAEMON },
    ...{ code: 'ERR_CLOSED', damage: replaced(/(?<=Encryption = )"REQUIRED"/, () => '"NEVER"') },
  },
  {
    ...{ name: 'another command', direction: 'to the daemon', frame: POLICY_TO_DAEMON },
    ...{ code: 'ERR_DECRYPT', damage: replaced(/(?<=\bCommand = )60046/, () => '60040') },
  },
];
