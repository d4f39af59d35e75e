/** Value of a setting; undefined: it is not set, or empty, which is the same to HTCondor. */
export type Settings = (name: string) => string | undefined;
type Environment = Readonly<Record<string, string | undefined>>;
/**
 * The settings of this machine and this environment.
 *
 * @throws ConnectError ERR_TIMEOUT the run was given up while HTCondor's program was asked.
 */
export declare function loadSettings(env: Environment, signal: AbortSignal): Promise<Settings>;
/** Settings of a machine without HTCondor. Names count in any case, and `TOOL.` in front of one is for tools like us. */
export declare function environmentSettings(env: Environment): Settings;
export {};
