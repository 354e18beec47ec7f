// Elements of what is told of them. Whatever is shown becomes text: nothing here reads markup.

const SVG = "http://www.w3.org/2000/svg";
const AS_PROPERTY = new Set(["value", "checked", "disabled", "selected", "hidden", "open", "indeterminate"]);

/** An element with attributes, listeners (`onclick`) and children: nodes, texts, lists, or nothing. */
export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same in SVG. */
export function s(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (AS_PROPERTY.has(name)) element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children) {
    if (Array.isArray(child)) append(element, child);
    else if (child instanceof Node) element.append(child);
    else if (child !== null && child !== undefined && child !== false) element.append(String(child));
  }
}

/** Let an element have these children instead of its own. */
export function put(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/** Whether a person is typing, so that keys are no commands. */
export function typing(event) {
  return event.target.closest?.("input, textarea, select, [contenteditable], dialog") !== null;
}
