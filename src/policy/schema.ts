/**
 * JSON Schema for the configuration of `condor_token_service`. The build publishes it as
 * dist/service/config.schema.json.
 */

const text = { type: 'string', minLength: 1 };
const flag = { enum: ['true', 'false', true, false] };
const duration = { type: ['string', 'integer'], pattern: '^[0-9]{1,9}[smhd]?$' };
const scalar = { type: ['string', 'integer', 'boolean'] };
const level = { enum: ['READ', 'WRITE'] };

export const CONFIG_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Configuration of condor_token_service',
  type: 'object',
  required: ['grants'],
  additionalProperties: false,
  properties: {
    listen: { ...text, description: 'HOST:PORT, or unix:PATH. Default: 0.0.0.0:8443.' },
    tls: {
      type: 'object',
      required: ['certificate', 'key'],
      additionalProperties: false,
      properties: { certificate: text, key: text },
    },
    audience: { ...text, description: 'The audience that a job token must have. Default: https://FQDN:PORT.' },
    'trusted-proxies': {
      type: 'array',
      items: text,
      description: 'Addresses of proxies whose X-Forwarded-For header is trusted.',
    },
    daemon: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        additionalProperties: false,
        properties: { pool: text, name: text, type: text, address: text, key: text },
      },
    },
    grants: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['identity', 'authz', 'max-lifetime', 'jobs'],
        additionalProperties: false,
        properties: {
          identity: text,
          authz: { type: 'array', minItems: 1, items: level },
          'max-lifetime': duration,
          enabled: flag,
          jobs: {
            type: 'array',
            minItems: 1,
            items: {
              type: 'object',
              required: ['issuer'],
              properties: {
                issuer: text,
                'untrusted-code': flag,
                'any-repository-of-owner': flag,
                'max-token-age': duration,
                reuse: { enum: ['never', 'job'] },
              },
              additionalProperties: {
                anyOf: [
                  scalar,
                  { type: 'array', minItems: 1, items: scalar },
                  { type: 'object', required: ['glob'], additionalProperties: false, properties: { glob: text } },
                ],
              },
            },
          },
        },
      },
    },
  },
} as const;
