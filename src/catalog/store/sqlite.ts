import type { Database, SqlValue, Statement } from "sql.js";
import initSqlJs from "sql.js/dist/sql-wasm-inline.js";
import { DatabaseFile, PAGE } from "./file.ts";
import { APPLICATION_ID, MIGRATIONS } from "./schema.sql.ts";

/** A statement prepared once. Values are bound by position; numbers beyond 32 bits go as floats, columns make them whole. */
export class Query {
  readonly #statement: Statement;

  constructor(statement: Statement) {
    this.#statement = statement;
  }

  run(...values: SqlValue[]): void {
    this.#statement.run(values);
  }

  one(...values: SqlValue[]): SqlValue[] | null {
    this.#statement.bind(values);
    const row = this.#statement.step() ? this.#statement.get() : null;
    this.#statement.reset();
    return row;
  }

  all(...values: SqlValue[]): SqlValue[][] {
    const rows: SqlValue[][] = [];
    this.each((row) => rows.push(row), ...values);
    return rows;
  }

  /** One row after the other, none of which is kept: for very many. */
  each(work: (row: SqlValue[]) => void, ...values: SqlValue[]): void {
    this.#statement.bind(values);
    while (this.#statement.step()) work(this.#statement.get());
    this.#statement.reset();
  }
}

type Made = new (image?: Uint8Array | null) => Database;

/** A database of ours in memory. */
export class Sqlite {
  readonly #make: Made;
  #db: Database;
  #file: DatabaseFile;
  readonly #queries = new Map<string, Query>();

  private constructor(make: Made, file: DatabaseFile) {
    this.#make = make;
    this.#file = file;
    this.#db = new make(file.given());
  }

  /** Opens a file, brought to this version, or an empty store without one. Null where that is none of ours, or a newer one. */
  static async open(file: DatabaseFile | null): Promise<Sqlite | null> {
    const { Database } = await initSqlJs();
    const store = new Sqlite(Database, file ?? DatabaseFile.of(empty(Database)));
    if (store.#isOurs()) return store;
    store.#db.close();
    return null;
  }

  #isOurs(): boolean {
    const db = this.#db;
    try {
      const [id, version] = ["application_id", "user_version"].map((name) =>
        Number(db.exec(`PRAGMA ${name}`)[0]?.values[0]?.[0]),
      );
      if (id !== APPLICATION_ID || version === undefined || version > MIGRATIONS.length) return false;
      for (const [at, step] of MIGRATIONS.entries()) {
        if (at >= version) db.run(`BEGIN; ${step}; PRAGMA user_version = ${at + 1}; COMMIT`);
      }
      this.#setUp();
      return true;
    } catch {
      // Not a database.
      return false;
    }
  }

  #setUp(): void {
    // The file is memory: it is made safe by the image, not by SQLite. The journal is for ROLLBACK.
    this.#db.run("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY");
    this.#db.run("PRAGMA cache_size = -16000");
  }

  /** The prepared statement of this text. */
  query(sql: string): Query {
    const known = this.#queries.get(sql);
    if (known !== undefined) return known;
    const made = new Query(this.#db.prepare(sql));
    this.#queries.set(sql, made);
    return made;
  }

  /** Rows that the last statement inserted, changed or deleted. */
  changed(): number {
    return this.#db.getRowsModified();
  }

  /** All or nothing. */
  transaction<T>(work: () => T): T {
    this.#file.makeRoom();
    this.#db.run("BEGIN");
    try {
      const result = work();
      this.#db.run("COMMIT");
      return result;
    } catch (thrown) {
      this.#db.run("ROLLBACK");
      throw thrown;
    }
  }

  run(sql: string): void {
    this.#db.run(sql);
  }

  /** Gives back what deleted rows took, and wipes them. */
  vacuum(): void {
    this.#db.run("VACUUM");
    const image = this.#db.export();
    this.#queries.clear();
    this.#db.close();
    this.#file = DatabaseFile.of(image);
    this.#db = new this.#make(this.#file.given());
    this.#setUp();
  }

  /** Its file, to be read piece by piece between transactions; null where only `export` knows its bytes. */
  file(): DatabaseFile | null {
    const { writes } = this.#file;
    // A write that changes nothing: whether it is seen there.
    this.#db.run(`PRAGMA user_version = ${MIGRATIONS.length}`);
    return this.#file.writes === writes + 1 ? this.#file : null;
  }

  /** The database as the bytes of a file, all at once. Not within a transaction. */
  export(): Uint8Array {
    return this.#db.export();
  }
}

function empty(make: Made): Uint8Array {
  const db = new make();
  db.run(`PRAGMA page_size = ${PAGE}; PRAGMA auto_vacuum = NONE; PRAGMA application_id = ${APPLICATION_ID}`);
  const image = db.export();
  db.close();
  return image;
}
