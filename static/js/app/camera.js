// The live camera: opens it, looks at its frames until a code is read or it is stopped, and gives it back.
import { Lost } from "./api.js";
import { ownReader, readFrame } from "./decode.js";

const OWN_PAUSE_MS = 150;
const PORTAL_PAUSE_MS = 500; // at most two frames a second leave the phone
const WANTED = { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } };

// Why there is no camera: "http", "refused", "none" or "taken"; '' when it may be tried.
export const whyNot = () => (window.isSecureContext && navigator.mediaDevices?.getUserMedia ? "" : "http");

// Starts on a <video>. ``onRead(texts)`` returns true when it has what it wants; ``onLost(wait)`` hears of a missing
// connection (0) or of a portal that asks to wait so many seconds, ``onBack()`` that this is over; ``onCut()`` of a
// camera that the phone has taken back.
// Returns {stop, torch, isByPortal}, or {why}.
export async function start(video, { onRead, onLost, onBack, onCut }) {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: WANTED, audio: false });
  } catch (fault) {
    return { why: { NotAllowedError: "refused", SecurityError: "refused", NotReadableError: "taken" }[fault.name] ?? "none" };
  }
  video.srcObject = stream;
  await video.play().catch(() => {});
  const track = stream.getVideoTracks()[0];
  const isByPortal = (await ownReader()) === null;
  const life = { isOver: false, isLost: false, onRead, onLost, onBack };
  track.addEventListener("ended", () => life.isOver || onCut());
  look(video, life);
  return {
    isByPortal,
    torch: track.getCapabilities?.().torch ? (isOn) => track.applyConstraints({ advanced: [{ torch: isOn }] }).catch(() => {}) : null,
    stop() {
      life.isOver = true;
      stream.getTracks().forEach((one) => one.stop());
      video.srcObject = null;
    },
  };
}

async function look(video, life) {
  while (!life.isOver) {
    const pause = (await ownReader()) ? OWN_PAUSE_MS : PORTAL_PAUSE_MS;
    const began = performance.now();
    if (!document.hidden && video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && video.videoWidth) {
      const seconds = await lookOnce(video, life);
      if (seconds) await sleep(seconds * 1000);
    }
    await sleep(Math.max(50, pause - (performance.now() - began)));
  }
}

// One frame. Returns for how many seconds not to look again.
async function lookOnce(video, life) {
  try {
    const { texts, answer } = await readFrame(video, video.videoWidth, video.videoHeight);
    if (life.isOver) return 0;
    if (answer?.status === 429) return lost(life, answer.wait || 5);
    if (life.isLost) {
      life.isLost = false;
      life.onBack();
    }
    if (texts.length && life.onRead(texts)) life.isOver = true;
  } catch (fault) {
    if (!(fault instanceof Lost)) throw fault;
    if (!life.isOver) lost(life, 0);
    return 2;
  }
  return 0;
}

function lost(life, wait) {
  life.isLost = true;
  life.onLost(wait);
  return wait;
}

const sleep = (time) => new Promise((done) => setTimeout(done, time));
