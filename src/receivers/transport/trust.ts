import { readFileSync } from 'node:fs';
import tls from 'node:tls';
import { plainMessage } from '../../files/trouble.js';

/** What TLS connections are verified against. */
export type TlsOptions = tls.SecureContextOptions &
  Pick<tls.ConnectionOptions, 'secureContext'> & { readonly rejectUnauthorized: boolean };

/**
 * The usual roots, and those of a CA file. One context for all connections:
 * parsing the roots again for each takes megabytes that are freed late.
 * `rejectUnauthorized` is said explicitly, so that NODE_TLS_REJECT_UNAUTHORIZED=0
 * does not turn verification off. Throws when the CA file cannot be used.
 */
export function tlsOptions(caFile: string | undefined): TlsOptions {
  if (caFile === undefined) return { rejectUnauthorized: true };
  const secureContext = tls.createSecureContext({ ca: trusted(caFile) });
  return { rejectUnauthorized: true, secureContext };
}

/** Why a CA file cannot be used, for a person; undefined when there is none or it can. */
export function caFileFault(caFile: string | undefined): string | undefined {
  if (caFile === undefined) return undefined;
  try {
    trusted(caFile);
    return undefined;
  } catch (error) {
    const why = plainMessage(error);
    return `the CA file cannot be used: ${why}`;
  }
}

/** The usual roots and those of a PEM file. Throws when it cannot be read or holds no certificate. */
function trusted(caFile: string): string[] {
  const pem = readFileSync(caFile, 'utf8');
  if (!pem.includes('-----BEGIN CERTIFICATE-----'))
    throw new Error(`${caFile} holds no PEM certificate`);
  return [...tls.rootCertificates, pem];
}
