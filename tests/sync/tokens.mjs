// A strict token endpoint nobody here wrote: panva/oidc-provider (npm, OpenID-certified).
import { generateKeyPairSync, createPublicKey, verify } from 'node:crypto';
import { createRequire } from 'node:module';

const require = createRequire(process.env.SYNC_MODULES + '/');
const { Provider } = await import(require.resolve('oidc-provider'));
const SCOPE = 'system/*.cruds';

// clients: { id: { jwks } }. Gives { callback, check(authorization) }.
export function start({ issuer, clients, lifetime_s }) {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const resource = 'urn:clinic:fhir';
  const provider = new Provider(issuer, {
    clients: Object.entries(clients).map(([client_id, { jwks }]) => ({ client_id, grant_types: ['client_credentials'], redirect_uris: [],
      response_types: [], token_endpoint_auth_method: 'private_key_jwt', id_token_signed_response_alg: 'ES256',
      token_endpoint_auth_signing_alg: jwks.keys[0].alg, jwks, scope: SCOPE })),
    jwks: { keys: [{ ...pair.privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }] },
    scopes: [SCOPE], clientAuthMethods: ['private_key_jwt'], enabledJWA: { clientAuthSigningAlgValues: ['ES384', 'RS384'] },
    ttl: { ClientCredentials: lifetime_s },
    features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false }, resourceIndicators: { enabled: true,
      defaultResource: () => resource, useGrantedResource: () => true, getResourceServerInfo: () => ({ scope: SCOPE, audience: resource,
        accessTokenTTL: lifetime_s, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } }) } },
  });
  provider.proxy = true;
  const check = (authorization) => {
    const [head, claims, signature] = (/^Bearer (.+)$/.exec(authorization ?? '')?.[1] ?? '').split('.');
    if (!signature) return false;
    try {
      const said = JSON.parse(Buffer.from(claims, 'base64url'));
      const sound = verify('sha256', Buffer.from(`${head}.${claims}`), { key: createPublicKey(pair.publicKey.export({ type: 'spki', format: 'pem' })), dsaEncoding: 'ieee-p1363' },
        Buffer.from(signature, 'base64url'));
      return sound && said.exp * 1000 > Date.now() && said.scope === SCOPE;
    } catch {
      return false;
    }
  };
  return { callback: provider.callback(), check };
}
