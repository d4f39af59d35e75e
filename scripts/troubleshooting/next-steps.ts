/** The last chapter of docs/TROUBLESHOOTING.md: messages of HTCondor's tools in later steps. */

export const NEXT_STEPS: readonly (readonly [string, string, string])[] = [
  [
    'AUTHENTICATE:1003:Failed to authenticate with any method',
    'If there is no line 1004, the tool does not find the token. As root it uses another directory, and in a container `HOME` differs from the home directory of the account.',
    'Use `export-environment: true`, or set `_CONDOR_SEC_TOKEN_DIRECTORY` to the output `token-directory`. `condor_token_list` shows what the tool finds.',
  ],
  [
    'AUTHENTICATE:1004:Failed to authenticate using IDTOKENS',
    'If it worked before, the token has expired. Otherwise, the step connects to a different pool or host than the one that issued the token.',
    'Use a longer `lifetime`, or `renew: true`. `verify: true` detects a wrong daemon earlier.',
  ],
  [
    'SECMAN:2010:Received "DENIED" from server for user …',
    'The token is more restricted than the step needs, for example `condor_submit` with a `READ` token. Or the identity is not authorized.',
    'Use `authz: READ WRITE` to submit. `verify: true` detects this earlier.',
  ],
  [
    'SECMAN:2010:… using no authentication method',
    'The tool did not authenticate.',
    'Set `_CONDOR_SEC_CLIENT_AUTHENTICATION=REQUIRED`, and the token directory as above.',
  ],
  [
    'SECMAN:79, permission not in bounding set',
    'The token does not have the required level.',
    'Add the level to `authz`, and to the credential if that is restricted too.',
  ],
  [
    'SECMAN:76, 77, 78, 80',
    'The daemon requires authentication, encryption or integrity that the tool does not offer, or another method.',
    'Remove `_CONDOR_SEC_*` variables other than those of `export-environment`.',
  ],
  [
    'SECMAN:2009:DENIED authorization of server',
    'The configuration on the runner denies the daemon.',
    'Run `condor_config_val ALLOW_CLIENT DENY_CLIENT` on the runner.',
  ],
  [
    'Setting owner to "…", which is not a valid user account',
    'The token is valid, but the access point has no account for its identity.',
    'Administrator: create the account, or issue tokens for an existing one. The identity should end in `UID_DOMAIN` (`condor_config_val -schedd UID_DOMAIN`).',
  ],
  [
    'AUTHENTICATE:1004:authenticated remote host does not match connection address',
    'A NAT is between the hosts, or the host has several addresses.',
    'Administrator: set `DISABLE_AUTHENTICATION_IP_CHECK = True` there (`condor_config_val -schedd DISABLE_AUTHENTICATION_IP_CHECK`).',
  ],
];
