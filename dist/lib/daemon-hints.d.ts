import type { DaemonError } from './errors.ts';
/** HTCondor uses one number for several errors, so the text decides (handle_dc_session_token). */
export declare function daemonHints({ errorCode, errorString }: DaemonError): readonly string[];
