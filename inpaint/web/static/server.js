// What the page asks the server, and pictures as a browser can show them.

export async function ask(verb, fields, headers = {}) {
  const form = new FormData();
  for (const [key, value] of fields) form.append(key, value);
  let response;
  try {
    response = await fetch(`api/v1/${verb}`, { method: "POST", body: form, headers });
  } catch {
    throw new Error("The server does not answer: does inpaint web still run?");
  }
  if (response.ok) return response;
  const answer = await response.json().catch(() => ({}));
  throw new Error(answer.error ?? `The server answered ${response.status}.`);
}

export const bytesOf = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt());

export async function shown(file) {
  try {
    return await createImageBitmap(file);
  } catch { // a format that this browser does not know, such as TIFF
    return createImageBitmap(await (await ask("preview", [["image", file]])).blob());
  }
}
