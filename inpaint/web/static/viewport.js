// How the picture is seen: zoom at a point, moving, two fingers.  Positions are in CSS pixels of the window.

const frame = document.getElementById("frame");
const stage = document.getElementById("stage");
const shown = document.getElementById("zoom");
const LARGEST = 32000; // CSS px a side; browsers draw no larger boxes
const STEP = 1.25; // of one press, or one notch of a wheel
let size = [1, 1]; // of the picture
let factor = 1; // CSS pixels of one pixel of the picture
let fitted = true;
const fingers = new Map(); // pointer -> [x, y]
let before = null; // where two fingers were: [x, y, distance]

const fit = () => Math.min((frame.clientWidth - 2) / size[0], (innerHeight * 0.78) / size[1], 2);
const most = () => Math.min(32, LARGEST / Math.max(...size));
const least = () => Math.min(fit(), 1) / 2;

export const zoomFactor = () => factor;

export function startViewing(width, height) {
  size = [width, height];
  zoomToFit();
}

export function zoomToFit() {
  fitted = true;
  lay(fit());
}

export function refit() { // after the window changed
  if (fitted) zoomToFit();
}

function lay(wanted) {
  factor = wanted;
  stage.style.width = `${Math.round(size[0] * factor)}px`;
  stage.style.height = `${Math.round(size[1] * factor)}px`;
  stage.classList.toggle("large", factor > 1);
  shown.textContent = `${factor < 0.1 ? (factor * 100).toFixed(1) : Math.round(factor * 100)} %`;
  stage.dispatchEvent(new Event("zoomchange"));
}

export function zoomTo(wanted, x = middle()[0], y = middle()[1]) { // keeps what is at (x, y) there
  const old = stage.getBoundingClientRect();
  const share = [(x - old.left) / old.width, (y - old.top) / old.height];
  fitted = false;
  lay(Math.max(least(), Math.min(most(), wanted)));
  const now = stage.getBoundingClientRect();
  moveBy(x - (now.left + share[0] * now.width), y - (now.top + share[1] * now.height));
}

export const zoomBy = (steps, x, y) => zoomTo(factor * STEP ** steps, x, y);

export function reveal(x, y) { // brings a pixel of the picture into sight
  const [here, around] = [stage.getBoundingClientRect(), frame.getBoundingClientRect()];
  const at = [here.left + x * factor, here.top + y * factor];
  const missing = (value, low, high) => (value < low ? low - value : value > high ? high - value : 0);
  moveBy(missing(at[0], around.left + 20, around.right - 20), missing(at[1], around.top + 20, around.bottom - 20));
}

function moveBy(x, y) {
  frame.scrollLeft -= x;
  frame.scrollTop -= y;
}

function middle() {
  const { left, top, width, height } = frame.getBoundingClientRect();
  return [left + width / 2, top + height / 2];
}

function spread() { // middle and distance of the first two fingers
  const [[x, y], [u, v]] = [...fingers.values()];
  return [(x + u) / 2, (y + v) / 2, Math.hypot(x - u, y - v)];
}

export const moving = () => before !== null; // from the second finger on until the last is lifted

frame.addEventListener("pointerdown", (event) => {
  if (event.pointerType === "touch") {
    fingers.set(event.pointerId, [event.clientX, event.clientY]);
    if (fingers.size === 2) {
      before = spread();
      frame.dispatchEvent(new Event("twofingers"));
    }
  } else if (event.button === 1) { // the middle button moves
    event.preventDefault();
    frame.setPointerCapture(event.pointerId);
    fingers.set("mouse", [event.clientX, event.clientY]);
  }
}, true);

frame.addEventListener("pointermove", (event) => {
  const last = fingers.get("mouse");
  if (last && event.pointerType !== "touch") {
    moveBy(event.clientX - last[0], event.clientY - last[1]);
    fingers.set("mouse", [event.clientX, event.clientY]);
  }
  if (!fingers.has(event.pointerId)) return;
  fingers.set(event.pointerId, [event.clientX, event.clientY]);
  if (!moving() || fingers.size !== 2) return;
  const now = spread();
  moveBy(now[0] - before[0], now[1] - before[1]);
  if (before[2] > 0) zoomTo((factor * now[2]) / before[2], now[0], now[1]);
  before = now;
}, true);

for (const end of ["pointerup", "pointercancel"]) {
  addEventListener(end, (event) => {
    fingers.delete(event.pointerType === "touch" ? event.pointerId : "mouse");
    if (moving() && fingers.size === 2) before = spread();
    if (!fingers.size) queueMicrotask(() => (before = null));
  }, true);
}
