/** What is known of an error of TLS. */
export interface TlsError {
  readonly code?: unknown;
  readonly message?: string;
  /** With a certificate for another host: what it is for. */
  readonly cert?: unknown;
}

const CA_FILE =
  'if it is the right one, name a file with its issuer in config.toml: [sync.http] ca_file = "FILE.pem"';

/** What is wrong with a certificate, by the code of the check that failed. */
const CERTIFICATES: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired, or the clock of this machine is wrong',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet, or the clock of this machine is wrong',
  CERT_REVOKED: 'its certificate was revoked',
  DEPTH_ZERO_SELF_SIGNED_CERT: `its certificate is self-signed; ${CA_FILE}`,
  SELF_SIGNED_CERT_IN_CHAIN: `a self-signed certificate is in its chain; ${CA_FILE}`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: `its certificate cannot be verified, an issuer is missing; ${CA_FILE}`,
  UNABLE_TO_GET_ISSUER_CERT: `the issuer of its certificate is not known here; ${CA_FILE}`,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: `its issuer is not trusted here; ${CA_FILE}`,
  CERT_SIGNATURE_FAILURE: 'the signature of its certificate is wrong',
  INVALID_CA: 'its certificate was issued by one that may not issue any',
  INVALID_PURPOSE: 'its certificate is not for servers',
  CERT_CHAIN_TOO_LONG: 'the chain of its certificate is too long',
  CERT_REJECTED: 'its certificate is not accepted',
  CERT_UNTRUSTED: 'its certificate is not trusted',
  HOSTNAME_MISMATCH: 'its certificate is for another host',
};

const CLIENT_CERTIFICATE = 'it wants a client certificate, and redrain sends none';

/** What OpenSSL says of a handshake, in words. The first that matches counts. */
const HANDSHAKES: readonly (readonly [pattern: RegExp, words: string])[] = [
  [/certificate.required/i, CLIENT_CERTIFICATE],
  [/alert.(bad|unknown|unsupported).(certificate|ca)/i, 'it does not accept our certificate'],
  [
    /handshake.failure/i,
    'it refused the handshake: most often it wants a client certificate (redrain sends none), or no cipher is shared',
  ],
  [/protocol.version|unsupported.protocol/i, 'no version of TLS is shared (1.2 and 1.3 are ours)'],
  [/unrecognized.name/i, 'it knows no host of this name'],
  [/access.denied/i, 'it denies access at the TLS level'],
  [
    /wrong.version.number|packet.length.too.long|http.request|record.layer.failure|bad.record.type/i,
    'it does not speak TLS there: is it an http:// address, or another port?',
  ],
];

/** Why TLS with a peer failed, in words; undefined when the error is not one of TLS. */
export function tlsFailure(error: TlsError): string | undefined {
  const code = typeof error.code === 'string' ? error.code : '';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return anotherHost(error.cert);
  if (Object.hasOwn(CERTIFICATES, code)) return CERTIFICATES[code];
  const text = `${code} ${error.message ?? ''}`;
  if (code !== 'EPROTO' && !/^ERR_(SSL|TLS)/.test(code)) return undefined;
  const known = HANDSHAKES.find(([pattern]) => pattern.test(text));
  return known?.[1] ?? `the handshake did not work${alertOf(text)}`;
}

/** The names a certificate is for, as it lists them, bounded and printable. */
function anotherHost(cert: unknown): string {
  const { subjectaltname } = (cert ?? {}) as { subjectaltname?: unknown };
  const names = typeof subjectaltname === 'string' ? namesIn(subjectaltname) : [];
  const others = names.length > 3 ? ` and ${names.length - 3} more` : '';
  const listed = names.length === 0 ? '' : ` (${names.slice(0, 3).join(', ')}${others})`;
  return `its certificate is for another host${listed}`;
}

function namesIn(subjectAltName: string): string[] {
  return subjectAltName
    .split(/, ?/)
    .map((name) => name.replace(/^(DNS|IP Address):/, ''))
    .filter((name) => /^[\w.*:-]{1,253}$/.test(name));
}

/** The number of an alert is the same in every TLS library; its name here is OpenSSL's. */
function alertOf(text: string): string {
  const number = /SSL alert number (\d+)/.exec(text)?.[1];
  return number === undefined ? '' : ` (TLS alert ${number})`;
}
