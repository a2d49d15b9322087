// What came back: beside each other where there are several, compared with the picture, and offered as files.

import { shown } from "./server.js";

const at = (id) => document.getElementById(id);

export function draw(canvas, bitmap) {
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
}

export function forget() {
  at("download").hidden = true;
  if (at("download").href) URL.revokeObjectURL(at("download").href);
  at("download").removeAttribute("href");
}

export function offer(blob, name) {
  forget();
  Object.assign(at("download"), { href: URL.createObjectURL(blob), download: name, hidden: false });
  at("download").textContent = `Download ${name}`;
}

export async function lineUp(results, name) { // beside each other where there are several; one is compared and downloaded
  const bitmaps = await Promise.all(results.map(shown));
  const choose = (number) => {
    draw(at("after"), bitmaps[number]);
    offer(results[number], results.length > 1 ? name.replace(/(\.\w+)$/, ` ${number + 1}$1`) : name);
    [...at("results").children].forEach((it, index) => it.setAttribute("aria-pressed", index === number));
  };
  at("results").replaceChildren(...(results.length > 1 ? bitmaps : []).map((bitmap, number) => {
    const button = Object.assign(document.createElement("button"), { type: "button" });
    const small = document.createElement("canvas");
    const share = Math.min(1, 320 / Math.max(bitmap.width, bitmap.height));
    Object.assign(small, { width: bitmap.width * share, height: bitmap.height * share });
    small.getContext("2d").drawImage(bitmap, 0, 0, small.width, small.height);
    button.append(small, `Result ${number + 1}`);
    button.addEventListener("click", () => choose(number));
    return button;
  }));
  choose(0);
}
