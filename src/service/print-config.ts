/**
 * `condor_token_service config`: prints the files and commands that an administrator needs to install the service. The
 * subcommand itself writes no files.
 */
import { dirname, join } from 'node:path';
import type { Configuration, Grant } from '../policy/model.ts';
import { type LoadOptions, loadSnapshot } from './snapshot.ts';
import type { World } from './world.ts';

const SEED_SECONDS = 90 * 24 * 60 * 60;
const PROGRAM = '/usr/local/bin/condor_token_service';

/** Prints the files and commands, and returns the exit status. */
export async function printConfig(load: LoadOptions, world: World): Promise<number> {
  const { config } = await loadSnapshot(load, world);
  const grants = config.grants.filter((grant) => grant.enabled);
  await world.print(
    [
      '# Seeds: one for each grant, on the access point, as root.',
      ...grants.map((grant) => seedCommand(grant, load.path)),
      '',
      '# /etc/systemd/system/condor-token-service.service',
      unitFor(config, grants, load.path),
      '# Then: systemctl daemon-reload && systemctl enable --now condor-token-service',
      '',
      ...proxyLines(config),
    ].join('\n'),
  );
  return 0;
}

function seedCommand({ identity, authz }: Grant, path: string): string {
  const file = join(dirname(path), 'seeds.d', identity);
  const levels = authz.map((level) => ` -authz ${level}`).join('');
  return `(umask 077; mkdir -p ${dirname(file)}; condor_token_create -identity ${identity}${levels} -lifetime ${SEED_SECONDS} > ${file})`;
}

/** Returns the systemd unit. systemd copies credentials when the service starts, so new seeds require a restart. */
function unitFor(
  { tls }: Pick<Configuration, 'tls'>,
  grants: readonly Pick<Grant, 'identity'>[],
  path: string,
): string {
  const seeds = join(dirname(path), 'seeds.d');
  return `[Unit]
Description=Token service of HTCondor for CI jobs
After=network-online.target condor.service
Wants=network-online.target

[Service]
ExecStart=${PROGRAM} serve -config ${path}
ExecReload=${PROGRAM} check -offline -config ${path}
ExecReload=/bin/sh -c 'kill -HUP $$MAINPID'
Restart=on-failure
RestartSec=2
TimeoutStopSec=5
DynamicUser=yes
StateDirectory=condor-token-service
StateDirectoryMode=0700
RuntimeDirectory=condor-token-service
UMask=0077
LimitCORE=0
LimitNOFILE=4096
${grants.map(({ identity }) => `LoadCredential=seed.${identity}:${join(seeds, identity)}\n`).join('')}${
  tls === undefined ? '' : `LoadCredential=tls.crt:${tls.certificate}\nLoadCredential=tls.key:${tls.key}\n`
}NoNewPrivileges=yes
CapabilityBoundingSet=${tls === undefined ? '' : 'CAP_NET_BIND_SERVICE'}
AmbientCapabilities=${tls === undefined ? '' : 'CAP_NET_BIND_SERVICE'}
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`;
}

function proxyLines({ listen, tls, audience }: Configuration): readonly string[] {
  if (tls !== undefined) return ['# The service terminates TLS itself; no reverse proxy is needed.'];
  const upstream = 'socket' in listen ? `http://unix:${listen.socket}:` : `http://${listen.host}:${listen.port}`;
  return [
    `# nginx, in the server block of ${audience}`,
    'location = /token {',
    `    proxy_pass ${upstream}/token;`,
    '    proxy_set_header X-Forwarded-For $remote_addr;',
    '    client_max_body_size 32k;',
    '}',
    '# The proxy must close slow connections (client_header_timeout 10s, client_body_timeout 10s).',
  ];
}
