/**
 * The proxy for a URL by `HTTPS_PROXY` (or `ALL_PROXY`) and `NO_PROXY`, in
 * either case, or undefined. Only https goes through a proxy: plain http is for
 * loopback. `NO_PROXY` lists hosts with all their subdomains, `host:port`, or
 * `*`. A proxy without a scheme is an http one.
 */
export function proxyFor(url: URL, env: NodeJS.ProcessEnv): string | undefined {
  if (url.protocol !== 'https:') return undefined;
  const proxy = either(env, 'https_proxy') || either(env, 'all_proxy');
  if (proxy === '' || isExempt(url, either(env, 'no_proxy'))) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

function either(env: NodeJS.ProcessEnv, name: string): string {
  return (env[name] || env[name.toUpperCase()] || '').trim();
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
  const [, name, rulePort] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(splitIpv6(rule)) ?? [];
  const domain = name?.replace(/^\*?\./, '') ?? '';
  if (domain === '' || (rulePort !== undefined && rulePort !== port)) return false;
  return host === domain || host.endsWith(`.${domain}`);
}

/** A bare IPv6 address has colons of its own; in brackets they cannot be taken for a port. */
function splitIpv6(rule: string): string {
  return /^[0-9a-f]*:[0-9a-f:]+$/.test(rule) && rule.split(':').length > 2 ? `[${rule}]` : rule;
}
