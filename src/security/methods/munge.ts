import { messageOf } from '../../errors.ts';
import type { Secret } from '../../runtime/secret.ts';
import { type AuthMethod, type Candidate, MethodRefused } from '../method.ts';

const DONE = 0;
const NOT_DONE = -1;

const THIS_ACCOUNT = 'this account';

/**
 * Returns the MUNGE method: the local `munged` creates a credential, and the `munged` on the daemon's host decodes it
 * (condor_auth_munge.cpp).
 *
 * MUNGE does not authenticate the daemon. `encode` must return a new credential for each call, because `munged` accepts
 * each credential only once.
 */
export function munge(encode: () => Promise<Secret>): AuthMethod {
  const candidate = (): Candidate => {
    let failure: string | undefined;
    return {
      label: THIS_ACCOUNT,
      async open(channel) {
        try {
          const credential = await encode();
          channel.send((message) => message.int(DONE).string(credential.reveal()));
        } catch (error) {
          failure = messageOf(error);
          channel.send((message) => message.int(NOT_DONE).string('no credential'));
        }
      },
      async finish(channel, _, last) {
        if (failure !== undefined) throw new MethodRefused({ reason: failure, kind: 'munge-failed' }); // the daemon does not reply to NOT_DONE
        const refused = new MethodRefused({
          reason:
            'the daemon rejected it: its munged has a different key, its clock differs, or its host lacks this account',
        });
        if (last) return [{ write: (message) => message.int(DONE), otherwise: () => refused }];
        if ((await channel.receive((message) => message.int())) !== DONE) throw refused;
        return [];
      },
    };
  };
  return {
    name: 'MUNGE',
    authenticatesServer: false,
    sources: [THIS_ACCOUNT],
    candidatesFor: () => ({ usable: [candidate()], rejected: [] }),
    guessed: candidate,
  };
}
