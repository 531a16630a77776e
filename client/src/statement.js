/**
 * Statements as tagged templates: what stands in ${…} is bound, never spliced.
 *
 *     sql`SELECT * FROM post WHERE id = ${id}`          { text: "SELECT * FROM post WHERE id = $p1", vars: { p1: id } }
 *     sql`… WHERE ${condition}`                         a Statement within one becomes part of it
 */
export class Statement {
  #parts;
  #values;

  constructor(parts, values) {
    this.#parts = parts;
    this.#values = values;
  }

  /** The text with variables $p1, $p2 …, numbered on from `count`, which grows; the values go into `vars`. */
  write(vars, count = { value: 0 }) {
    let text = this.#parts[0];
    this.#values.forEach((value, index) => {
      if (value instanceof Statement) {
        text += value.write(vars, count);
      } else {
        const name = `p${++count.value}`;
        vars[name] = value === undefined ? null : value;
        text += `$${name}`;
      }
      text += this.#parts[index + 1];
    });
    return text;
  }

  get text() {
    return this.write({});
  }

  get vars() {
    const vars = {};
    this.write(vars);
    return vars;
  }
}

export function sql(parts, ...values) {
  if (!Array.isArray(parts) || !Array.isArray(parts.raw)) throw new TypeError("sql is a tag: sql`SELECT …`");
  return new Statement([...parts], values);
}

/** Statements or values in a row: sql`… IN (${join(ids)})`. */
export function join(items, separator = ", ") {
  const values = [...items];
  if (values.length === 0) return raw("NULL");
  return new Statement(["", ...values.slice(1).map(() => separator), ""], values);
}

/** Text that is put in as it is: for names and keywords of your own, never for what somebody typed. */
export function raw(text) {
  return new Statement([String(text)], []);
}

/** A statement, or text with variables, as what is sent. */
export function toRequest(statement, vars) {
  if (statement instanceof Statement) return { text: statement.text, vars: { ...statement.vars, ...vars } };
  if (typeof statement !== "string") throw new TypeError("a statement is a text or made by sql`…`");
  return { text: statement, vars: vars ?? {} };
}
