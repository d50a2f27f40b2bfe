import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import tls from 'node:tls';
import { plainMessage } from '../../files/trouble.js';

/** Whom to trust, and what to show. Paths of PEM files. */
export interface TlsFiles {
  /** Certificates to trust besides the usual ones. */
  readonly caFile?: string | undefined;
  /** The certificate that is shown to servers that ask for one, and its key. */
  readonly clientCert?: string | undefined;
  readonly clientKey?: string | undefined;
}

/** What TLS connections are verified against. */
export type TlsOptions = tls.SecureContextOptions &
  Pick<tls.ConnectionOptions, 'secureContext'> & { readonly rejectUnauthorized: boolean };

/**
 * The usual roots, and those of a CA file, and the client's own certificate. One
 * context for all connections: parsing the roots again for each takes megabytes
 * that are freed late. `rejectUnauthorized` is said explicitly, so that
 * NODE_TLS_REJECT_UNAUTHORIZED=0 does not turn verification off. Throws when a
 * file cannot be used.
 */
export function tlsOptions(files: TlsFiles): TlsOptions {
  const { caFile, clientCert } = files;
  if (caFile === undefined && clientCert === undefined) return { rejectUnauthorized: true };
  const secureContext = tls.createSecureContext({
    ...(caFile !== undefined && { ca: trusted(caFile) }),
    ...clientCertificate(files),
  });
  return { rejectUnauthorized: true, secureContext };
}

/** Why the client's certificate cannot be used, for a person; undefined when there is none or it can. */
export function clientCertificateFault(files: TlsFiles): string | undefined {
  try {
    const { cert, key } = clientCertificate(files);
    if (cert === undefined || key === undefined) return undefined;
    if (new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return undefined;
    return `client_key ${files.clientKey} is not the key of client_cert ${files.clientCert}`;
  } catch (error) {
    return `the client certificate cannot be used: ${plainMessage(error)}`;
  }
}

/** Certificate and key as they are in their files; a certificate file may hold its key as well. */
function clientCertificate({ clientCert, clientKey }: TlsFiles): { cert?: string; key?: string } {
  if (clientCert === undefined) {
    if (clientKey === undefined) return {};
    throw new Error('client_key is set, and client_cert is not');
  }
  const cert = pemOf(clientCert, 'CERTIFICATE');
  return { cert, key: pemOf(clientKey ?? clientCert, 'PRIVATE KEY') };
}

function pemOf(file: string, what: 'CERTIFICATE' | 'PRIVATE KEY'): string {
  const pem = readFileSync(file, 'utf8');
  if (!new RegExp(`-----BEGIN [A-Z ]*${what}-----`).test(pem))
    throw new Error(`${file} holds no PEM ${what.toLowerCase()}`);
  return pem;
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
  return [...tls.rootCertificates, pemOf(caFile, 'CERTIFICATE')];
}
