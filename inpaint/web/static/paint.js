// The mask: a list of strokes and found masks, drawn again for every undo, in the picture's own pixels.

const mask = document.getElementById("mask");
const circle = document.getElementById("brush");
const slider = document.getElementById("size");
const context = mask.getContext("2d", { willReadFrequently: true });
const COLOUR = "#ff00c8";
let steps = []; // {points, size, erase}, {bitmap}, or {} for a clearing
let stroke = null; // the one that is being painted
let erasing = false;

const changed = () => mask.dispatchEvent(new Event("maskchange"));

export function startPainting(width, height) {
  mask.width = width;
  mask.height = height;
  steps = [];
  slider.max = Math.max(20, Math.round(Math.max(width, height) / 4));
  setSize(Math.max(4, Math.round(Math.max(width, height) / 20)));
  eraseMask(false);
  changed();
}

export function hasMask() {
  const last = steps.findLastIndex((step) => !step.points && !step.bitmap);
  return steps.slice(last + 1).some((step) => !step.erase);
}

export function setSize(size) {
  slider.value = size;
  document.getElementById("brush-size").textContent = `${slider.value} px`;
}

export function eraseMask(on = !erasing) {
  erasing = on;
  document.getElementById("erase").setAttribute("aria-pressed", on);
}

export function undoMask() {
  steps.pop();
  redraw();
}

export function clearMask() {
  if (hasMask()) steps.push({});
  redraw();
}

export async function layMask(png) {
  const bitmap = await createImageBitmap(png); // white on black: its brightness becomes opacity
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const pen = canvas.getContext("2d");
  pen.drawImage(bitmap, 0, 0);
  const pixels = pen.getImageData(0, 0, bitmap.width, bitmap.height);
  for (let at = 0; at < pixels.data.length; at += 4) pixels.data[at + 3] = pixels.data[at];
  pen.putImageData(pixels, 0, 0);
  pen.globalCompositeOperation = "source-in";
  pen.fillStyle = COLOUR;
  pen.fillRect(0, 0, bitmap.width, bitmap.height);
  steps.push({ bitmap: canvas });
  redraw();
}

export function maskFile() {
  const canvas = new OffscreenCanvas(mask.width, mask.height);
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#000";
  pen.fillRect(0, 0, mask.width, mask.height);
  pen.drawImage(mask, 0, 0);
  return canvas.convertToBlob({ type: "image/png" });
}

function redraw() {
  context.clearRect(0, 0, mask.width, mask.height);
  for (const step of steps) {
    if (step.points) step.points.forEach((_, index) => segment(step, index));
    else if (step.bitmap) context.drawImage(step.bitmap, 0, 0);
    else context.clearRect(0, 0, mask.width, mask.height);
  }
  changed();
}

function segment({ points, size, erase }, index) {
  const [from, to] = [points[Math.max(0, index - 1)], points[index]];
  context.globalCompositeOperation = erase ? "destination-out" : "source-over";
  context.strokeStyle = COLOUR;
  context.lineCap = "round";
  context.lineWidth = size;
  context.beginPath();
  context.moveTo(...from);
  context.lineTo(to[0] + 0.01, to[1]);
  context.stroke();
  context.globalCompositeOperation = "source-over";
}

const scale = () => mask.width / mask.clientWidth;
const placed = (event) => [event.offsetX * scale(), event.offsetY * scale()];

function follow(event) {
  const side = `${Number(slider.value) / scale()}px`;
  Object.assign(circle.style, { left: `${event.offsetX}px`, top: `${event.offsetY}px`, width: side, height: side });
  circle.hidden = false;
}

mask.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  mask.setPointerCapture(event.pointerId);
  stroke = { points: [placed(event)], size: Number(slider.value), erase: erasing };
  segment(stroke, 0);
});
mask.addEventListener("pointermove", (event) => {
  follow(event);
  if (!stroke) return;
  stroke.points.push(placed(event));
  segment(stroke, stroke.points.length - 1);
});
for (const end of ["pointerup", "pointercancel"]) {
  mask.addEventListener(end, () => {
    if (stroke) steps.push(stroke);
    stroke = null;
    changed();
  });
}
mask.addEventListener("pointerleave", () => (circle.hidden = true));
