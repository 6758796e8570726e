export { Catalog } from "./catalog.ts";
export type { CatalogOptions, PeerResponse, Presence, Standing } from "./options.ts";
export type { ShareInfo } from "./store/queries.ts";
