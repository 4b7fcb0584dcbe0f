// Photos from a phone's camera: shown, turned upright and made smaller before they travel.
const LONGEST = 2048;
const PREVIEW = 240;
const QUALITY = 0.9;

function drawn(picture, longest) {
  const scale = Math.min(1, longest / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}

async function smaller(file, shown) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  shown.append(drawn(picture, PREVIEW));
  const blob = await new Promise((made) => drawn(picture, LONGEST).toBlob(made, "image/jpeg", QUALITY));
  picture.close();
  return blob && blob.size < file.size ? new File([blob], "photo.jpg", { type: "image/jpeg" }) : file;
}

export function photos(form) {
  const input = form.querySelector("[type=file]");
  if (!input) return;
  const shown = form.querySelector(".chosen-photos");
  const buttons = form.querySelectorAll("button");

  input.addEventListener("change", async () => {
    shown.replaceChildren();
    buttons.forEach((one) => (one.disabled = true));
    const sent = new DataTransfer();
    // What the browser cannot read goes as it is: the server says what is wrong with it.
    for (const file of input.files) sent.items.add(await smaller(file, shown).catch(() => file));
    input.files = sent.files;
    buttons.forEach((one) => (one.disabled = false));
  });
}
