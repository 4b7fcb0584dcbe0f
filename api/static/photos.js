// The photos of both reports on the comparison page: loaded when somebody asks for them, hidden again at will, enlarged.
const LEAST = 50;
const MOST = 400;
const STEP = 1.5;

for (const shows of document.querySelectorAll("[data-shows]")) {
  const box = document.getElementById(shows.dataset.shows);
  const inert = box.querySelector("template");
  const closed = shows.textContent;
  shows.setAttribute("role", "button");
  shows.setAttribute("aria-expanded", "false");

  shows.addEventListener("click", (event) => {
    event.preventDefault();
    const open = box.querySelector(".facing");
    if (open) {
      open.hidden = !open.hidden;
    } else {
      box.append(inert.content.cloneNode(true));
    }
    const shown = !box.querySelector(".facing").hidden;
    shows.textContent = shown ? shows.dataset.hide : closed;
    shows.setAttribute("aria-expanded", String(shown));
  });

  const dialog = box.querySelector("dialog");
  const frame = dialog.querySelector(".zoomed");
  let percent = 100;

  box.addEventListener("click", (event) => {
    const photo = event.target.closest("[data-zooms] img");
    if (!photo) return;
    percent = 100;
    frame.replaceChildren(photo.cloneNode());
    dialog.showModal();
  });

  dialog.addEventListener("click", (event) => {
    const step = event.target.closest("[data-zoom]")?.dataset.zoom;
    if (step === undefined) return;
    if (step === "0") return dialog.close();
    percent = Math.min(Math.max(percent * STEP ** Number(step), LEAST), MOST);
    frame.firstElementChild.style.width = `${percent}%`;
  });
}
