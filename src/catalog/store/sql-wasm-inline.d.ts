/** The build of sql.js that carries its wasm inside; @types/sql.js describes the others only. */
declare module "sql.js/dist/sql-wasm-inline.js" {
  import initSqlJs from "sql.js";
  export default initSqlJs;
}
