export { Catalog } from "./catalog.ts";
export type { CatalogOptions, PeerResponse, Presence, Standing } from "./options.ts";
export type { Merged, MergedPage, Version } from "./store/merged.ts";
export type { ListPage, ShareInfo } from "./store/queries.ts";
export type { Hit, SearchQuery } from "./store/search.ts";
