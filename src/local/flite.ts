import { ConsoleStdout, File, OpenFile, PreopenDirectory, WASI } from "@bjorn3/browser_wasi_shim";
import modulePath from "../../dist/assets/flite.wasm.zst" with { type: "file" };
import { InferError } from "../core/error.ts";
import { readAsset } from "./asset.ts";
import type { Speech } from "./engine.ts";
import { speakableText, textPieces } from "./speakable-text.ts";
import { isSilent, joinWavs, wavSamples } from "./wav.ts";

/** Names in flite's in-memory folder: text never meets its command line, where "-h" would be a flag. */
const TEXT = "text";
const WAV = "speech.wav";

/** The speech synthesiser flite, a WASI program: it reads a text file, writes a WAV file and exits. */
export class Flite {
  private constructor(private readonly module: WebAssembly.Module) {}

  static async load(): Promise<Flite> {
    return new Flite(new WebAssembly.Module(await readAsset(modulePath)));
  }

  /** A complete WAV file. Throws `empty_result` when the text has nothing that can be spoken. */
  speak({ text, voice, speed }: Speech): Uint8Array<ArrayBuffer> {
    const wavs = textPieces(speakableText(text)).map((piece) => this.run(piece, voice, speed));
    if (wavs.every((wav) => isSilent(wavSamples(wav)))) {
      throw new InferError("empty_result", "Nothing in the text can be spoken: the local voices read English.");
    }
    return joinWavs(wavs);
  }

  private run(text: string, voice: string, speed: number): Uint8Array {
    const stretch = String(1 / speed);
    const args = ["flite", "-voice", voice, "--setf", `duration_stretch=${stretch}`, "-f", `/${TEXT}`, "-o", `/${WAV}`];
    const folder = new PreopenDirectory("/", new Map([[TEXT, new File(new TextEncoder().encode(text))]]));
    let complaint = "";
    const messages = new ConsoleStdout((bytes) => {
      complaint += new TextDecoder().decode(bytes);
    });
    const wasi = new WASI(args, [], [new OpenFile(new File([])), messages, messages, folder], { debug: false });
    const instance = new WebAssembly.Instance(this.module, { wasi_snapshot_preview1: wasi.wasiImport });
    const code = wasi.start(instance as Parameters<WASI["start"]>[0]);
    const wav = folder.dir.contents.get(WAV);
    if (code !== 0 || !(wav instanceof File)) throw new Error(`flite ended with ${code}: ${complaint.trim()}`);
    return wav.data;
  }
}
