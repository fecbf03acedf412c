/** Who is calling: the administrator, a user with an unsigned ID token of the Auth emulator, or nobody. */

import { badRequest, badToken } from './errors.mjs';

/**
 * @typedef {{admin: boolean, auth: object|null, expires: number}} Identity
 *   `auth` is what rules see; `expires` is in milliseconds, Infinity for credentials that do not expire
 */

/** @type {Identity} */
export const ADMIN = Object.freeze({ admin: true, auth: null, expires: Infinity });
/** @type {Identity} */
export const NOBODY = Object.freeze({ admin: false, auth: null, expires: Infinity });

const SUFFIX = '-default-rtdb';

function decodePart(part) {
  const value = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new TypeError('not an object');
  return value;
}

function decode(token) {
  const parts = token.split('.');
  if (parts.length !== 3) throw badToken('Could not parse auth token.');
  try {
    return { header: decodePart(parts[0]), claims: decodePart(parts[1]), signature: parts[2] };
  } catch {
    throw badToken('Could not parse auth token.');
  }
}

/**
 * The user of an ID token. Signed tokens are refused: there is nothing here to check a signature with.
 * @param {string} token
 * @param {{namespace: string, project?: string, now?: number}} expected
 * @returns {Identity}
 */
export function userOfToken(token, { namespace, project, now = Date.now() }) {
  const { header, claims, signature } = decode(token);
  if (header.alg !== 'none' || signature !== '') throw badToken('Could not verify auth token: only tokens of the Auth emulator are accepted.');
  const audiences = new Set([project, namespace, namespace.endsWith(SUFFIX) ? namespace.slice(0, -SUFFIX.length) : namespace]);
  if (typeof claims.aud !== 'string' || !audiences.has(claims.aud)) throw badToken('Auth token is for another project.');
  if (claims.iss !== undefined && claims.iss !== `https://securetoken.google.com/${claims.aud}`) throw badToken('Auth token has a wrong issuer.');
  const uid = claims.sub ?? claims.user_id;
  if (typeof uid !== 'string' || uid === '') throw badToken('Auth token names no user.');
  if (typeof claims.exp !== 'number') throw badToken('Auth token has no expiry.');
  if (claims.exp * 1000 <= now) {
    const error = badToken('Auth token is expired');
    error.code = 'expired_token';
    throw error;
  }
  const provider = claims.firebase?.sign_in_provider ?? claims.provider_id ?? 'custom';
  return { admin: false, auth: { uid, provider, token: claims }, expires: claims.exp * 1000 };
}

/** The caller behind a credential: `owner` or an ID token. */
export function identityOf(credential, expected) {
  return credential === 'owner' ? ADMIN : userOfToken(credential, expected);
}

/** The administrator acting as `override` (null: as nobody); others may not. */
export function asOverride(identity, override) {
  if (!identity.admin) throw badToken('Only the administrator may override auth.');
  if (override === null) return NOBODY;
  if (typeof override !== 'object' || Array.isArray(override)) throw badRequest('auth_variable_override must be an object or null.');
  return { admin: false, auth: override, expires: Infinity };
}

/** The caller of an HTTP request. */
export function identityOfRequest(headers, parameters, expected) {
  const bearer = /^Bearer\s+(.+)$/i.exec(headers.authorization ?? '');
  const credential = bearer?.[1] ?? parameters.get('access_token') ?? parameters.get('auth');
  const identity = credential === null ? NOBODY : identityOf(credential, expected);
  if (!parameters.has('auth_variable_override')) return identity;
  let override;
  try {
    override = JSON.parse(parameters.get('auth_variable_override'));
  } catch {
    throw badRequest('auth_variable_override must be JSON.');
  }
  return asOverride(identity, override);
}
