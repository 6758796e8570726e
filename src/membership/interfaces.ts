import { isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";

/** One of this machine's addresses. */
export interface OwnHost {
  /** As text, without a zone. */
  readonly host: string;
  /** Of a network inside this machine, such as that of containers: others reach it rarely. */
  readonly inside: boolean;
}

/** Names that interfaces to containers and virtual machines have. */
const INSIDE = /^(docker|br-|veth|virbr|vmnet|vboxnet|cni|flannel|cali|podman|lxc|lxd)/;

/**
 * This machine's addresses that others may reach, the likeliest first; those of IPv6 only with `v6`. Loopback is left
 * out, and so is IPv6 link-local (fe80::/10): it means nothing without the name of an interface.
 */
export function ownHosts(v6: boolean): OwnHost[] {
  return Object.entries(networkInterfaces())
    .flatMap(([name, addresses]) => (addresses ?? []).map((address) => ({ ...address, inside: INSIDE.test(name) })))
    .filter(({ internal, address }) => !internal && !/^fe[89ab]/i.test(address))
    .map(({ address, inside }) => ({ host: address.split("%")[0] ?? address, inside }))
    .filter(({ host }) => v6 || isIPv4(host))
    .sort((a, b) => rank(a) - rank(b));
}

/** IPv4 first, then IPv6, then what a machine gave itself since nobody did, then what is inside. */
function rank({ host, inside }: OwnHost): number {
  if (inside) return 3;
  if (host.startsWith("169.254.")) return 2;
  return isIPv4(host) ? 0 : 1;
}
