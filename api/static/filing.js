// Filing made pleasant; everything works without it. Nothing typed is kept in the browser or put into an address.
import { places } from "./places.js";
import { photos } from "./resize.js";

const PAUSE_MS = 350;

// Says back how a date is understood, while it is typed.
function understands(field) {
  const column = field.dataset.date;
  const said = field.querySelector("output");
  const input = document.getElementById(column);
  let timer;

  async function ask() {
    if (!input.value.trim()) return (said.hidden = true);
    const form = new URLSearchParams({ csrf: input.form.csrf.value, [column]: input.value });
    form.set(`${column}_as`, field.querySelector("[type=radio]:checked")?.value ?? "");
    const answer = await fetch("/report/understand", { method: "POST", body: form });
    if (!answer.ok) return;
    const told = await answer.json();
    said.textContent = told.understood ? `✓ ${told.understood}` : told.problem;
    said.classList.toggle("doubt", !told.understood);
    said.hidden = false;
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => ask().catch(() => undefined), PAUSE_MS);
  });
}

document.querySelectorAll("[data-date]").forEach(understands);
document.querySelectorAll("[data-place]").forEach(places);
document.querySelectorAll("[data-resizes]").forEach(photos);
document.querySelector(".summary[tabindex]")?.focus();
