// What is painted, in layers of the picture's size: the mask, lines and colours.

const layers = Object.fromEntries(["mask", "sketch", "colour"].map((name) => [name, new OffscreenCanvas(1, 1)]));

export const penOf = (name) => layers[name].getContext("2d");

export function resizeLayers(width, height) {
  for (const canvas of Object.values(layers)) Object.assign(canvas, { width, height });
}

export function clearLayers() {
  for (const canvas of Object.values(layers)) canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
}

export function showLayers(context) {
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  for (const canvas of Object.values(layers)) context.drawImage(canvas, 0, 0);
}

export function paintSegment(pen, { points, size, erase, ink }, index) {
  const [from, to] = [points[Math.max(0, index - 1)], points[index]];
  pen.globalCompositeOperation = erase ? "destination-out" : "source-over";
  pen.strokeStyle = ink;
  pen.lineCap = "round";
  pen.lineWidth = size;
  pen.beginPath();
  pen.moveTo(...from);
  pen.lineTo(to[0] + 0.01, to[1]);
  pen.stroke();
  pen.globalCompositeOperation = "source-over";
}

export function copyOf(bitmap) { // of white on black: its brightness becomes opacity
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const pen = canvas.getContext("2d");
  pen.drawImage(bitmap, 0, 0);
  const pixels = pen.getImageData(0, 0, bitmap.width, bitmap.height);
  for (let at = 0; at < pixels.data.length; at += 4) pixels.data[at + 3] = pixels.data[at];
  pen.putImageData(pixels, 0, 0);
  fill(pen, "source-in", "#ff00c8");
  return canvas;
}

export function fileOf(name) { // colours on a clear ground; of the others, what is painted is white on black
  const { width, height } = layers[name];
  const canvas = new OffscreenCanvas(width, height);
  const pen = canvas.getContext("2d");
  pen.drawImage(layers[name], 0, 0);
  if (name !== "colour") {
    fill(pen, "source-in", "#fff");
    fill(pen, "destination-over", "#000");
  }
  return canvas.convertToBlob({ type: "image/png" });
}

function fill(pen, rule, colour) {
  pen.globalCompositeOperation = rule;
  pen.fillStyle = colour;
  pen.fillRect(0, 0, pen.canvas.width, pen.canvas.height);
}
