import ipaddr from 'ipaddr.js';

/** A proxy, and the environment variable that names it. */
export interface ChosenProxy {
  /** As written, with a scheme; it may hold a password. */
  readonly address: string;
  readonly variable: string;
}

/** The way to a host: through a proxy, or directly although a variable names a proxy. */
export interface Route {
  readonly proxy?: ChosenProxy;
  /** The variables at work when NO_PROXY takes a host out: the exemption, and the proxy it avoids. */
  readonly exempt?: { readonly by: string; readonly proxy: string };
}

/**
 * The way to a URL by `HTTPS_PROXY` (or `ALL_PROXY`) and `NO_PROXY`, in either
 * case. Only https goes through a proxy: plain http is for loopback. `NO_PROXY`
 * lists hosts with all their subdomains, `host:port`, networks (`10.0.0.0/8`,
 * `fd00::/8`), or `*`. A proxy without a scheme is an http one.
 */
export function routeTo(url: URL, env: NodeJS.ProcessEnv): Route {
  if (url.protocol !== 'https:') return {};
  const proxy = either(env, 'https_proxy') ?? either(env, 'all_proxy');
  if (proxy === undefined) return {};
  const noProxy = either(env, 'no_proxy');
  if (noProxy !== undefined && isExempt(url, noProxy.value))
    return { exempt: { by: noProxy.variable, proxy: proxy.variable } };
  const { value, variable } = proxy;
  return { proxy: { address: value.includes('://') ? value : `http://${value}`, variable } };
}

function either(env: NodeJS.ProcessEnv, name: string) {
  for (const variable of [name, name.toUpperCase()]) {
    const value = env[variable]?.trim();
    if (value) return { variable, value };
  }
  return undefined;
}

function isExempt(url: URL, noProxy: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port || '443';
  return noProxy
    .toLowerCase()
    .split(/[,\s]+/)
    .some((rule) => matches(rule, host, port));
}

function matches(rule: string, host: string, port: string): boolean {
  if (rule === '*') return true;
  if (rule.includes('/')) return isWithin(host, rule);
  const [, name, rulePort] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(splitIpv6(rule)) ?? [];
  const domain = name?.replace(/^\*?\./, '') ?? '';
  if (domain === '' || (rulePort !== undefined && rulePort !== port)) return false;
  return host === domain || host.endsWith(`.${domain}`);
}

/** Only an address can be within a network: a name is not looked up to find out. */
function isWithin(host: string, network: string): boolean {
  const withoutBrackets = network.replace(/[[\]]/g, '');
  if (!ipaddr.isValid(host) || !ipaddr.isValidCIDR(withoutBrackets)) return false;
  const [base, bits] = ipaddr.parseCIDR(withoutBrackets);
  const address = ipaddr.process(host);
  return address.kind() === base.kind() && address.match(base, bits);
}

/** A bare IPv6 address has colons of its own; in brackets they cannot be taken for a port. */
function splitIpv6(rule: string): string {
  return /^[0-9a-f]*:[0-9a-f:]+$/.test(rule) && rule.split(':').length > 2 ? `[${rule}]` : rule;
}
