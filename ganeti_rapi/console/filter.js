// The text of a search as a test of rows: words that are anywhere, and conditions on a column.

import { mib } from "./format.js";

const TERM = /(-?)(?:([a-z_.]+)(!=|>=|<=|=|>|<|~|:)("[^"]*"|\S+)|("[^"]*"|\S+))/gi;
const unquoted = (text) => text.replace(/^"(.*)"$/, "$1");

/** A function of a row. `columns` have an `id`, a `value` of a row, and perhaps other names. */
export function compile(text, columns) {
  const byName = new Map();
  for (const column of columns) {
    for (const name of [column.id, ...(column.names ?? [])]) byName.set(name, column);
  }
  const tests = [...text.matchAll(TERM)].map(([, minus, name, operator, operand, word]) => {
    const column = name && byName.get(name.toLowerCase());
    const test = column
      ? condition(column, operator, unquoted(operand))
      : anywhere(columns, unquoted(word ?? `${name}${operator}${operand}`));
    return minus ? (row) => !test(row) : test;
  });
  return (row) => tests.every((test) => test(row));
}

function anywhere(columns, word) {
  const wanted = word.toLowerCase();
  const searched = columns.filter((column) => column.searched !== false);
  return (row) => searched.some((column) => textsOf(column, row).some((text) => text.includes(wanted)));
}

function textsOf(column, row) {
  const value = column.search ? column.search(row) : column.value(row);
  return (Array.isArray(value) ? value : [value]).map((item) => String(item ?? "").toLowerCase());
}

function condition(column, operator, operand) {
  if (operator.startsWith(">") || operator.startsWith("<")) {
    const limit = column.unit ? mib(operand) : Number(operand);
    return (row) => compare(column.value(row), operator, limit);
  }
  const wanted = operand.toLowerCase();
  if (column.unit && !Number.isNaN(mib(operand))) {
    const equal = (row) => column.value(row) === mib(operand);
    return operator === "!=" ? (row) => !equal(row) : equal;
  }
  const equals = operator === "=" || operator === "!=";
  const one = (text) => (equals ? text === wanted || text.split(".")[0] === wanted : text.includes(wanted));
  const test = (row) => textsOf(column, row).some(one);
  return operator === "!=" ? (row) => !test(row) : test;
}

function compare(value, operator, limit) {
  if (operator === ">") return value > limit;
  if (operator === "<") return value < limit;
  return operator === ">=" ? value >= limit : value <= limit;
}
