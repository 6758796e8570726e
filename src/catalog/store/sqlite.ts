import type { Database, SqlValue, Statement } from "sql.js";
import initSqlJs from "sql.js/dist/sql-wasm-inline.js";
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
    this.#statement.bind(values);
    while (this.#statement.step()) rows.push(this.#statement.get());
    this.#statement.reset();
    return rows;
  }
}

/** A database of ours in memory. */
export class Sqlite {
  readonly #db: Database;
  readonly #queries = new Map<string, Query>();

  private constructor(db: Database) {
    this.#db = db;
    this.#setUp();
  }

  /** Opens an image, brought to this version, or an empty store without one. Null where the bytes are no image, or a newer one. */
  static async open(image: Uint8Array | null): Promise<Sqlite | null> {
    const { Database } = await initSqlJs();
    const db = new Database(image);
    try {
      if (image === null) {
        db.run("PRAGMA page_size = 4096; PRAGMA auto_vacuum = NONE");
        db.run(`PRAGMA application_id = ${APPLICATION_ID}`);
      }
      const [id, version] = ["application_id", "user_version"].map((name) =>
        Number(db.exec(`PRAGMA ${name}`)[0]?.values[0]?.[0]),
      );
      if (id === APPLICATION_ID && version !== undefined && version <= MIGRATIONS.length) {
        for (const [at, step] of MIGRATIONS.entries()) {
          if (at >= version) db.run(`BEGIN; ${step}; PRAGMA user_version = ${at + 1}; COMMIT`);
        }
        return new Sqlite(db);
      }
    } catch {
      // Not a database: said by the null below.
    }
    db.close();
    return null;
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

  /** Bytes that it takes. */
  size(): number {
    return 4_096 * Number(this.query("PRAGMA page_count").one()?.[0] ?? 0);
  }

  /** The database as the bytes of a file. Not within a transaction. */
  export(): Uint8Array {
    // It closes and opens the database, which forgets prepared statements and settings.
    this.#queries.clear();
    const bytes = this.#db.export();
    this.#setUp();
    return bytes;
  }
}
