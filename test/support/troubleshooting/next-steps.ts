/** The last chapter of docs/TROUBLESHOOTING.md: errors of HTCondor's tools in the steps after the fetch. */

export const NEXT_STEPS: readonly (readonly [string, string, string])[] = [
  [
    'AUTHENTICATE:1003:Failed to authenticate with any method',
    'Without a line 1004: the tool does not find the token. As root it looks elsewhere, and in a container `HOME` is not where it looks.',
    '`export-environment: true`, or set `_CONDOR_SEC_TOKEN_DIRECTORY` to the output `token-directory`. `condor_token_list` shows what the tool finds.',
  ],
  [
    'AUTHENTICATE:1004:Failed to authenticate using IDTOKENS',
    'It worked before: the token has expired. It never did: the step talks to another pool or machine than the token is of.',
    'A longer `lifetime`, or `renew: true`. `verify: true` finds it out before.',
  ],
  [
    'SECMAN:2010:Received "DENIED" from server for user …',
    'The token is narrower than the step needs, as `condor_submit` with a token for `READ`; or the identity may not do this.',
    '`authz: READ WRITE` to submit; `verify: true` finds it out before.',
  ],
  [
    'SECMAN:2010:… using no authentication method',
    'The tool did not authenticate.',
    '`_CONDOR_SEC_CLIENT_AUTHENTICATION=REQUIRED`, and the token directory as above.',
  ],
  [
    'SECMAN:79, permission not in bounding set',
    'The level that is needed is not in the token.',
    'Add it to `authz`, and to the credential if that is limited too.',
  ],
  [
    'SECMAN:76, 77, 78, 80',
    'The daemon wants authentication, encryption or integrity that the tool does not offer, or not by this method.',
    'Leave `_CONDOR_SEC_*` variables out, but for those of `export-environment`.',
  ],
  [
    'SECMAN:2009:DENIED authorization of server',
    'The configuration on the runner refuses the daemon.',
    '`condor_config_val ALLOW_CLIENT DENY_CLIENT` on the runner.',
  ],
  [
    'Setting owner to "…", which is not a valid user account',
    'The token is fine. The access point has no account for the one it is for.',
    'Administrator: make the account, or give out tokens for one that exists; the identity should end in `UID_DOMAIN` (`condor_config_val -schedd UID_DOMAIN`).',
  ],
  [
    'AUTHENTICATE:1004:authenticated remote host does not match connection address',
    'NAT, or a machine with several addresses.',
    'Administrator: `DISABLE_AUTHENTICATION_IP_CHECK = True` there (`condor_config_val -schedd DISABLE_AUTHENTICATION_IP_CHECK`).',
  ],
];
