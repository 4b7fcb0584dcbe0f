// Counties by typing characters, pinyin or initials. The list is loaded once, when a field is first used, so that no
// request carries what is typed; what is chosen stays free text that can be written on.
const MOST = 8;
let loading;

async function load() {
  const lines = (await (await fetch("/static/places.txt")).text()).trimEnd().split("\n");
  return lines.map((line) => {
    const [name, sound] = line.split("\t");
    const syllables = sound.split(" ");
    return { name, sound, run: syllables.join(""), initials: syllables.map((one) => one[0]).join("") };
  });
}

function found(all, typed) {
  const text = typed.trim();
  if (/^[a-z' ]{2,}$/i.test(text)) {
    const run = text.toLowerCase().replace(/[' ]/g, "");
    const fits = (one) => (one.run === run ? 0 : one.run.startsWith(run) ? 1 : one.initials === run ? 2 : one.initials.startsWith(run) ? 3 : 9);
    return all.map((one) => [fits(one), one]).filter(([rank]) => rank < 9)
      .sort(([a], [b]) => a - b).slice(0, MOST).map(([, one]) => one);
  }
  if (!/^\p{Script=Han}{2,}$/u.test(text)) return [];
  return all.filter((one) => one.name.includes(text) && one.name !== text).slice(0, MOST);
}

export function places(field) {
  const input = field.querySelector("input");
  const list = document.createElement("ul");
  list.id = `${input.id}-places`;
  list.className = "places";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", field.querySelector("label").textContent);
  input.after(list);
  const said = { role: "combobox", "aria-expanded": "false", "aria-controls": list.id, "aria-autocomplete": "list" };
  for (const [name, value] of Object.entries(said)) input.setAttribute(name, value);
  let at = -1;

  function show(options) {
    at = -1;
    list.replaceChildren(...options.map((one, number) => {
      const item = document.createElement("li");
      item.id = `${list.id}-${number}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      item.dataset.name = one.name;
      item.textContent = one.name;
      return item;
    }));
    list.hidden = !options.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    input.removeAttribute("aria-activedescendant");
  }

  function move(step) {
    const items = [...list.children];
    at = (at + step + items.length) % items.length;
    items.forEach((one, number) => one.setAttribute("aria-selected", String(number === at)));
    input.setAttribute("aria-activedescendant", items[at].id);
    items[at].scrollIntoView({ block: "nearest" });
  }

  function choose(item) {
    input.value = item.dataset.name;
    show([]);
    input.focus();
  }

  input.addEventListener("focus", () => { loading ??= load(); }, { once: true });
  input.addEventListener("input", async () => {
    const all = await (loading ??= load()).catch(() => []);
    show(found(all, input.value));
  });
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : at < 0 ? 0 : -1);
    } else if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      choose(list.children[at]);
    } else if (event.key === "Escape") {
      show([]);
    }
  });
  input.addEventListener("blur", () => setTimeout(() => show([]), 150));
  list.addEventListener("mousedown", (event) => {
    event.preventDefault();
    const item = event.target.closest("li");
    if (item) choose(item);
  });
}
