/** The part of sherpa-onnx-node that is used; the package has no types of its own. */
declare module "sherpa-onnx-node" {
  /** Undefined samples when nothing in the text can be said. */
  export type GeneratedAudio = { readonly samples?: Float32Array; readonly sampleRate: number };

  export class OfflineTts {
    readonly sampleRate: number;
    static createAsync(config: object): Promise<OfflineTts>;
    generate(request: { text: string; sid: number; speed: number }): GeneratedAudio;
  }

  const sherpa: { readonly OfflineTts: typeof OfflineTts };
  export default sherpa;
}
