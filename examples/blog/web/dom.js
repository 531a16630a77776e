/**
 * Elements, made from values and never from markup: whatever a text holds, it is shown as text.
 *
 *     element("p", { class: "quiet" }, "by ", name)
 */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== undefined && value !== null) made.setAttribute(key, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** A form with labelled fields; `submit` gets their values, and its failure is shown. */
export function form({ fields, button, submit, ...properties }) {
  const controls = fields.map(({ label, name, value = "", kind = "input", ...more }) => {
    const control = element(kind, { name, ...more });
    control.value = value;
    return element("label", {}, label, control);
  });
  const send = element("button", { class: "main" }, button);
  return element("form", {
    ...properties,
    submit: async (event) => {
      event.preventDefault();
      send.disabled = true;
      try {
        await attempt(() => submit(Object.fromEntries(new FormData(event.target))));
      } finally {
        send.disabled = false;
      }
    },
  }, ...controls, element("div", { class: "actions" }, send));
}

/** A button that does something which may fail. */
export function button(text, press, properties = {}) {
  return element("button", { type: "button", ...properties, click: () => attempt(press) }, text);
}

let hides;

/** Says what went wrong, for a while. */
export function notify(text) {
  const notice = document.getElementById("notice");
  notice.textContent = text;
  notice.hidden = false;
  clearTimeout(hides);
  hides = setTimeout(() => {
    notice.hidden = true;
  }, 8000);
}

/** Does something; a failure is told to the user. */
export async function attempt(work) {
  document.getElementById("notice").hidden = true;
  try {
    return await work();
  } catch (error) {
    notify(error.message);
    return undefined;
  }
}
