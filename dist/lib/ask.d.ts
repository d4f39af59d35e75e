import { type CommandResult, type Target } from './daemon/open-session.ts';
import type { Host } from './host.ts';
import type { Secret } from './secret.ts';
import type { Credentials } from './security/method.ts';
import { type Sinful } from './transport/sinful.ts';
import type { TokenRequest } from './wanted.ts';
/** A token, and where it came from. */
export type Asked = CommandResult<Secret> & {
    readonly session: {
        readonly address: Sinful;
    };
};
/** Whom to ask, and the name of the daemon that issues the token. */
export interface NamedTarget extends Target {
    readonly name: string;
}
/** The token, in the way that the mode says. */
export declare function askFor(request: TokenRequest, target: NamedTarget, credentials: Credentials, host: Host): Promise<Asked>;
