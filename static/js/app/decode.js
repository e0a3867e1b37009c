// Texts of the QR codes in a picture: by the browser where it can, else by the portal.
import { askWithPicture } from "./api.js";

const MOST_SIDE = 1280;
const QUALITY = 0.7;
let detector;

// The browser's own reader (Shape Detection API), or null. Asked once: having the class does not mean reading QR.
export async function ownReader() {
  if (detector !== undefined) return detector;
  try {
    const formats = "BarcodeDetector" in window ? await BarcodeDetector.getSupportedFormats() : [];
    detector = formats.includes("qr_code") ? new BarcodeDetector({ formats: ["qr_code"] }) : null;
  } catch {
    detector = null;
  }
  return detector;
}

// A frame of the live camera: {texts, answer}; ``answer`` is the portal's when it was asked and gave none. A browser that
// reads codes itself sends no frame. Throws Lost.
export async function readFrame(source, width, height) {
  const texts = await readHere(source);
  return texts ? { texts, answer: null } : readByPortal(await greyJpeg(source, width, height));
}

// A still picture, which the portal looks at too when the browser finds nothing in it.
async function readPicture(source, width, height) {
  const texts = await readHere(source);
  return texts?.length ? { texts, answer: null } : readByPortal(await greyJpeg(source, width, height));
}

// What the browser's own reader finds, or null where it has none or where it fails (its service may be missing).
async function readHere(source) {
  const own = await ownReader();
  try {
    return own && (await own.detect(source)).map((code) => code.rawValue);
  } catch {
    detector = null;
    return null;
  }
}

export async function readByPortal(picture) {
  const answer = await askWithPicture("/app/decode", picture);
  return { texts: answer.ok ? answer.data.texts : [], answer: answer.ok ? null : answer };
}

// Small and grey: colour and more pixels cost the phone's data and read no better.
async function greyJpeg(source, width, height) {
  const scale = Math.min(1, MOST_SIDE / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const pen = canvas.getContext("2d", { alpha: false });
  pen.filter = "grayscale(1)";
  pen.drawImage(source, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
}

// A chosen photo. One that this browser cannot open (HEIC elsewhere than on Apple's) goes as it is.
export async function readPhoto(file) {
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) return readByPortal(file);
  const found = await readPicture(bitmap, bitmap.width, bitmap.height);
  bitmap.close();
  return found;
}
